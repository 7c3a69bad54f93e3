/* Makes GGUF files in memory, right ones and wrong ones. */
#ifndef YA_TESTS_GGUF_MAKER_H
#define YA_TESTS_GGUF_MAKER_H

#include "io/gguf.h"

#include <stdint.h>
#include <string.h>

typedef struct {
    unsigned char bytes[1 << 16];
    size_t size;
} gguf_maker;

static inline void put(gguf_maker *g, const void *data, size_t size)
{
    memcpy(g->bytes + g->size, data, size);
    g->size += size;
}

static inline void put_u32(gguf_maker *g, uint32_t value)
{
    put(g, &value, sizeof value);
}

static inline void put_u64(gguf_maker *g, uint64_t value)
{
    put(g, &value, sizeof value);
}

static inline void put_text(gguf_maker *g, const char *text)
{
    put_u64(g, strlen(text));
    put(g, text, strlen(text));
}

static inline void put_header(gguf_maker *g, uint32_t version, uint64_t n_tensors, uint64_t n_keys)
{
    g->size = 0;
    put(g, "GGUF", 4);
    put_u32(g, version);
    put_u64(g, n_tensors);
    put_u64(g, n_keys);
}

/* A key with a plain value of `size` bytes. */
static inline void put_key(gguf_maker *g, const char *key, uint32_t type, const void *value,
                           size_t size)
{
    put_text(g, key);
    put_u32(g, type);
    put(g, value, size);
}

static inline void put_key_u32(gguf_maker *g, const char *key, uint32_t value)
{
    put_key(g, key, YA_GGUF_U32, &value, sizeof value);
}

static inline void put_array(gguf_maker *g, const char *key, uint32_t type, uint64_t count)
{
    put_text(g, key);
    put_u32(g, YA_GGUF_ARRAY);
    put_u32(g, type);
    put_u64(g, count);
}

static inline void put_info(gguf_maker *g, const char *name, uint32_t n_dims, const uint64_t *dims,
                            uint32_t type, uint64_t offset)
{
    put_text(g, name);
    put_u32(g, n_dims);
    put(g, dims, n_dims * sizeof *dims);
    put_u32(g, type);
    put_u64(g, offset);
}

static inline void pad_to(gguf_maker *g, size_t alignment)
{
    while (g->size % alignment)
        g->bytes[g->size++] = 0;
}

#endif
