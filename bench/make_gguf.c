/* Makes a GGUF model of a known shape with random weights: for measuring speed and memory at sizes
 * that nobody wants to download. Every block is valid and scaled so that activations stay near one;
 * the vocabulary is a working byte-level one, padded to its size.
 *
 *     bench_make_gguf 135m|1b|8b  f32|f16|bf16|q8_0|q4_0|q4_1|q5_0|q5_1|q2_k|...|iq4_xs  OUT.gguf
 * [--sparse]
 *
 * --sparse leaves holes for the matrices (all weights zero): an 8B file takes a few MB of disk.
 * Types whose blocks do not divide a row fall back to q8_0. Constant memory; the weights repeat
 * with a period of about 1 MB. */
#include "base/random.h"
#include "io/dtype.h"
#include "io/gguf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
#include <unistd.h>

typedef struct {
    const char *name;
    uint32_t hidden, ffn, layers, heads, kv_heads, vocab, context;
    float rope_theta;
    bool tied;
} shape;

static const shape SHAPES[] = {
    {"135m", 576, 1536, 30, 9, 3, 49152, 8192, 100000.0f, true},
    {"1b", 2048, 5632, 22, 32, 4, 32000, 2048, 10000.0f, false},
    {"8b", 4096, 14336, 32, 32, 8, 128256, 8192, 500000.0f, false},
};

enum { ALIGNMENT = 32, PATTERN_BYTES = 1 << 20, MAX_TENSORS = 400, N_MERGES = 8 };

typedef struct {
    char name[48];
    ya_dtype type;
    uint32_t rows, columns; /* rows 0: a vector */
    uint64_t bytes, offset;
} planned;

/* What is being made. */
typedef struct {
    FILE *file;
    const char *path;
    shape shape;
    ya_dtype type;
    bool sparse;
    int n_tensors;
    planned tensors[MAX_TENSORS];
    unsigned char *pattern; /* blocks of `pattern_type` */
    ya_dtype pattern_type;
    size_t pattern_bytes;
} maker;

static void die(const char *what, const char *which)
{
    fprintf(stderr, "make_gguf: %s %s\n", what, which);
    exit(1);
}

static void put(maker *m, const void *data, size_t size)
{
    if (fwrite(data, 1, size, m->file) != size)
        die("cannot write", m->path);
}

static void put_u32(maker *m, uint32_t value)
{
    put(m, &value, sizeof value);
}

static void put_u64(maker *m, uint64_t value)
{
    put(m, &value, sizeof value);
}

static void put_text(maker *m, const char *text)
{
    put_u64(m, strlen(text));
    put(m, text, strlen(text));
}

/* Keys. The count stands in the header before them, so write_keys counts on a first, discarded
 * pass. */

static void key(maker *m, const char *name, ya_gguf_type type, uint64_t *n)
{
    put_text(m, name);
    put_u32(m, type);
    ++*n;
}

static void key_u32(maker *m, const char *name, uint32_t value, uint64_t *n)
{
    key(m, name, YA_GGUF_U32, n);
    put_u32(m, value);
}

static void key_f32(maker *m, const char *name, float value, uint64_t *n)
{
    key(m, name, YA_GGUF_F32, n);
    put(m, &value, sizeof value);
}

static void key_text(maker *m, const char *name, const char *value, uint64_t *n)
{
    key(m, name, YA_GGUF_STRING, n);
    put_text(m, value);
}

static void key_array(maker *m, const char *name, ya_gguf_type type, uint64_t count, uint64_t *n)
{
    key(m, name, YA_GGUF_ARRAY, n);
    put_u32(m, type);
    put_u64(m, count);
}

/* The visible character that stands for a byte in byte-level vocabularies (GPT-2): itself when it
 * is printable in Latin-1, else the next free one from U+0100 on. */
static void byte_text(int byte, char out[4])
{
    int code = byte, hidden = 0;
    for (int b = 0; b <= byte; b++) {
        bool visible = (b >= 33 && b <= 126) || (b >= 161 && b != 173);
        if (b == byte && !visible)
            code = 256 + hidden;
        hidden += !visible;
    }
    if (code < 128) {
        snprintf(out, 4, "%c", code);
    } else {
        unsigned char two[3] = {(unsigned char)(0xC0 | code >> 6),
                                (unsigned char)(0x80 | (code & 63)), 0};
        memcpy(out, two, sizeof two);
    }
}

