/* What products allocate is there once they were rehearsed, and stays.
 * labels: no_asan */
#include "memory/system.h"
#include "tensor/matmul.h"
#include "tensor/rehearsal.h"

#include "support/cmocka_all.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { M = 256, N = 1024, K = 1024, FEW = 32, THREADS = 2 };

static uint64_t anonymous(void)
{
    ya_memory_probe probe;
    ya_memory_reading reading;
    ya_error err;
    assert_int_equal(ya_memory_open(&probe, "", &err), YA_OK);
    ya_memory_read(&probe, &reading);
    ya_memory_close(&probe);
    return reading.rss_anon;
}

static void run_all(const ya_matmul_shape *shapes, int n, int rounds, const float *a, float *c,
                    void *scratch, size_t scratch_bytes)
{
    for (int round = 0; round < rounds; round++)
        for (int i = n - 1; i >= 0; i--)
            ya_matmul(&shapes[i], a, a, c, scratch, scratch_bytes);
}

static void products_after_the_rehearsal_take_no_more_memory(void **state)
{
    (void)state;
    const ya_matmul_shape shapes[] = {
        {M, N, K, K, K, N, .type = YA_F32, .b_transposed = true},
        {M, N, K, K, N, N, .type = YA_F32, .accumulate = true},
        {FEW, N, K, K, K, N, .type = YA_F32, .b_transposed = true},
        {FEW, K, M, FEW, K, K, .type = YA_F32, .a_transposed = true, .accumulate = true},
    };
    enum { SHAPES = sizeof shapes / sizeof *shapes };
    size_t scratch_bytes = 64;
    ya_error err;
    omp_set_num_threads(THREADS);
    for (int i = 0; i < SHAPES; i++)
        assert_int_equal(ya_matmul_prepare(&shapes[i], &scratch_bytes, &err), YA_OK);
    float *a = malloc((size_t)N * K * sizeof *a), *c = malloc((size_t)M * N * sizeof *c);
    void *scratch = aligned_alloc(64, (scratch_bytes + 63) / 64 * 64);
    assert_true(a && c && scratch);
    memset(a, 0, (size_t)N * K * sizeof *a);
    memset(c, 0, (size_t)M * N * sizeof *c);
    memset(scratch, 0, scratch_bytes);
    uint64_t before = anonymous();
    ya_rehearsal_keep_heap();
    assert_int_equal(ya_rehearsal_run(), 0);
    uint64_t rehearsed = anonymous();
    assert_true(rehearsed - before < 32 * YA_MB); /* its operands are not ours any more */
    run_all(shapes, SHAPES, 10, a, c, scratch, scratch_bytes);
    uint64_t settled = anonymous();
    run_all(shapes, SHAPES, 40, a, c, scratch, scratch_bytes);
    uint64_t after = anonymous();
    /* the library takes blocks from each thread's own heap, and does not use the same ones again at
       first: some a thread, then no more */
    if (settled > rehearsed + THREADS * (64 << 10))
        fail_msg("%.3f MB more than after the rehearsal",
                 (double)(settled - rehearsed) / (double)YA_MB);
    if (after > settled + 4096)
        fail_msg("%.3f MB more than after ten rounds", (double)(after - settled) / (double)YA_MB);
    ya_matmul_forget();
    assert_int_equal(ya_rehearsal_run(), 0); /* nothing to do */
    free(a);
    free(c);
    free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_after_the_rehearsal_take_no_more_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
