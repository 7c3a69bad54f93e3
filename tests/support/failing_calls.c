/* LD_PRELOAD: the N-th call of a kind fails, once. What tests/fault/failing_calls.sh sweeps with.
 *
 *   YA_FAIL       memory: malloc and its kin; calls: those of the system that can fail for want of
 *                 room, descriptors or a working disk
 *   YA_FAIL_AT    which one; 0: none
 *   YA_FAIL_COUNT a file that gets the number of calls made, at the end */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NOTHING, MEMORY, CALLS };

static int kind;
static unsigned long fail_at;
static _Atomic unsigned long n_calls;

/* glibc's own, so that no symbol has to be looked up while one is being looked up */
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

__attribute__((constructor)) static void begin(void)
{
    const char *what = getenv("YA_FAIL"), *at = getenv("YA_FAIL_AT");
    fail_at = at ? strtoul(at, NULL, 10) : 0;
    kind = !what ? NOTHING : strcmp(what, "memory") == 0 ? MEMORY : CALLS;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("YA_FAIL_COUNT");
    unsigned long n = n_calls;
    kind = NOTHING;
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%lu\n", n);
        fclose(file);
    }
}

static bool fails(int of, int error)
{
    if (kind != of || atomic_fetch_add(&n_calls, 1) + 1 != fail_at)
        return false;
    errno = error;
    return true;
}

void *malloc(size_t bytes)
{
    return fails(MEMORY, ENOMEM) ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t size)
{
    return fails(MEMORY, ENOMEM) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t bytes)
{
    return fails(MEMORY, ENOMEM) ? NULL : __libc_realloc(old, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return fails(MEMORY, ENOMEM) ? NULL : __libc_memalign(alignment, bytes);
}

int posix_memalign(void **out, size_t alignment, size_t bytes)
{
    *out = fails(MEMORY, ENOMEM) ? NULL : __libc_memalign(alignment, bytes);
    return *out ? 0 : ENOMEM;
}

#define CALL(result, failed, error, name, parameters, arguments)                                   \
    result name parameters                                                                         \
    {                                                                                              \
        static result(*real) parameters;                                                           \
        if (fails(CALLS, error))                                                                   \
            return failed;                                                                         \
        if (!real)                                                                                 \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                                             \
        return real arguments;                                                                     \
    }

#define OPEN(name, parameters, arguments)                                                          \
    int name parameters                                                                            \
    {                                                                                              \
        static int(*real) parameters;                                                              \
        mode_t mode = 0;                                                                           \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        if (flags & (O_CREAT | __O_TMPFILE))                                                       \
            mode = va_arg(list, mode_t);                                                           \
        va_end(list);                                                                              \
        if (fails(CALLS, EMFILE))                                                                  \
            return -1;                                                                             \
        if (!real)                                                                                 \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                                             \
        return real arguments;                                                                     \
    }

OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, (int at, const char *path, int flags, ...), (at, path, flags, mode))
OPEN(openat64, (int at, const char *path, int flags, ...), (at, path, flags, mode))
CALL(FILE *, NULL, EMFILE, fopen, (const char *path, const char *mode), (path, mode))
CALL(FILE *, NULL, EMFILE, fopen64, (const char *path, const char *mode), (path, mode))
CALL(FILE *, NULL, ENOMEM, fdopen, (int file, const char *mode), (file, mode))
CALL(ssize_t, -1, EIO, read, (int file, void *to, size_t n), (file, to, n))
CALL(ssize_t, -1, EIO, pread, (int file, void *to, size_t n, off_t at), (file, to, n, at))
CALL(ssize_t, -1, ENOSPC, write, (int file, const void *from, size_t n), (file, from, n))
CALL(ssize_t, -1, ENOSPC, pwrite, (int file, const void *from, size_t n, off_t at),
     (file, from, n, at))
CALL(ssize_t, -1, ENOSPC, writev, (int file, const struct iovec *from, int n), (file, from, n))
CALL(int, -1, EIO, fsync, (int file), (file))
CALL(int, -1, EIO, fdatasync, (int file), (file))
CALL(int, -1, ENOSPC, ftruncate, (int file, off_t size), (file, size))
CALL(int, -1, ENOSPC, rename, (const char *from, const char *to), (from, to))
CALL(int, -1, ENOSPC, renameat2,
     (int at, const char *from, int to_at, const char *to, unsigned flags),
     (at, from, to_at, to, flags))
CALL(int, -1, ENOSPC, link, (const char *from, const char *to), (from, to))
CALL(int, -1, ENOSPC, linkat, (int at, const char *from, int to_at, const char *to, int flags),
     (at, from, to_at, to, flags))
CALL(int, -1, ENOSPC, mkdir, (const char *path, mode_t mode), (path, mode))
CALL(int, -1, EIO, unlink, (const char *path), (path))
CALL(int, -1, EIO, rmdir, (const char *path), (path))
CALL(int, -1, EIO, fstat, (int file, struct stat *info), (file, info))
CALL(int, -1, EACCES, stat, (const char *path, struct stat *info), (path, info))
CALL(int, -1, EACCES, lstat, (const char *path, struct stat *info), (path, info))
CALL(void *, MAP_FAILED, ENOMEM, mmap,
     (void *at, size_t n, int protection, int flags, int file, off_t from),
     (at, n, protection, flags, file, from))
CALL(void *, MAP_FAILED, ENOMEM, mmap64,
     (void *at, size_t n, int protection, int flags, int file, off_t from),
     (at, n, protection, flags, file, from))
CALL(int, EOF, ENOSPC, fflush, (FILE * file), (file))
CALL(int, EOF, ENOSPC, fclose, (FILE * file), (file))