static const char *const MERGES[N_MERGES][2] = {{"t", "h"}, {"th", "e"},        {"i", "n"},
                                                {"a", "n"}, {"an", "d"},        {"e", "r"},
                                                {"o", "n"}, {"\xC4\xA0", "the"}};

/* Token `id`: 256 bytes, the merges, two special ones, padding. */
static void put_token(maker *m, uint32_t id)
{
    char text[32];
    if (id < 256)
        byte_text((int)id, text);
    else if (id < 256 + N_MERGES)
        snprintf(text, sizeof text, "%s%s", MERGES[id - 256][0], MERGES[id - 256][1]);
    else if (id == 256 + N_MERGES)
        snprintf(text, sizeof text, "<|begin_of_text|>");
    else if (id == 257 + N_MERGES)
        snprintf(text, sizeof text, "<|end_of_text|>");
    else
        snprintf(text, sizeof text, "<|unused_%u|>", id);
    put_text(m, text);
}

static void write_vocabulary(maker *m, uint64_t *n)
{
    enum { NORMAL = 1, CONTROL = 3, UNUSED = 5 };
    uint32_t bos = 256 + N_MERGES, eos = bos + 1;
    key_text(m, "tokenizer.ggml.model", "gpt2", n);
    key_text(m, "tokenizer.ggml.pre", "llama-bpe", n);
    key_array(m, "tokenizer.ggml.tokens", YA_GGUF_STRING, m->shape.vocab, n);
    for (uint32_t i = 0; i < m->shape.vocab; i++)
        put_token(m, i);
    key_array(m, "tokenizer.ggml.token_type", YA_GGUF_I32, m->shape.vocab, n);
    for (uint32_t i = 0; i < m->shape.vocab; i++)
        put_u32(m, i < bos ? NORMAL : i <= eos ? CONTROL : UNUSED);
    key_array(m, "tokenizer.ggml.merges", YA_GGUF_STRING, N_MERGES, n);
    for (int i = 0; i < N_MERGES; i++) {
        char text[32];
        snprintf(text, sizeof text, "%s %s", MERGES[i][0], MERGES[i][1]);
        put_text(m, text);
    }
    key_u32(m, "tokenizer.ggml.bos_token_id", bos, n);
    key_u32(m, "tokenizer.ggml.eos_token_id", eos, n);
}

static uint64_t write_keys(maker *m)
{
    const shape *s = &m->shape;
    uint64_t n = 0;
    char name[64];
    snprintf(name, sizeof name, "random %s %s", s->name, ya_dtype_get(m->type)->name);
    key_text(m, "general.architecture", "llama", &n);
    key_text(m, "general.name", name, &n);
    key_u32(m, "general.alignment", ALIGNMENT, &n);
    key_u32(m, "general.quantization_version", 2, &n);
    key_u32(m, "llama.block_count", s->layers, &n);
    key_u32(m, "llama.context_length", s->context, &n);
    key_u32(m, "llama.embedding_length", s->hidden, &n);
    key_u32(m, "llama.feed_forward_length", s->ffn, &n);
    key_u32(m, "llama.attention.head_count", s->heads, &n);
    key_u32(m, "llama.attention.head_count_kv", s->kv_heads, &n);
    key_u32(m, "llama.rope.dimension_count", s->hidden / s->heads, &n);
    key_u32(m, "llama.vocab_size", s->vocab, &n);
    key_f32(m, "llama.attention.layer_norm_rms_epsilon", 1e-5f, &n);
    key_f32(m, "llama.rope.freq_base", s->rope_theta, &n);
    write_vocabulary(m, &n);
    return n;
}

