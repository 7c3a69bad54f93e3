/* For code that is compiled once for each instruction set (kernels.inc, products.inc). */
#ifndef YA_TENSOR_INLINE_H
#define YA_TENSOR_INLINE_H

#define INLINE static inline __attribute__((always_inline))
/* Loops of few constant turns that must be unrolled, so that what they index stays in registers. */
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#endif
