#include "hardware/speeds.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/team.h"
#include "io/file.h"
#include "io/outdir.h"
#include "tensor/matmul.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    M = 1024,
    N = 2048,
    K = 2048,
    LEAST_RUNS = 5,
    MOST_RUNS = 256,
    READ_BYTES = 256 << 20, /* beyond any cache of one socket that this program meets */
    DISK_BYTES = 32 << 20
};
static const int64_t MEASURED_NS = 300000000;

/* Rates of one run after the other. */
typedef struct {
    double all[MOST_RUNS];
    int n;
    int64_t began_ns;
} runs;

static bool goes_on(const runs *r)
{
    return r->n < LEAST_RUNS || (r->n < MOST_RUNS && ya_now_ns() - r->began_ns < MEASURED_NS);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static ya_rate rate_of(runs *r)
{
    qsort(r->all, (size_t)r->n, sizeof *r->all, ascending);
    return (ya_rate){.typical = r->all[r->n / 2], .best = r->all[r->n - 1]};
}

ya_status ya_measure_matmul(ya_rate *gflops, ya_dtype type, ya_error *err)
{
    ya_matmul_shape shape = {M, N, K, K, K, N, .type = type, .b_transposed = true};
    size_t scratch_bytes = 64, element = type == YA_BF16 ? 2 : 4;
    void *a = NULL, *b = NULL, *scratch = NULL;
    float *c = NULL;
    ya_status status = ya_matmul_prepare(&shape, &scratch_bytes, err);
    if (status)
        return status;
    a = aligned_alloc(64, M * K * element);
    b = aligned_alloc(64, N * K * element);
    c = aligned_alloc(64, (size_t)M * N * sizeof *c);
    scratch = aligned_alloc(64, (scratch_bytes + 63) / 64 * 64);
    if (!a || !b || !c || !scratch)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory for measuring matrix products"));
    memset(a, 0, M * K * element); /* zeros are as fast as other numbers, and no NaN */
    memset(b, 0, N * K * element);
    ya_matmul(&shape, a, b, c, scratch,
              scratch_bytes); /* the first run makes code and touches pages */
    runs r = {.began_ns = ya_now_ns()};
    while (goes_on(&r)) {
        int64_t start = ya_now_ns();
        ya_matmul(&shape, a, b, c, scratch, scratch_bytes);
        r.all[r.n++] = 2.0 * M * N * K / (double)(ya_now_ns() - start);
    }
    *gflops = rate_of(&r);
done:
    free(a);
    free(b);
    free(c);
    free(scratch);
    return status;
}

/* Keeps the compiler from leaving the reading out. */
static volatile uint64_t sum_read;

static uint64_t read_all(const uint64_t *block, size_t words)
{
    uint64_t sum = 0;
#pragma omp parallel for schedule(static) reduction(+ : sum)
    for (size_t i = 0; i < words; i += 8)
        sum += block[i] + block[i + 1] + block[i + 2] + block[i + 3] + block[i + 4] + block[i + 5] +
               block[i + 6] + block[i + 7];
    return sum;
}

ya_status ya_measure_reading(double *gb_s, ya_error *err)
{
    uint64_t *block = aligned_alloc(64, READ_BYTES);
    if (!block)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for measuring memory");
    size_t words = READ_BYTES / sizeof *block;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < words; i++)
        block[i] = i; /* every thread's pages on its own node */
    runs r = {.began_ns = ya_now_ns()};
    while (goes_on(&r)) {
        int64_t start = ya_now_ns();
        sum_read = read_all(block, words);
        r.all[r.n++] = (double)READ_BYTES / (double)(ya_now_ns() - start);
    }
    *gb_s = rate_of(&r).typical;
    free(block);
    return YA_OK;
}

/* MB/s of writing a file and syncing it; 0 when that cannot be done there. */
static double measure_disk(const char *directory)
{
    char path[YA_PATH_MAX], name[64];
    int file;
    snprintf(name, sizeof name, ".your_ai-speed-%ld", (long)getpid());
    if (ya_make_dirs(directory, NULL) || ya_path_join(path, directory, name, NULL) ||
        ya_file_create(&file, path, NULL))
        return 0.0;
    char *block = ya_alloc(1 << 20);
    ya_status status = block ? YA_OK : YA_ERR_MEMORY;
    int64_t start = ya_now_ns();
    if (block)
        memset(block, 0x5A, 1 << 20);
    for (int i = 0; i < DISK_BYTES >> 20 && !status; i++)
        status = ya_file_write(file, path, block, 1 << 20, NULL);
    status = ya_file_finish(file, path, status, NULL);
    double seconds = (double)(ya_now_ns() - start) * 1e-9;
    unlink(path);
    ya_free(block);
    return status || seconds <= 0.0 ? 0.0 : DISK_BYTES * 1e-6 / seconds;
}

ya_status ya_measure_speeds(ya_speeds *speeds, int threads, const char *directory, ya_error *err)
{
    ya_status status;
    ya_rate rate;
    *speeds = (ya_speeds){0};
    YA_TRY(ya_team_begin(threads, err));
    YA_TRY(ya_measure_matmul(&rate, YA_F32, err));
    speeds->f32_gflops = rate.typical;
    if (ya_matmul_has_bf16()) {
        YA_TRY(ya_measure_matmul(&rate, YA_BF16, err));
        speeds->bf16_gflops = rate.typical;
    }
    YA_TRY(ya_measure_reading(&speeds->read_gb_s, err));
    if (directory)
        speeds->disk_mb_s = measure_disk(directory);
done:
    return status;
}
