/* What this machine is: processor, caches, memory. Linux (/proc, /sys); another system is another
 * file. */
#ifndef YA_HARDWARE_MACHINE_H
#define YA_HARDWARE_MACHINE_H

#include "memory/system.h"

#include <stdint.h>

typedef struct {
    char processor[128]; /* "AMD EPYC 7763 64-Core Processor"; "unknown" */
    char features[128];  /* of those that matter here: "AVX2 FMA AVX-512 BF16 AMX" */
    int processors;      /* logical ones that this process may run on */
    int cores;           /* physical ones of the machine; 0 where the system does not say */
    int numa_nodes;
    uint64_t l1d, l2, l3; /* bytes of the caches that the first processor sees; 0: none known */
    ya_memory_reading memory;
} ya_machine;

/* `root`: "" for the system itself, else a directory with proc/ and sys/ in it (tests). What cannot
 * be read is left unknown; only /proc/self/status and /proc/meminfo must be there. */
ya_status ya_machine_detect(ya_machine *machine, const char *root, ya_error *err) YA_CHECK;

/* The memory that this process may hope for, bytes: the machine's, or its cgroup's limit. */
uint64_t ya_machine_memory(const ya_machine *machine);

#endif
