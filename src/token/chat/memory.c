#include "token/chat/memory.h"

#include "base/alloc.h"

#include <stdint.h>
#include <string.h>

enum { BLOCK_BYTES = 32 << 10, ALIGNMENT = 16 };

struct ya_block {
    ya_block *next;
    size_t size;
    _Alignas(ALIGNMENT) char data[];
};

static bool add_block(ya_memory *memory, size_t size)
{
    size_t room = memory->used / 2 > BLOCK_BYTES ? memory->used / 2 : BLOCK_BYTES;
    if (room < size)
        room = size;
    if (size > memory->limit || memory->used > memory->limit - size)
        return false;
    ya_block *block = ya_alloc(sizeof *block + room);
    if (!block)
        return false;
    block->next = memory->blocks;
    block->size = room;
    memory->blocks = block;
    memory->at = block->data;
    memory->end = block->data + room;
    memory->used += room;
    return true;
}

void *ya_memory_get(ya_memory *memory, size_t size)
{
    if (size > SIZE_MAX / 4)
        memory->failed = true;
    else
        size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (memory->failed)
        return NULL;
    if ((size_t)(memory->end - memory->at) < size && !add_block(memory, size)) {
        memory->failed = true;
        return NULL;
    }
    char *got = memory->at;
    memory->at += size;
    return got;
}

void *ya_memory_zero(ya_memory *memory, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / 4 / size) {
        memory->failed = true;
        return NULL;
    }
    void *got = ya_memory_get(memory, count * size);
    return got ? memset(got, 0, count * size) : NULL;
}

void *ya_memory_grow(ya_memory *memory, void *old, size_t old_size, size_t size)
{
    size_t held = (old_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (old && (char *)old + held == memory->at && size < SIZE_MAX / 4 &&
        (size_t)(memory->end - (char *)old) >= size + ALIGNMENT && !memory->failed) {
        memory->at = (char *)old + (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return old;
    }
    void *got = ya_memory_get(memory, size);
    if (got && old_size)
        memcpy(got, old, old_size);
    return got;
}

char *ya_memory_copy(ya_memory *memory, const char *text, size_t size)
{
    char *copy = ya_memory_get(memory, size + 1);
    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

void ya_memory_free(ya_memory *memory)
{
    while (memory->blocks) {
        ya_block *next = memory->blocks->next;
        ya_free(memory->blocks);
        memory->blocks = next;
    }
    *memory = (ya_memory){.limit = memory->limit};
}
