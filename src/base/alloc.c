#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t calls;
static _Atomic uint64_t fail_from; /* 0: never */

static int refused(void)
{
    uint64_t n = atomic_fetch_add(&calls, 1) + 1;
    uint64_t from = atomic_load(&fail_from);
    return from != 0 && n >= from;
}

void *ya_alloc(size_t bytes)
{
    return refused() ? NULL : malloc(bytes ? bytes : 1);
}

void *ya_alloc_zero(size_t count, size_t size)
{
    return refused() ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *ya_realloc(void *old, size_t bytes)
{
    return refused() ? NULL : realloc(old, bytes ? bytes : 1);
}

void *ya_realloc_array(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return ya_realloc(old, bytes);
}

char *ya_strdup(const char *text)
{
    return ya_strndup(text, strlen(text));
}

char *ya_strndup(const char *text, size_t length)
{
    char *copy = ya_alloc(length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

void ya_free(void *block)
{
    free(block);
}

uint64_t ya_alloc_count(void)
{
    return atomic_load(&calls);
}

void ya_alloc_fail_at(uint64_t n)
{
    atomic_store(&fail_from, n ? atomic_load(&calls) + n : 0);
}
