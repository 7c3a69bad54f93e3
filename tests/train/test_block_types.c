/* LoRA on a base of every stored type is LoRA on the same base expanded to f32: bit for bit, since
 * f32 is what the products see either way. */
#include "support/blocks.h"
#include "support/cmocka_all.h"
#include "support/gguf_maker.h"
#include "support/temp.h"
#include "support/toy.h"
#include "support/training.h"

#include "tensor/kernels.h"

#include <stdio.h>
#include <stdlib.h>

enum { HIDDEN = 256, FFN = 512, HEADS = 4, KV = 128, VOCAB = 96, LAYERS = 2, MOST = 512 };

typedef struct {
    const char *name;
    uint32_t rows, cols; /* rows 0: a vector of ones */
} part;

static const part PARTS[] = {
    {"attn_norm", 0, HIDDEN},  {"attn_q", HIDDEN, HIDDEN},      {"attn_k", KV, HIDDEN},
    {"attn_v", KV, HIDDEN},    {"attn_output", HIDDEN, HIDDEN}, {"ffn_norm", 0, HIDDEN},
    {"ffn_gate", FFN, HIDDEN}, {"ffn_up", FFN, HIDDEN},         {"ffn_down", HIDDEN, FFN},
};
enum { N_PARTS = sizeof PARTS / sizeof *PARTS, N_TENSORS = 2 + LAYERS * N_PARTS };

static part tensor_at(int i, char name[64])
{
    const part *p = &PARTS[(i - 1) % N_PARTS];
    if (i == 0)
        return (part){strcpy(name, "token_embd.weight"), VOCAB, HIDDEN};
    if (i == N_TENSORS - 1)
        return (part){strcpy(name, "output_norm.weight"), 0, HIDDEN};
    snprintf(name, 64, "blk.%d.%s.weight", (i - 1) / N_PARTS, p->name);
    return (part){name, p->rows, p->cols};
}

static uint64_t bytes_of(const part *p, ya_dtype type)
{
    uint64_t bytes = 0;
    uint64_t n = (uint64_t)(p->rows ? p->rows : 1) * p->cols;
    assert_true(ya_dtype_bytes(p->rows ? type : YA_F32, n, &bytes));
    return bytes;
}

static void put_keys(gguf_maker *g)
{
    const float eps = 1e-5f;
    put_text(g, "general.architecture");
    put_u32(g, YA_GGUF_STRING);
    put_text(g, "llama");
    put_key_u32(g, "llama.block_count", LAYERS);
    put_key_u32(g, "llama.context_length", 128);
    put_key_u32(g, "llama.embedding_length", HIDDEN);
    put_key_u32(g, "llama.feed_forward_length", FFN);
    put_key_u32(g, "llama.attention.head_count", HEADS);
    put_key_u32(g, "llama.attention.head_count_kv", KV / (HIDDEN / HEADS));
    put_key(g, "llama.attention.layer_norm_rms_epsilon", YA_GGUF_F32, &eps, sizeof eps);
}

/* The data of tensor i: blocks of `type`, or (expanded) the f32 that they stand for. */
static void write_tensor(FILE *file, int i, ya_dtype type, bool expanded)
{
    char name[64];
    part p = tensor_at(i, name);
    unsigned char row[MOST * 4];
    float values[MOST];
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

static void write_model(const char *path, ya_dtype type, bool expanded)
{
    static gguf_maker g;
    ya_dtype stored = expanded ? YA_F32 : type;
    uint64_t offset = 0;
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    put_header(&g, 3, N_TENSORS, 8);
    put_keys(&g);
    for (int i = 0; i < N_TENSORS; i++) {
        char name[64];
        part p = tensor_at(i, name);
        const uint64_t dims[] = {p.cols, p.rows};
        put_info(&g, name, p.rows ? 2 : 1, dims,
                 (uint32_t)ya_dtype_get(p.rows ? stored : YA_F32)->gguf_type, offset);
        offset += (bytes_of(&p, stored) + 31) / 32 * 32;
    }
    pad_to(&g, 32);
    fwrite(g.bytes, 1, g.size, file);
    for (int i = 0; i < N_TENSORS; i++)
        write_tensor(file, i, type, expanded);
    assert_int_equal(fclose(file), 0);
}

static void train(const char *dir, const char *name)
{
    char flags[16384];
    ya_error err;
    snprintf(flags, sizeof flags,
             "--model %s/%s.gguf --data %s/data.jsonl --output %s/%s --steps 3 --batch-size 4 "
             "--lora-rank 4 --learning-rate 0.01 --save-steps 3 --dtype f32 --threads 2 --quiet",
             dir, name, dir, dir, name);
    if (training_run(flags, &err) != YA_OK)
        fail_msg("%s", err.text);
}

static void a_base_of_every_type_trains_as_the_same_base_in_f32(void **state)
{
    (void)state;
    for (int type = 0; type < YA_N_DTYPES; type++) {
        char dir[TEMP_PATH];
        if (!ya_kernels_get()->expand[type])
            continue;
        temp_make(dir);
        toy_records(temp_path(dir, "data.jsonl"), 24, 20, 5);
        write_model(temp_path(dir, "stored.gguf"), (ya_dtype)type, false);
        write_model(temp_path(dir, "expanded.gguf"), (ya_dtype)type, true);
        train(dir, "stored");
        train(dir, "expanded");
        if (!toy_same_checkpoints(temp_path(dir, "stored/checkpoint-3"),
                                  temp_path(dir, "expanded/checkpoint-3")))
            fail_msg("%s: the adapters differ", ya_dtype_get((ya_dtype)type)->name);
        json_t *lines = training_metrics(temp_path(dir, "stored"));
        assert_true(json_array_size(lines) > 0);
        double loss = json_number_value(json_object_get(json_array_get(lines, 0), "loss"));
        assert_true(loss > 3 && loss < 8); /* near ln 96: the model is alive */
        json_decref(lines);
        temp_remove(dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_base_of_every_type_trains_as_the_same_base_in_f32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
