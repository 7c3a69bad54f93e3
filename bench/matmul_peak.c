/* The matmul rate that the processor reaches through our matmul: the yardstick of script/bench.
 *
 *     matmul_peak [f32|bf16]      prints GFLOP/s of [1024, 2048] x [2048, 2048], best of several
 * runs */
#include "base/alloc.h"
#include "base/clock.h"
#include "tensor/matmul.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { M = 1024, N = 2048, K = 2048, RUNS = 8, PRODUCTS = 4 };

int main(int argc, char **argv)
{
    bool bf16 = argc > 1 && strcmp(argv[1], "bf16") == 0;
    ya_matmul_shape shape = {M,
                             N,
                             K,
                             K,
                             K,
                             N,
                             .type = bf16 ? YA_BF16 : YA_F32,
                             .b_transposed = true,
                             .accumulate = false};
    size_t scratch_bytes = 64, element = bf16 ? 2 : 4;
    ya_error err;
    if (ya_matmul_prepare(&shape, &scratch_bytes, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    void *a = aligned_alloc(64, M * K * element), *b = aligned_alloc(64, N * K * element);
    void *scratch = aligned_alloc(64, (scratch_bytes + 63) / 64 * 64);
    float *c = aligned_alloc(64, (size_t)M * N * sizeof *c);
    if (!a || !b || !c || !scratch)
        return 1;
    memset(a, 0, M * K * element); /* zeros are as fast as other numbers, and no NaN */
    memset(b, 0, N * K * element);
    double best = 0;
    for (int r = 0; r < RUNS; r++) {
        int64_t start = ya_now_ns();
        for (int p = 0; p < PRODUCTS; p++)
            ya_matmul(&shape, a, b, c, scratch, scratch_bytes);
        double rate = 2.0 * M * N * K * PRODUCTS / (double)(ya_now_ns() - start);
        best = rate > best ? rate : best;
    }
    printf("%.1f\n", best);
    free(a);
    free(b);
    free(c);
    free(scratch);
    return 0;
}
