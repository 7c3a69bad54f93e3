#include "io/map.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is mapped, for the SIGBUS handler, which may take no lock. A slot is claimed by `taken`; its
 * `base` is published last and withdrawn first, so the handler sees whole entries only. Maps beyond
 * the table work, but their file is not named. */
enum { MAX_WATCHED = 1024 };

typedef struct {
    atomic_bool taken;
    const uint8_t *_Atomic base;
    size_t size;
    const char *path;
} watched;

static watched slots[MAX_WATCHED];

static void watch(const ya_map *map)
{
    for (int i = 0; i < MAX_WATCHED; i++) {
        bool expected = false;
        if (!atomic_compare_exchange_strong(&slots[i].taken, &expected, true))
            continue;
        slots[i].size = map->size;
        slots[i].path = map->path;
        atomic_store(&slots[i].base, map->data);
        return;
    }
}

static void unwatch(const ya_map *map)
{
    for (int i = 0; i < MAX_WATCHED; i++) {
        if (atomic_load(&slots[i].base) != map->data)
            continue;
        atomic_store(&slots[i].base, NULL);
        atomic_store(&slots[i].taken, false);
        return;
    }
}

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return; /* nobody listens: nothing to be done */
}

static void on_sigbus(int number, siginfo_t *info, void *context)
{
    (void)context;
    const uint8_t *at = info->si_addr;
    for (int i = 0; i < MAX_WATCHED; i++) {
        const uint8_t *base = atomic_load(&slots[i].base);
        if (base && at >= base && at < base + slots[i].size) {
            say("error: ");
            say(slots[i].path);
            say(": the file shrank or could not be read while it was in use\n");
            _exit(1);
        }
    }
    signal(number, SIG_DFL);
    raise(number);
}

void ya_map_guard_sigbus(void)
{
    struct sigaction action = {0};
    action.sa_sigaction = on_sigbus;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

static ya_status map_open_file(ya_map *map, int file, ya_error *err)
{
    struct stat info;
    if (fstat(file, &info) != 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot read %s", map->path);
    if (S_ISDIR(info.st_mode))
        return ya_fail(err, YA_ERR_IO, "%s is a directory, not a file", map->path);
    if (!S_ISREG(info.st_mode))
        return ya_fail(err, YA_ERR_IO, "%s is not a regular file and cannot be mapped", map->path);
    map->size = (size_t)info.st_size;
    if (map->size == 0)
        return YA_OK;
    void *data = mmap(NULL, map->size, PROT_READ, MAP_SHARED, file, 0);
    if (data == MAP_FAILED)
        return ya_fail_errno(err, YA_ERR_IO, "cannot map %s (%zu bytes)", map->path, map->size);
    map->data = data;
    watch(map);
    return YA_OK;
}

ya_status ya_map_open(ya_map *map, const char *path, ya_error *err)
{
    *map = (ya_map){0};
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot open %s", path);
    map->path = ya_strdup(path);
    ya_status status = map->path ? map_open_file(map, file, err)
                                 : ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", path);
    close(file);
    if (status)
        ya_map_close(map);
    return status;
}

void ya_map_close(ya_map *map)
{
    if (map->data) {
        unwatch(map);
        munmap((void *)map->data, map->size);
    }
    ya_free(map->path);
    *map = (ya_map){0};
}

void ya_map_drop(const ya_map *map)
{
    if (map->data)
        madvise((void *)map->data, map->size, MADV_DONTNEED);
}

/* Reads `file` to its end into *text, which has `room` bytes and grows by half; one byte stays for
 * the NUL. */
static ya_status read_all(int file, const char *path, size_t limit, char **text, size_t room,
                          size_t *size, ya_error *err)
{
    size_t used = 0;
    for (;;) {
        if (used + 1 >= room) {
            room += room / 2 + 4096;
            char *bigger = ya_realloc(*text, room);
            if (!bigger)
                return ya_fail(err, YA_ERR_MEMORY, "out of memory reading %s", path);
            *text = bigger;
        }
        ssize_t n = read(file, *text + used, room - used - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ya_fail_errno(err, YA_ERR_IO, "cannot read %s", path);
        if (n == 0)
            break;
        used += (size_t)n;
        if (used > limit)
            return ya_fail(err, YA_ERR_FORMAT, "%s is larger than %zu bytes", path, limit);
    }
    (*text)[used] = '\0';
    *size = used;
    return YA_OK;
}

ya_status ya_read_file(const char *path, size_t limit, char **text, size_t *size, ya_error *err)
{
    *text = NULL;
    *size = 0;
    ya_status status;
    struct stat info;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot open %s", path);
    if (fstat(file, &info) != 0)
        YA_TRY(ya_fail_errno(err, YA_ERR_IO, "cannot read %s", path));
    if (S_ISREG(info.st_mode) && (uint64_t)info.st_size > limit)
        YA_TRY(ya_fail(err, YA_ERR_FORMAT, "%s has %lld bytes, more than %zu", path,
                       (long long)info.st_size, limit));
    size_t room = S_ISREG(info.st_mode) ? (size_t)info.st_size + 2 : 4096;
    *text = ya_alloc(room);
    if (!*text)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory reading %s (%zu bytes)", path, room));
    YA_TRY(read_all(file, path, limit, text, room, size, err));
done:
    close(file);
    if (status) {
        ya_free(*text);
        *text = NULL;
    }
    return status;
}
