#include "io/dtype.h"

#include "base/checked.h"

#include <string.h>

/* Block layouts: ggml-common.h. */
static const ya_dtype_info table[YA_N_DTYPES] = {
    [YA_F32] = {"F32", 1, 4, 0, "F32"},         [YA_F16] = {"F16", 1, 2, 1, "F16"},
    [YA_BF16] = {"BF16", 1, 2, 30, "BF16"},     [YA_F64] = {"F64", 1, 8, 28, "F64"},
    [YA_I64] = {"I64", 1, 8, 27, "I64"},        [YA_I32] = {"I32", 1, 4, 26, "I32"},
    [YA_I16] = {"I16", 1, 2, 25, "I16"},        [YA_I8] = {"I8", 1, 1, 24, "I8"},
    [YA_U8] = {"U8", 1, 1, -1, "U8"},           [YA_BOOL] = {"BOOL", 1, 1, -1, "BOOL"},
    [YA_Q4_0] = {"Q4_0", 32, 18, 2, NULL},      [YA_Q4_1] = {"Q4_1", 32, 20, 3, NULL},
    [YA_Q5_0] = {"Q5_0", 32, 22, 6, NULL},      [YA_Q5_1] = {"Q5_1", 32, 24, 7, NULL},
    [YA_Q8_0] = {"Q8_0", 32, 34, 8, NULL},      [YA_Q2_K] = {"Q2_K", 256, 84, 10, NULL},
    [YA_Q3_K] = {"Q3_K", 256, 110, 11, NULL},   [YA_Q4_K] = {"Q4_K", 256, 144, 12, NULL},
    [YA_Q5_K] = {"Q5_K", 256, 176, 13, NULL},   [YA_Q6_K] = {"Q6_K", 256, 210, 14, NULL},
    [YA_IQ4_NL] = {"IQ4_NL", 32, 18, 20, NULL}, [YA_IQ4_XS] = {"IQ4_XS", 256, 136, 23, NULL},
};

const ya_dtype_info *ya_dtype_get(ya_dtype type)
{
    return &table[type];
}

bool ya_dtype_from_gguf(uint32_t number, ya_dtype *out)
{
    for (int i = 0; i < YA_N_DTYPES; i++) {
        if (table[i].gguf_type >= 0 && (uint32_t)table[i].gguf_type == number) {
            *out = (ya_dtype)i;
            return true;
        }
    }
    return false;
}

bool ya_dtype_from_safetensors(const char *name, size_t length, ya_dtype *out)
{
    for (int i = 0; i < YA_N_DTYPES; i++) {
        const char *known = table[i].safetensors;
        if (known && strlen(known) == length && memcmp(known, name, length) == 0) {
            *out = (ya_dtype)i;
            return true;
        }
    }
    return false;
}

bool ya_dtype_bytes(ya_dtype type, uint64_t n_elements, uint64_t *out)
{
    uint64_t block = (uint64_t)table[type].block_size;
    if (n_elements % block != 0)
        return false;
    return ya_mul_u64(n_elements / block, (uint64_t)table[type].block_bytes, out);
}
