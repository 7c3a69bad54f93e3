/* Progress of reading files: a line on stderr every two seconds. */
#ifndef YA_DATA_RATE_H
#define YA_DATA_RATE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *doing;       /* NULL: silent */
    uint64_t bytes_total;    /* of all files on the disk; 0: unknown, for one is a pipe */
    uint64_t n_lines, bytes; /* so far, decompressed */
    int64_t start_ns, next_ns;
} ya_rate;

/* `doing` ("scoring"; NULL: no progress) must outlive the rate. */
void ya_rate_begin(ya_rate *rate, const char *doing, const char *const *paths, size_t n_paths);

/* So many more lines and bytes are done; `file_bytes` is how far the files have been read, in bytes
 * on the disk. */
void ya_rate_add(ya_rate *rate, uint64_t n_lines, uint64_t bytes, uint64_t file_bytes);

#endif
