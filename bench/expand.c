/* How fast stored weights are read: expanded to f32, and multiplied with one and with eight rows of
 * activations, in f32 and in integers where there are such products, by one thread and with warm
 * caches (1 MB of blocks).
 *
 *     bench_expand [TYPE...]      prints a line a type: GB/s of stored bytes, G elements/s */
#include "base/clock.h"
#include "base/random.h"
#include "tensor/kernels.h"
#include "tensor/products.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { COLUMNS = 2048, BYTES = 1 << 20, ROWS = 8, RUNS = 9 };

typedef struct {
    ya_dtype type;
    const unsigned char *blocks;
    float *x, *y;
    const void *digits;
    int n_rows;
    size_t row_bytes;
} job;

static void expand_all(const job *j)
{
    for (int r = 0; r < j->n_rows; r++)
        ya_kernels_get()->expand[j->type](j->blocks + (size_t)r * j->row_bytes, COLUMNS, j->y);
}

static void times_all(const job *j, int rows)
{
    for (int r = 0; r < j->n_rows; r++)
        ya_kernels_get()->times[j->type](j->blocks + (size_t)r * j->row_bytes, COLUMNS, j->x,
                                         COLUMNS, rows, j->y);
}

static void integers_all(const job *j, int rows)
{
    ya_products_get()->times[j->type](j->blocks, j->n_rows, COLUMNS, j->digits, rows, j->y);
}

/* Elements a nanosecond, best of RUNS; rows 0: expansion. */
static double rate(const job *j, int rows, int integers)
{
    double best = 0;
    for (int run = 0; run < RUNS; run++) {
        int64_t start = ya_now_ns(), ns;
        long elements = 0;
        do {
            if (rows == 0)
                expand_all(j);
            else if (integers)
                integers_all(j, rows);
            else
                times_all(j, rows);
            elements += (long)j->n_rows * COLUMNS;
            ns = ya_now_ns() - start;
        } while (ns < 5000000);
        double r = (double)elements / (double)ns;
        best = r > best ? r : best;
    }
    return best;
}

static int wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcasecmp(argv[i], name) == 0)
            return 1;
    return argc == 1;
}

static const struct {
    const char *name;
    int rows, integers;
} CASES[] = {{"expansion", 0, 0},
             {"times 1 row", 1, 0},
             {"times 8 rows", 8, 0},
             {"1 row in integers", 1, 1},
             {"8 rows in integers", 8, 1}};
enum { N_CASES = sizeof CASES / sizeof *CASES };

int main(int argc, char **argv)
{
    int result = 1;
    unsigned char *blocks = malloc(BYTES);
    size_t each = ya_digits_bytes(COLUMNS);
    unsigned char *digits = aligned_alloc(64, ROWS * each);
    float *x = malloc(ROWS * COLUMNS * sizeof *x), *y = malloc(BYTES * sizeof *y);
    if (!blocks || !x || !y || !digits)
        goto done;
    result = 0;
    for (int i = 0; i < BYTES; i++) /* 0x10 ... 0x2f: halves and floats finite and normal */
        blocks[i] = (unsigned char)(ya_splitmix64(1, (uint64_t)i) % 0x20 + 0x10);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        x[i] = ya_unit_float(ya_splitmix64(2, (uint64_t)i));
    const ya_products *products = ya_products_get();
    for (int t = 0; products && t < ROWS; t++)
        products->digits(x + (size_t)t * COLUMNS, COLUMNS, digits + (size_t)t * each);
    printf("%-7s", "");
    for (int c = 0; c < N_CASES; c++)
        printf(" %29s", CASES[c].name);
    printf("\n");
    for (int t = 0; t < YA_N_DTYPES; t++) {
        const ya_dtype_info *info = ya_dtype_get((ya_dtype)t);
        if (!ya_kernels_get()->expand[t] || !wanted(info->name, argc, argv))
            continue;
        size_t row_bytes = (size_t)(COLUMNS / info->block_size) * (size_t)info->block_bytes;
        job j = {(ya_dtype)t, blocks, x, y, digits, (int)(BYTES / row_bytes), row_bytes};
        printf("%-7s", info->name);
        for (int c = 0; c < N_CASES; c++) {
            if (CASES[c].integers && !(products && products->times[t]))
                continue;
            double r = rate(&j, CASES[c].rows, CASES[c].integers);
            printf("  %6.2f GB/s %6.2f Gelem/s", r * info->block_bytes / info->block_size, r);
        }
        printf("\n");
    }
done:
    free(blocks);
    free(digits);
    free(x);
    free(y);
    return result;
}
