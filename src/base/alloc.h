/* The one place where this program allocates from the heap. Everything of the training loop lies in
 * an arena instead (arena.h); the count of calls proves that the loop makes none. */
#ifndef YA_BASE_ALLOC_H
#define YA_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/* As malloc, calloc, realloc, strdup, free; NULL when out of memory. Any thread.
 * ya_alloc_array and ya_grow multiply with an overflow check. */
void *ya_alloc(size_t bytes) __attribute__((malloc, alloc_size(1)));
void *ya_alloc_zero(size_t count, size_t size) __attribute__((malloc, alloc_size(1, 2)));
void *ya_realloc(void *old, size_t bytes) __attribute__((alloc_size(2)));
void *ya_realloc_array(void *old, size_t count, size_t size);
char *ya_strdup(const char *text) __attribute__((malloc));
char *ya_strndup(const char *text, size_t length) __attribute__((malloc));
void ya_free(void *block);

/* Calls of ya_alloc, ya_alloc_zero, ya_realloc, ya_strdup so far in this process. */
uint64_t ya_alloc_count(void);

/* For tests: the n-th call from now (1 = the next) and all after it fail; 0 turns that off. */
void ya_alloc_fail_at(uint64_t n);

#endif
