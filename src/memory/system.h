/* What the system says about memory: /proc and cgroups, read through one root that tests replace.
 * Linux; another system is another file. */
#ifndef YA_MEMORY_SYSTEM_H
#define YA_MEMORY_SYSTEM_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define YA_MB (UINT64_C(1) << 20)
#define YA_GB (UINT64_C(1) << 30)

/* Bytes; UINT64_MAX where the system does not say. */
typedef struct {
    uint64_t rss_anon, rss_file, vm_hwm; /* of this process */
    uint64_t vm_size, vm_data;           /* address space, and its private writable part */
    uint64_t mem_total, mem_available;   /* of the machine */
    uint64_t swap_free;                  /* of the machine */
    uint64_t cgroup_limit;               /* least limit of our cgroup and its ancestors */
    uint64_t cgroup_headroom; /* least of limit - used (page cache not counted as used) */
    uint64_t cgroup_events;   /* times that a limit of theirs was hit; 0 where unknown */
    double psi_some_avg10;    /* per cent of time stalled on memory; 0 where unknown */
} ya_memory_reading;

enum { YA_MAX_CGROUPS = 16 };

/* The files to read, kept open so that a reading opens nothing but cgroup files' contents. */
typedef struct {
    int status_fd, meminfo_fd, psi_fd;
    int n_groups;
    struct {
        int limit_fd, high_fd, current_fd, stat_fd, events_fd;
        bool v2; /* else memory.stat counts descendants under names with "total_" before */
    } groups[YA_MAX_CGROUPS];
} ya_memory_probe;

/* `root`: "" for the system itself, else a directory with proc/ and sys/ in it. What is missing is
 * left out; only /proc/self/status and /proc/meminfo must be there. */
ya_status ya_memory_open(ya_memory_probe *probe, const char *root, ya_error *err) YA_CHECK;
void ya_memory_close(ya_memory_probe *probe);

/* Reads all of it; allocates nothing. */
void ya_memory_read(const ya_memory_probe *probe, ya_memory_reading *reading);

/* Makes the reading that of a machine with `bytes` of memory and nothing else running: for plans of
 * machines that are not this one. What this process holds stays. */
void ya_memory_pretend(ya_memory_reading *reading, uint64_t bytes);

/* "", or the directory that the environment variable YA_SYSTEM_ROOT names: for tests, which let a
 * whole run read /proc and /sys of their own making. */
const char *ya_memory_root(void);

/* Asks the kernel, when it must kill, to kill this process before others: adds `points` (0 ...
 * 1000) to its oom_score_adj. Best effort. */
void ya_memory_raise_oom_score(int points);

#endif
