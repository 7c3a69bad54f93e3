/* Rows of f32 in a stored type: the other direction of tensor/expand.h. */
#ifndef YA_EXPORT_STORE_H
#define YA_EXPORT_STORE_H

#include "io/dtype.h"

#include <stdbool.h>

/* The types that can be written: F32, F16, BF16, Q8_0, Q4_0. */
bool ya_store_knows(ya_dtype type);

/* dst [n, a multiple of the type's block] = src [n] f32, by the calling thread. F16 and BF16 round
 * to nearest even; Q8_0 and Q4_0 are bit-equal to gguf.quants.quantize, which is ggml's reference.
 * False when a value is not finite or becomes so in the type (above 65504 in F16): dst is then
 * undefined. */
bool ya_store_row(ya_dtype type, const float *src, int n, void *dst);

#endif
