/* A directory of its own for a test that writes files: set up, torn down, and short ways to fill
 * it. */
#ifndef YA_TESTS_SCRATCH_H
#define YA_TESTS_SCRATCH_H

#include "support/cmocka_all.h"
#include "support/temp.h"

#include <string.h>
#include <sys/stat.h>

static char scratch_dir[TEMP_PATH];

static inline int scratch_setup(void **state)
{
    (void)state;
    temp_make(scratch_dir);
    return 0;
}

/* The test may have removed the directory itself. */
static inline int scratch_teardown(void **state)
{
    (void)state;
    temp_remove(scratch_dir);
    return 0;
}

/* A path in the directory; temp_path says for how long. */
static inline const char *scratch(const char *name)
{
    return temp_path(scratch_dir, name);
}

static inline const char *scratch_write(const char *name, const void *data, size_t size)
{
    const char *path = scratch(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline const char *scratch_text(const char *name, const char *text)
{
    return scratch_write(name, text, strlen(text));
}

/* The whole file, NUL-terminated, to be freed. */
static inline char *scratch_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    rewind(file);
    char *text = malloc((size_t)length + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)length, file), length);
    text[length] = '\0';
    fclose(file);
    if (size)
        *size = (size_t)length;
    return text;
}

static inline int scratch_exists(const char *name)
{
    struct stat info;
    return lstat(scratch(name), &info) == 0;
}

#endif
