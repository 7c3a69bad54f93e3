/* Stored element types: those of safetensors and the block types of GGUF. A block of `block_size`
 * elements takes `block_bytes` bytes; plain types are blocks of one. Expansion to f32 is
 * tensor/expand.h. */
#ifndef YA_IO_DTYPE_H
#define YA_IO_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    YA_F32,
    YA_F16,
    YA_BF16,
    YA_F64,
    YA_I64,
    YA_I32,
    YA_I16,
    YA_I8,
    YA_U8,
    YA_BOOL,
    YA_Q4_0,
    YA_Q4_1,
    YA_Q5_0,
    YA_Q5_1,
    YA_Q8_0,
    YA_Q2_K,
    YA_Q3_K,
    YA_Q4_K,
    YA_Q5_K,
    YA_Q6_K,
    YA_IQ4_NL,
    YA_IQ4_XS,
    YA_N_DTYPES
} ya_dtype;

typedef struct {
    const char *name;        /* "F32", "Q4_K": as in safetensors and in GGUF's lists */
    int block_size;          /* elements a block */
    int block_bytes;         /* bytes a block */
    int gguf_type;           /* ggml_type number, -1: not in GGUF */
    const char *safetensors; /* name there, NULL: not in safetensors */
} ya_dtype_info;

/* The properties of `type`, which must be below YA_N_DTYPES. */
const ya_dtype_info *ya_dtype_get(ya_dtype type);

/* The type with that GGUF number or safetensors name; false when there is none that we know. */
bool ya_dtype_from_gguf(uint32_t number, ya_dtype *out);
bool ya_dtype_from_safetensors(const char *name, size_t length, ya_dtype *out);

/* Bytes of n elements (n a multiple of the block size, else false); false on overflow. */
bool ya_dtype_bytes(ya_dtype type, uint64_t n_elements, uint64_t *out);

#endif
