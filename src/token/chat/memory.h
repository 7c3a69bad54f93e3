/* Memory that is freed at once: of a compiled template, of one rendering. */
#ifndef YA_TOKEN_CHAT_MEMORY_H
#define YA_TOKEN_CHAT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ya_block ya_block;

/* {.limit = bytes} is empty. Once an allocation fails all later ones do. */
typedef struct {
    ya_block *blocks;
    char *at, *end; /* free bytes of the newest block */
    size_t used, limit;
    bool failed; /* out of memory, or `limit` reached */
} ya_memory;

/* `size` bytes, aligned for any value, not zeroed; NULL when that fails. */
void *ya_memory_get(ya_memory *memory, size_t size);
void *ya_memory_zero(ya_memory *memory, size_t count, size_t size);
/* Room for more: in place where `old` is what was got last, else moved. */
void *ya_memory_grow(ya_memory *memory, void *old, size_t old_size, size_t size);
char *ya_memory_copy(ya_memory *memory, const char *text, size_t size); /* a NUL behind it */
void ya_memory_free(ya_memory *memory);

#endif
