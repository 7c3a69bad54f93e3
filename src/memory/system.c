#include "memory/system.h"

#include "io/outdir.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES = 8192, N_GROUP_FILES = 5 };

static int open_file(const char *root, const char *path)
{
    char full[YA_PATH_MAX];
    int n = snprintf(full, sizeof full, "%s%s", root, path);
    return n > 0 && n < (int)sizeof full ? open(full, O_RDONLY | O_CLOEXEC) : -1;
}

/* The file's text from its start, NUL-terminated; "" when it cannot be read. */
static const char *read_text(int fd, char text[FILE_BYTES])
{
    ssize_t n = fd >= 0 ? pread(fd, text, FILE_BYTES - 1, 0) : 0;
    text[n > 0 ? n : 0] = '\0';
    return text;
}

/* "Key:   123 kB" at the start of a line, in bytes. */
static uint64_t kilobytes(const char *text, const char *key)
{
    size_t size = strlen(key);
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, size) == 0 && line[size] == ':')
            return strtoull(line + size + 1, NULL, 10) << 10;
    }
    return UINT64_MAX;
}

/* What the process holds: 0 where it cannot be read, for the guard must not act on what nobody
 * knows.
 */
static uint64_t held(const char *text, const char *key)
{
    uint64_t bytes = kilobytes(text, key);
    return bytes == UINT64_MAX ? 0 : bytes;
}

/* A file of one number; "max", an empty or missing file is UINT64_MAX. */
static uint64_t one_number(int fd)
{
    char text[FILE_BYTES];
    read_text(fd, text);
    return text[0] >= '0' && text[0] <= '9' ? strtoull(text, NULL, 10) : UINT64_MAX;
}

/* "name 123" at the start of a line of memory.stat; 0 when it is not there. */
static uint64_t stat_number(const char *text, const char *name)
{
    size_t size = strlen(name);
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, size) == 0 && line[size] == ' ')
            return strtoull(line + size + 1, NULL, 10);
    }
    return 0;
}

/* Opens the files of one cgroup directory; false when it has no memory controller. */
static int add_group(ya_memory_probe *probe, const char *root, const char *dir, bool v2)
{
    char path[YA_PATH_MAX];
    if (probe->n_groups == YA_MAX_CGROUPS)
        return 0;
    static const char *const names[2][N_GROUP_FILES] = {
        {"memory.limit_in_bytes", NULL, "memory.usage_in_bytes", "memory.stat", "memory.failcnt"},
        {"memory.max", "memory.high", "memory.current", "memory.stat", "memory.events"},
    }; /* v1 has a soft limit too: a wish, no limit */
    int fds[N_GROUP_FILES];
    for (int i = 0; i < N_GROUP_FILES; i++) {
        const char *name = names[v2][i];
        int n = name ? snprintf(path, sizeof path, "%s/%s", dir, name) : 0;
        fds[i] = n > 0 && n < (int)sizeof path ? open_file(root, path) : -1;
    }
    if (fds[0] < 0 && fds[1] < 0) {
        for (int i = 0; i < N_GROUP_FILES; i++)
            if (fds[i] >= 0)
                close(fds[i]);
        return 0;
    }
    int g = probe->n_groups++;
    probe->groups[g].limit_fd = fds[0];
    probe->groups[g].high_fd = fds[1];
    probe->groups[g].current_fd = fds[2];
    probe->groups[g].stat_fd = fds[3];
    probe->groups[g].events_fd = fds[4];
    probe->groups[g].v2 = v2;
    return 1;
}

/* The cgroup at `mount` + `path` and all its ancestors up to the mount. */
static void add_groups(ya_memory_probe *probe, const char *root, const char *mount,
                       const char *path, bool v2)
{
    char dir[YA_PATH_MAX];
    int n = snprintf(dir, sizeof dir, "%s%s", mount, strcmp(path, "/") == 0 ? "" : path);
    if (n <= 0 || n >= (int)sizeof dir)
        return;
    size_t mount_size = strlen(mount);
    for (;;) {
        add_group(probe, root, dir, v2);
        char *slash = strrchr(dir, '/');
        if (strlen(dir) <= mount_size || !slash)
            break;
        *slash = '\0';
    }
}

/* /proc/self/cgroup: "0::/path" (v2) and "4:memory:/path" (v1), possibly both. */
static void find_groups(ya_memory_probe *probe, const char *root)
{
    char text[FILE_BYTES];
    int fd = open_file(root, "/proc/self/cgroup");
    read_text(fd, text);
    if (fd >= 0)
        close(fd);
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        controllers++;
        if (*controllers == '\0') {
            add_groups(probe, root, "/sys/fs/cgroup", path, 1);
            add_groups(probe, root, "/sys/fs/cgroup/unified", path, 1);
        } else if (strcmp(controllers, "memory") == 0 || strstr(controllers, "memory,") ||
                   strstr(controllers, ",memory")) {
            add_groups(probe, root, "/sys/fs/cgroup/memory", path, 0);
        }
    }
}