static void plan_tensor(maker *m, const char *name, uint32_t rows, uint32_t columns)
{
    planned *t = &m->tensors[m->n_tensors++];
    t->type = rows == 0                                                    ? YA_F32
              : columns % (uint32_t)ya_dtype_get(m->type)->block_size == 0 ? m->type
                                                                           : YA_Q8_0;
    t->rows = rows;
    t->columns = columns;
    snprintf(t->name, sizeof t->name, "%s", name);
    if (!ya_dtype_bytes(t->type, (uint64_t)(rows ? rows : 1) * columns, &t->bytes))
        die("cannot lay out", name);
    if (m->n_tensors > 1) {
        const planned *last = t - 1;
        t->offset = (last->offset + last->bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}

static void plan_layer(maker *m, uint32_t layer)
{
    const shape *s = &m->shape;
    uint32_t kv = s->hidden / s->heads * s->kv_heads;
    const struct {
        const char *name;
        uint32_t rows, columns;
    } parts[] = {
        {"attn_norm", 0, s->hidden},
        {"attn_q", s->hidden, s->hidden},
        {"attn_k", kv, s->hidden},
        {"attn_v", kv, s->hidden},
        {"attn_output", s->hidden, s->hidden},
        {"ffn_norm", 0, s->hidden},
        {"ffn_gate", s->ffn, s->hidden},
        {"ffn_up", s->ffn, s->hidden},
        {"ffn_down", s->hidden, s->ffn},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char name[48];
        snprintf(name, sizeof name, "blk.%u.%s.weight", layer, parts[i].name);
        plan_tensor(m, name, parts[i].rows, parts[i].columns);
    }
}

static void plan_tensors(maker *m)
{
    plan_tensor(m, "token_embd.weight", m->shape.vocab, m->shape.hidden);
    for (uint32_t i = 0; i < m->shape.layers; i++)
        plan_layer(m, i);
    plan_tensor(m, "output_norm.weight", 0, m->shape.hidden);
    if (!m->shape.tied)
        plan_tensor(m, "output.weight", m->shape.vocab, m->shape.hidden);
}

static void write_infos(maker *m)
{
    for (int i = 0; i < m->n_tensors; i++) {
        const planned *t = &m->tensors[i];
        put_text(m, t->name);
        put_u32(m, t->rows ? 2 : 1);
        put_u64(m, t->columns);
        if (t->rows)
            put_u64(m, t->rows);
        put_u32(m, (uint32_t)ya_dtype_get(t->type)->gguf_type);
        put_u64(m, t->offset);
    }
}

/* The nearest half float of a small positive number (below 2). */
static uint16_t half(float x)
{
    int exponent;
    float fraction = frexpf(x, &exponent); /* x = fraction * 2^exponent, fraction in [0.5, 1) */
    if (exponent < -13)
        return (uint16_t)lrintf(x * 0x1p24f);
    return (uint16_t)(((exponent + 13) << 10) + lrintf(fraction * 0x1p11f));
}

/* Where the half floats of a block are, and their values for weights of deviation 0.02 when all
 * other bits are random; a second one is minus the mean (Q?_1) or its scale (K types). */
typedef struct {
    ya_dtype type;
    int at, second_at;
    float value, second;
} scales;

static const scales SCALES[] = {
    {YA_Q4_0, 0, -1, 4.3e-3f, 0},
    {YA_Q4_1, 0, 2, 4.3e-3f, -7.5f * 4.3e-3f},
    {YA_Q5_0, 0, -1, 2.2e-3f, 0},
    {YA_Q5_1, 0, 2, 2.2e-3f, -15.5f * 2.2e-3f},
    {YA_Q8_0, 0, -1, 2.7e-4f, 0},
    {YA_Q2_K, 80, 82, 1.5e-3f, 1.5f * 1.5e-3f},
    {YA_Q3_K, 108, -1, 4.7e-4f, 0},
    {YA_Q4_K, 0, 2, 7.7e-5f, 7.5f * 7.7e-5f},
    {YA_Q5_K, 0, 2, 3.8e-5f, 15.5f * 3.8e-5f},
    {YA_Q6_K, 208, -1, 1.46e-5f, 0},
    {YA_IQ4_NL, 0, -1, 2.8e-4f, 0},
    {YA_IQ4_XS, 0, -1, 1.5e-5f, 0},
};

static void put_half(unsigned char *at, float value)
{
    uint16_t bits = (uint16_t)(half(fabsf(value)) | (value < 0 ? 0x8000 : 0));
    memcpy(at, &bits, sizeof bits);
}

static void fill_blocks(unsigned char *out, ya_dtype type, size_t n_blocks)
{
    const scales *s = SCALES;
    size_t size = (size_t)ya_dtype_get(type)->block_bytes;
    while (s->type != type)
        s++;
    for (size_t i = 0; i < n_blocks * size; i++)
        out[i] = (unsigned char)(ya_splitmix64(1, i) >> 32);
    for (size_t i = 0; i < n_blocks; i++) {
        put_half(out + i * size + s->at, s->value);
        if (s->second_at >= 0)
            put_half(out + i * size + s->second_at, s->second);
    }
}

static void fill_floats(unsigned char *out, ya_dtype type, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float value = (ya_unit_float(ya_splitmix64(2, i)) - 0.5f) * 0.0693f; /* deviation 0.02 */
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        if (type == YA_F32)
            memcpy(out + 4 * i, &bits, 4);
        else if (type == YA_F16)
            put_half(out + 2 * i, value);
        else
            memcpy(out + 2 * i, (const unsigned char *)&bits + 2,
                   2); /* bf16: the upper half, cut */
    }
}

static void make_pattern(maker *m, ya_dtype type)
{
    size_t size = (size_t)ya_dtype_get(type)->block_bytes;
    size_t n = (PATTERN_BYTES / size) | 1; /* odd, so that rows do not repeat at once */
    if (m->pattern && m->pattern_type == type)
        return;
    free(m->pattern);
    m->pattern = malloc(n * size);
    if (!m->pattern)
        die("out of", "memory");
    m->pattern_type = type;
    m->pattern_bytes = n * size;
    if (ya_dtype_get(type)->block_size == 1)
        fill_floats(m->pattern, type, n);
    else
        fill_blocks(m->pattern, type, n);
}

static void write_matrix(maker *m, int i)
{
    const planned *t = &m->tensors[i];
    make_pattern(m, t->type);
    size_t block = (size_t)ya_dtype_get(t->type)->block_bytes;
    size_t at = ya_splitmix64(3, (uint64_t)i) % (m->pattern_bytes / block) * block;
    for (uint64_t left = t->bytes; left > 0;) {
        size_t n = m->pattern_bytes - at;
        if (n > left)
            n = (size_t)left;
        put(m, m->pattern + at, n);
        left -= n;
        at = 0;
    }
}

static void write_vector(maker *m, const planned *t)
{
    for (uint32_t i = 0; i < t->columns; i++) {
        float value = 0.9f + 0.2f * ya_unit_float(ya_splitmix64(4, i));
        put(m, &value, sizeof value);
    }
}

static void write_data(maker *m)
{
    off_t here = ftello(m->file);
    off_t start = (here + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    for (int i = 0; i < m->n_tensors; i++) {
        const planned *t = &m->tensors[i];
        if (fseeko(m->file, start + (off_t)t->offset, SEEK_SET) != 0)
            die("cannot write", m->path);
        if (t->rows == 0)
            write_vector(m, t);
        else if (!m->sparse)
            write_matrix(m, i);
    }
    const planned *last = &m->tensors[m->n_tensors - 1];
    if (fflush(m->file) != 0 ||
        ftruncate(fileno(m->file), start + (off_t)(last->offset + last->bytes)) != 0)
        die("cannot write", m->path);
}

static void write_all(maker *m)
{
    FILE *real = m->file;
    plan_tensors(m);
    m->file = fopen("/dev/null", "wb");
    if (!m->file)
        die("cannot open", "/dev/null");
    uint64_t n_keys = write_keys(m);
    fclose(m->file);
    m->file = real;
    put(m, "GGUF", 4);
    put_u32(m, 3);
    put_u64(m, (uint64_t)m->n_tensors);
    put_u64(m, n_keys);
    write_keys(m);
    write_infos(m);
    write_data(m);
}

static void choose(maker *m, const char *shape_name, const char *type_name)
{
    size_t i = 0;
    for (; i < sizeof SHAPES / sizeof *SHAPES; i++)
        if (strcmp(SHAPES[i].name, shape_name) == 0)
            break;
    if (i == sizeof SHAPES / sizeof *SHAPES)
        die("no shape is called", shape_name);
    m->shape = SHAPES[i];
    for (int type = 0; type < YA_N_DTYPES; type++) {
        bool weight = type <= YA_BF16 || ya_dtype_get((ya_dtype)type)->block_size > 1;
        if (weight && strcasecmp(ya_dtype_get((ya_dtype)type)->name, type_name) == 0) {
            m->type = (ya_dtype)type;
            return;
        }
    }
    die("no weight type is called", type_name);
}

int main(int argc, char **argv)
{
    static maker m;
    if (argc < 4 || argc > 5 || (argc == 5 && strcmp(argv[4], "--sparse") != 0)) {
        fputs("usage: bench_make_gguf 135m|1b|8b f32|f16|bf16|q8_0|q4_0|q4_1|q4_k|... OUT.gguf "
              "[--sparse]\n",
              stderr);
        return 2;
    }
    choose(&m, argv[1], argv[2]);
    m.path = argv[3];
    m.sparse = argc == 5;
    m.file = fopen(m.path, "wb");
    if (!m.file)
        die("cannot write", m.path);
    setvbuf(m.file, NULL, _IOFBF, 1 << 16);
    write_all(&m);
    if (fclose(m.file) != 0)
        die("cannot write", m.path);
    free(m.pattern);
    return 0;
}
