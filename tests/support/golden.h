/* Reading the shared fixtures in tests: where they are, their tensors and numbers. */
#ifndef YA_TESTS_SUPPORT_GOLDEN_H
#define YA_TESTS_SUPPORT_GOLDEN_H

#include "io/json.h"
#include "io/safetensors.h"

#include "support/fixture.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A path below shared/, made by a printf format. */
static inline const char *shared_path(char out[4096], const char *format, ...)
{
    char relative[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(relative, sizeof relative, format, args);
    va_end(args);
    snprintf(out, 4096, "%s", fixture(relative));
    return out;
}

/* Exits with 77 (skipped) when the fixtures are not there. */
static inline void need_shared(void)
{
    if (!fixture_is_there("fixtures/README.md")) {
        fprintf(stderr, "skipped: no shared fixtures at %s\n", fixture("fixtures/README.md"));
        exit(EXIT_SKIPPED);
    }
}

static inline void die(const char *what, const ya_error *err)
{
    fprintf(stderr, "%s: %s\n", what, err->text);
    abort();
}

static inline const ya_tensor *golden(const ya_tensor_set *set, const char *name)
{
    const ya_tensor *t = ya_tensor_find(set, name);
    if (!t) {
        fprintf(stderr, "no golden tensor %s\n", name);
        abort();
    }
    return t;
}

static inline const float *golden_f32(const ya_tensor_set *set, const char *name)
{
    return golden(set, name)->data;
}

static inline const int32_t *golden_i32(const ya_tensor_set *set, const char *name)
{
    return golden(set, name)->data;
}

static inline const double *golden_f64(const ya_tensor_set *set, const char *name)
{
    return golden(set, name)->data;
}

static inline int32_t int_at(const ya_tensor *tensor, int64_t i)
{
    return ((const int32_t *)tensor->data)[i];
}

static inline double double_at(const ya_tensor *tensor, int64_t i)
{
    return ((const double *)tensor->data)[i];
}

/* Largest |a - b|. NaN counts as infinite. */
static inline double max_difference(const float *a, const float *b, size_t n)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - (double)b[i]);
        if (!(d <= worst))
            worst = d == d ? d : INFINITY;
    }
    return worst;
}

static inline double max_magnitude(const float *a, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fabs((double)a[i]) > most ? fabs((double)a[i]) : most;
    return most;
}

#endif
