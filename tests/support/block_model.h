/* A tiny Llama model of any stored type, written as a GGUF file. */
#ifndef YA_TESTS_BLOCK_MODEL_H
#define YA_TESTS_BLOCK_MODEL_H

#include "support/blocks.h"
#include "support/cmocka_all.h"
#include "support/gguf_maker.h"

#include "tensor/kernels.h"

#include <stdbool.h>
#include <stdio.h>

enum {
    BM_HIDDEN = 256,
    BM_FFN = 512,
    BM_HEADS = 4,
    BM_KV = 128,
    BM_VOCAB = 96,
    BM_LAYERS = 2,
    BM_MOST = 512
};

typedef struct {
    const char *name;
    uint32_t rows, cols; /* rows 0: a vector of ones */
} bm_part;

static const bm_part BM_PARTS[] = {
    {"attn_norm", 0, BM_HIDDEN},           {"attn_q", BM_HIDDEN, BM_HIDDEN},
    {"attn_k", BM_KV, BM_HIDDEN},          {"attn_v", BM_KV, BM_HIDDEN},
    {"attn_output", BM_HIDDEN, BM_HIDDEN}, {"ffn_norm", 0, BM_HIDDEN},
    {"ffn_gate", BM_FFN, BM_HIDDEN},       {"ffn_up", BM_FFN, BM_HIDDEN},
    {"ffn_down", BM_HIDDEN, BM_FFN},
};
enum { BM_N_PARTS = sizeof BM_PARTS / sizeof *BM_PARTS, BM_N_TENSORS = 2 + BM_LAYERS * BM_N_PARTS };

static inline bm_part bm_tensor_at(int i, char name[64])
{
    if (i == 0)
        return (bm_part){strcpy(name, "token_embd.weight"), BM_VOCAB, BM_HIDDEN};
    const bm_part *p = &BM_PARTS[(i - 1) % BM_N_PARTS];
    if (i == BM_N_TENSORS - 1)
        return (bm_part){strcpy(name, "output_norm.weight"), 0, BM_HIDDEN};
    snprintf(name, 64, "blk.%d.%s.weight", (i - 1) / BM_N_PARTS, p->name);
    return (bm_part){name, p->rows, p->cols};
}

static inline uint64_t bm_bytes_of(const bm_part *p, ya_dtype type)
{
    uint64_t bytes = 0;
    uint64_t n = (uint64_t)(p->rows ? p->rows : 1) * p->cols;
    assert_true(ya_dtype_bytes(p->rows ? type : YA_F32, n, &bytes));
    return bytes;
}

static inline void bm_put_keys(gguf_maker *g)
{
    const float eps = 1e-5f;
    put_text(g, "general.architecture");
    put_u32(g, YA_GGUF_STRING);
    put_text(g, "llama");
    put_key_u32(g, "llama.block_count", BM_LAYERS);
    put_key_u32(g, "llama.context_length", 128);
    put_key_u32(g, "llama.embedding_length", BM_HIDDEN);
    put_key_u32(g, "llama.feed_forward_length", BM_FFN);
    put_key_u32(g, "llama.attention.head_count", BM_HEADS);
    put_key_u32(g, "llama.attention.head_count_kv", BM_KV / (BM_HIDDEN / BM_HEADS));
    put_key(g, "llama.attention.layer_norm_rms_epsilon", YA_GGUF_F32, &eps, sizeof eps);
}

/* The data of tensor i: blocks of `type`, or (expanded) the f32 that they stand for. */
static inline void block_model_write_tensor(FILE *file, int i, ya_dtype type, bool expanded)
{
    char name[64];
    bm_part p = bm_tensor_at(i, name);
    unsigned char row[BM_MOST * 4];
    float values[BM_MOST];
    for (uint32_t r = 0; r < (p.rows ? p.rows : 1); r++) {
        size_t size = p.cols * sizeof *values;
        if (p.rows == 0)
            for (uint32_t c = 0; c < p.cols; c++)
                values[c] = 1;
        else
            size = blocks_row(type, (int)p.cols, (uint64_t)i << 32 | r, row);
        if (p.rows && expanded) {
            ya_kernels_get()->expand[type](row, (int)p.cols, values);
            size = p.cols * sizeof *values;
        }
        fwrite(p.rows && !expanded ? (void *)row : (void *)values, 1, size, file);
    }
    while (ftell(file) % 32)
        fputc(0, file);
}

/* The weights are a function of the type; `expanded`: stored as the f32 that they stand for. */
static inline void block_model_write(const char *path, ya_dtype type, bool expanded)
{
    static gguf_maker g;
    ya_dtype stored = expanded ? YA_F32 : type;
    uint64_t offset = 0;
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    put_header(&g, 3, BM_N_TENSORS, 8);
    bm_put_keys(&g);
    for (int i = 0; i < BM_N_TENSORS; i++) {
        char name[64];
        bm_part p = bm_tensor_at(i, name);
        const uint64_t dims[] = {p.cols, p.rows};
        put_info(&g, name, p.rows ? 2 : 1, dims,
                 (uint32_t)ya_dtype_get(p.rows ? stored : YA_F32)->gguf_type, offset);
        offset += (bm_bytes_of(&p, stored) + 31) / 32 * 32;
    }
    pad_to(&g, 32);
    fwrite(g.bytes, 1, g.size, file);
    for (int i = 0; i < BM_N_TENSORS; i++)
        block_model_write_tensor(file, i, type, expanded);
    assert_int_equal(fclose(file), 0);
}

#endif
