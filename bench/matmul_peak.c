/* The matmul rate that the processor reaches through our matmul: the yardstick of script/bench.
 *
 *     matmul_peak [f32|bf16]      prints GFLOP/s, best of several runs */
#include "hardware/speeds.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    bool bf16 = argc > 1 && strcmp(argv[1], "bf16") == 0;
    ya_rate gflops;
    ya_error err;
    if (ya_measure_matmul(&gflops, bf16 ? YA_BF16 : YA_F32, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("%.1f\n", gflops.best);
    return 0;
}
