/* The shared fixtures: found through YA_SHARED; a test that needs them skips (77) without. */
#ifndef TESTS_SUPPORT_FIXTURE_H
#define TESTS_SUPPORT_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIXTURE_PATH = 4096, EXIT_SKIPPED = 77 };

/* PATH of a fixture, relative to shared/; the text is static, eight are kept. */
static inline const char *fixture(const char *relative)
{
    static char paths[8][FIXTURE_PATH];
    static int next;
    const char *root = getenv("YA_SHARED");
    char *path = paths[next++ % 8];
    int n = snprintf(path, FIXTURE_PATH, "%s/%s", root ? root : "../shared", relative);
    return n > 0 && n < FIXTURE_PATH ? path : "";
}

static inline int fixture_is_there(const char *relative)
{
    return access(fixture(relative), R_OK) == 0;
}

#endif
