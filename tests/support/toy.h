/* A tiny model's data: random records that every fixture model can read, and files compared. */
#ifndef TESTS_SUPPORT_TOY_H
#define TESTS_SUPPORT_TOY_H

#include "base/random.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `n` records of 4 to `longest` tokens with ids 3 to 89, labelled; a function of `seed`. */
static inline void toy_records(const char *path, int n, int longest, uint64_t seed)
{
    FILE *file = fopen(path, "w");
    uint64_t draw = 0;
    if (!file)
        abort();
    for (int i = 0; i < n; i++) {
        int length = 4 + (int)(ya_splitmix64(seed, draw++) % (uint64_t)(longest - 3));
        fprintf(file, "{\"input_ids\": [");
        for (int t = 0; t < length; t++)
            fprintf(file, "%s%d", t ? ", " : "", 3 + (int)(ya_splitmix64(seed, draw++) % 87));
        double w = 0.99 * ya_unit_double(ya_splitmix64(seed, draw++));
        double h = 10.0 * ya_unit_double(ya_splitmix64(seed, draw++));
        fprintf(file, "], \"auth_weight\": %.4f, \"prov_entropy\": %.4f}\n", w, h);
    }
    if (fclose(file) != 0)
        abort();
}

/* The whole file, NUL-terminated (free it); NULL when it cannot be read. */
static inline char *toy_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    text = malloc(*size + 1);
    if (text && fread(text, 1, *size, file) == *size)
        text[*size] = '\0';
    fclose(file);
    return text;
}

static inline bool toy_same_files(const char *a, const char *b)
{
    size_t n = 0, m = 0;
    char *x = toy_read(a, &n), *y = toy_read(b, &m);
    bool same = x && y && n == m && memcmp(x, y, n) == 0;
    free(x);
    free(y);
    return same;
}

/* The same two checkpoints, bit by bit: parameters and moments. */
static inline bool toy_same_checkpoints(const char *a, const char *b)
{
    static const char *const files[] = {"adapter_model.safetensors", "optimizer.safetensors"};
    char x[8192], y[8192];
    for (int i = 0; i < 2; i++) {
        snprintf(x, sizeof x, "%s/%s", a, files[i]);
        snprintf(y, sizeof y, "%s/%s", b, files[i]);
        if (!toy_same_files(x, y))
            return false;
    }
    return true;
}

#endif
