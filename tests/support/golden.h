/* Reading the shared fixtures in tests: where they are, their tensors and numbers. */
#ifndef YA_TESTS_SUPPORT_GOLDEN_H
#define YA_TESTS_SUPPORT_GOLDEN_H

#include "io/json.h"
#include "io/safetensors.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SKIP_CODE = 77 };

/* YA_SHARED or ../shared, and a path in it; exits with 77 (skipped) when the fixtures are not
 * there. */
static inline const char *shared_path(char out[4096], const char *format, ...)
{
    const char *root = getenv("YA_SHARED");
    int used = snprintf(out, 4096, "%s/", root && *root ? root : "../shared");
    va_list args;
    va_start(args, format);
    vsnprintf(out + used, 4096 - (size_t)used, format, args);
    va_end(args);
    return out;
}

static inline void need_shared(void)
{
    char path[4096];
    if (access(shared_path(path, "fixtures/README.md"), R_OK) != 0) {
        fprintf(stderr, "skipped: no shared fixtures at %s\n", path);
        exit(SKIP_CODE);
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