ya_status ya_memory_open(ya_memory_probe *probe, const char *root, ya_error *err)
{
    *probe = (ya_memory_probe){0};
    probe->status_fd = open_file(root, "/proc/self/status");
    probe->meminfo_fd = open_file(root, "/proc/meminfo");
    probe->psi_fd = open_file(root, "/proc/pressure/memory");
    if (probe->status_fd < 0 || probe->meminfo_fd < 0) {
        ya_fail_errno(err, YA_ERR_IO, "cannot read %s/proc/%s", root,
                      probe->status_fd < 0 ? "self/status" : "meminfo");
        ya_memory_close(probe);
        return YA_ERR_IO;
    }
    find_groups(probe, root);
    return YA_OK;
}

static void close_file(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void ya_memory_close(ya_memory_probe *probe)
{
    close_file(&probe->status_fd);
    close_file(&probe->meminfo_fd);
    close_file(&probe->psi_fd);
    for (int i = 0; i < probe->n_groups; i++) {
        close_file(&probe->groups[i].limit_fd);
        close_file(&probe->groups[i].high_fd);
        close_file(&probe->groups[i].current_fd);
        close_file(&probe->groups[i].stat_fd);
        close_file(&probe->groups[i].events_fd);
    }
    probe->n_groups = 0;
}

/* Times that the limits of a group were hit. */
static uint64_t read_events(int fd, bool v2)
{
    char text[FILE_BYTES];
    if (!v2) {
        uint64_t failures = one_number(fd);
        return failures == UINT64_MAX ? 0 : failures;
    }
    read_text(fd, text);
    return stat_number(text, "high") + stat_number(text, "max");
}

static void read_groups(const ya_memory_probe *probe, ya_memory_reading *r)
{
    char text[FILE_BYTES];
    for (int i = 0; i < probe->n_groups; i++) {
        uint64_t limit = one_number(probe->groups[i].limit_fd);
        uint64_t high = one_number(probe->groups[i].high_fd);
        if (high < limit)
            limit = high;
        if (limit == UINT64_MAX)
            continue;
        if (limit < r->cgroup_limit)
            r->cgroup_limit = limit;
        r->cgroup_events += read_events(probe->groups[i].events_fd, probe->groups[i].v2);
        uint64_t used = one_number(probe->groups[i].current_fd);
        if (used == UINT64_MAX)
            continue;
        /* clean file pages are counted, but go before anything of ours is killed */
        read_text(probe->groups[i].stat_fd, text);
        bool v2 = probe->groups[i].v2;
        uint64_t files = stat_number(text, v2 ? "inactive_file" : "total_inactive_file") +
                         stat_number(text, v2 ? "active_file" : "total_active_file");
        used -= files < used ? files : used;
        uint64_t headroom = limit > used ? limit - used : 0;
        if (headroom < r->cgroup_headroom)
            r->cgroup_headroom = headroom;
    }
}

void ya_memory_read(const ya_memory_probe *probe, ya_memory_reading *reading)
{
    char text[FILE_BYTES];
    ya_memory_reading r = {.cgroup_limit = UINT64_MAX, .cgroup_headroom = UINT64_MAX};
    read_text(probe->status_fd, text);
    r.rss_anon = held(text, "RssAnon");
    r.rss_file = held(text, "RssFile");
    r.vm_hwm = held(text, "VmHWM");
    r.vm_size = held(text, "VmSize");
    r.vm_data = held(text, "VmData");
    read_text(probe->meminfo_fd, text);
    r.mem_total = kilobytes(text, "MemTotal");
    r.mem_available = kilobytes(text, "MemAvailable");
    r.swap_free = kilobytes(text, "SwapFree");
    read_text(probe->psi_fd, text);
    const char *avg10 = strstr(text, "some avg10=");
    if (avg10)
        r.psi_some_avg10 = strtod(avg10 + strlen("some avg10="), NULL);
    read_groups(probe, &r);
    *reading = r;
}

void ya_memory_pretend(ya_memory_reading *reading, uint64_t bytes)
{
    enum { SYSTEM_PERCENT = 5 }; /* of an idle machine's memory that is never available */
    reading->mem_total = bytes;
    reading->mem_available = bytes / 100 * (100 - SYSTEM_PERCENT);
    reading->cgroup_limit = reading->cgroup_headroom = UINT64_MAX;
    reading->psi_some_avg10 = 0.0;
}

const char *ya_memory_root(void)
{
    const char *root = getenv("YA_SYSTEM_ROOT");
    return root ? root : "";
}

void ya_memory_raise_oom_score(int points)
{
    char text[32];
    int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (n > 0) {
        text[n] = '\0';
        long score = strtol(text, NULL, 10) + points;
        int size = snprintf(text, sizeof text, "%ld\n", score < 1000 ? score : 1000);
        ssize_t written = pwrite(fd, text, (size_t)size, 0);
        (void)written; /* not allowed here: the kernel chooses by size alone */
    }
    if (fd >= 0)
        close(fd);
}
