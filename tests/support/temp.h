/* A directory for one test, removed with all that is in it. */
#ifndef TESTS_SUPPORT_TEMP_H
#define TESTS_SUPPORT_TEMP_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEMP_PATH = 4096 };

static int temp_remove_one(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
    (void)info;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static inline void temp_remove(const char *path)
{
    nftw(path, temp_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A new empty directory below TMPDIR. */
static inline void temp_make(char path[TEMP_PATH])
{
    const char *root = getenv("TMPDIR");
    snprintf(path, TEMP_PATH, "%s/ya-test-XXXXXX", root && *root ? root : "/tmp");
    if (!mkdtemp(path)) {
        perror("mkdtemp");
        abort();
    }
}

/* DIR/NAME; the text is static, eight are kept. */
static inline const char *temp_path(const char *dir, const char *name)
{
    static char paths[8][TEMP_PATH + 256];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

#endif
