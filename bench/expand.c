/* How fast stored weights are read: expanded to f32, and multiplied with one and with eight rows of
 * activations, by one thread and with warm caches (1 MB of blocks).
 *
 *     bench_expand [TYPE...]      prints a line a type: GB/s of stored bytes, G elements/s */
#include "base/clock.h"
#include "base/random.h"
#include "tensor/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { COLUMNS = 2048, BYTES = 1 << 20, ROWS = 8, RUNS = 9 };

typedef struct {
    ya_dtype type;
    const unsigned char *blocks;
    float *x, *y;
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

/* Elements a nanosecond, best of RUNS; rows 0: expansion. */
static double rate(const job *j, int rows)
{
    double best = 0;
    for (int run = 0; run < RUNS; run++) {
        int64_t start = ya_now_ns(), ns;
        long elements = 0;
        do {
            if (rows == 0)
                expand_all(j);
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

int main(int argc, char **argv)
{
    int result = 1;
    unsigned char *blocks = malloc(BYTES);
    float *x = malloc(ROWS * COLUMNS * sizeof *x), *y = malloc(COLUMNS * sizeof *y);
    if (!blocks || !x || !y)
        goto done;
    result = 0;
    for (int i = 0; i < BYTES; i++) /* 0x10 ... 0x2f: halves and floats finite and normal */
        blocks[i] = (unsigned char)(ya_splitmix64(1, (uint64_t)i) % 0x20 + 0x10);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        x[i] = ya_unit_float(ya_splitmix64(2, (uint64_t)i));
    printf("%-7s %29s %29s %29s\n", "", "expansion", "times 1 row", "times 8 rows");
    for (int t = 0; t < YA_N_DTYPES; t++) {
        const ya_dtype_info *info = ya_dtype_get((ya_dtype)t);
        if (!ya_kernels_get()->expand[t] || !wanted(info->name, argc, argv))
            continue;
        size_t row_bytes = (size_t)(COLUMNS / info->block_size) * (size_t)info->block_bytes;
        job j = {(ya_dtype)t, blocks, x, y, (int)(BYTES / row_bytes), row_bytes};
        printf("%-7s", info->name);
        for (int rows = 0; rows <= 8; rows += rows == 0 ? 1 : 7) {
            double r = rate(&j, rows);
            printf("  %6.2f GB/s %6.2f Gelem/s", r * info->block_bytes / info->block_size, r);
        }
        printf("\n");
    }
done:
    free(blocks);
    free(x);
    free(y);
    return result;
}
