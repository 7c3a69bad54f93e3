/* The parsers read files: this puts an input into one that lies in memory. */
#ifndef YA_FUZZ_FILE_H
#define YA_FUZZ_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static inline void fuzz_write(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

/* Writes `data` to a file of this process whose name ends in `end`; returns its path (static). */
static inline const char *fuzz_file(const uint8_t *data, size_t size, const char *end)
{
    static char path[64];
    snprintf(path, sizeof path, "/dev/shm/ya-fuzz-%d%s", (int)getpid(), end);
    fuzz_write(path, data, size);
    return path;
}

/* The same as file `name` in a directory of this process; returns the directory (static). */
static inline const char *fuzz_in_folder(const void *data, size_t size, const char *name)
{
    static char folder[64];
    char path[128];
    snprintf(folder, sizeof folder, "/dev/shm/ya-fuzz-%d", (int)getpid());
    snprintf(path, sizeof path, "%s/%s", folder, name);
    mkdir(folder, 0700); /* there from the second input on */
    fuzz_write(path, data, size);
    return folder;
}

/* Reads every byte, so that a sanitizer sees a range that is not there. */
static inline void fuzz_touch(const void *data, size_t size)
{
    const unsigned char *at = data;
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += at[i];
    __asm__ volatile("" : : "r"(sum)); /* or the loop would be optimised away */
}

static inline void fuzz_fail_unless(bool holds)
{
    if (!holds)
        abort();
}

#endif
