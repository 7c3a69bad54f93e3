#include "hardware/machine.h"

#include <errno.h>
#include <omp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_ROOM = 8192, PATH_ROOM = 4096, MAX_NODES = 1024, MAX_CORES = 4096, MAX_CACHES = 8 };

/* The first line of a small file, without its end; false when there is none. */
static bool first_line(char *out, size_t room, const char *root, const char *format, ...)
{
    char relative[256], path[PATH_ROOM];
    va_list args;
    va_start(args, format);
    vsnprintf(relative, sizeof relative, format, args);
    va_end(args);
    int n = snprintf(path, sizeof path, "%s%s", root, relative);
    FILE *file = n > 0 && n < PATH_ROOM ? fopen(path, "r") : NULL;
    bool read = file && fgets(out, (int)room, file);
    if (file)
        fclose(file);
    if (read)
        out[strcspn(out, "\n")] = '\0';
    return read;
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)) != NULL; at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static void name_features(ya_machine *m, const char *flags)
{
    static const struct {
        const char *flag, *name;
    } known[] = {
        {"avx2", "AVX2"},        {"fma", "FMA"},          {"avx512f", "AVX-512"},
        {"avx512_vnni", "VNNI"}, {"avx512_bf16", "BF16"}, {"amx_bf16", "AMX"},
    };
    size_t used = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (has_word(flags, known[i].flag))
            used += (size_t)snprintf(m->features + used, sizeof m->features - used, "%s%s",
                                     used ? " " : "", known[i].name);
}

/* "name\t: value\n" gives value, in place; NULL for another name. */
static char *value_of(char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(line, name, length) != 0 || (line[length] != '\t' && line[length] != ':'))
        return NULL;
    char *value = strchr(line, ':');
    if (!value)
        return NULL;
    value += 1 + strspn(value + 1, " ");
    value[strcspn(value, "\n")] = '\0';
    return value;
}

/* Name and features of the first processor; physical cores as distinct (package, core) pairs. */
static void read_cpuinfo(ya_machine *m, const char *root)
{
    static const char path_of[] = "/proc/cpuinfo";
    char path[PATH_ROOM], line[LINE_ROOM];
    unsigned char seen[MAX_CORES] = {0};
    long package = 0;
    int n = snprintf(path, sizeof path, "%s%s", root, path_of);
    FILE *file = n > 0 && n < PATH_ROOM ? fopen(path, "r") : NULL;
    while (file && fgets(line, sizeof line, file)) {
        char *value;
        if ((value = value_of(line, "model name")) && strcmp(m->processor, "unknown") == 0)
            snprintf(m->processor, sizeof m->processor, "%s", value);
        else if ((value = value_of(line, "flags")) && !m->features[0])
            name_features(m, value);
        else if ((value = value_of(line, "physical id")))
            package = strtol(value, NULL, 10);
        else if ((value = value_of(line, "core id"))) {
            unsigned long core = (unsigned long)package * 256 + strtoul(value, NULL, 10);
            m->cores += !seen[core % MAX_CORES];
            seen[core % MAX_CORES] = 1;
        }
    }
    if (file)
        fclose(file);
}

/* "1024K" in bytes. */
static uint64_t size_of(const char *text)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);
    unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    return n < (1ull << 32) ? (uint64_t)n << shift : 0;
}

static void read_caches(ya_machine *m, const char *root)
{
    static const char base[] = "/sys/devices/system/cpu/cpu0/cache/index";
    char level[16], type[32], size[32];
    for (int i = 0; i < MAX_CACHES; i++) {
        if (!first_line(level, sizeof level, root, "%s%d/level", base, i) ||
            !first_line(type, sizeof type, root, "%s%d/type", base, i) ||
            !first_line(size, sizeof size, root, "%s%d/size", base, i) ||
            strcmp(type, "Instruction") == 0)
            continue;
        uint64_t bytes = size_of(size);
        switch (level[0]) {
        case '1':
            m->l1d = bytes;
            break;
        case '2':
            m->l2 = bytes;
            break;
        case '3':
            m->l3 = bytes;
            break;
        default:
            break;
        }
    }
}

static void count_nodes(ya_machine *m, const char *root)
{
    char path[PATH_ROOM];
    for (int i = 0; i < MAX_NODES; i++) {
        int n = snprintf(path, sizeof path, "%s/sys/devices/system/node/node%d", root, i);
        m->numa_nodes += n > 0 && n < PATH_ROOM && access(path, F_OK) == 0;
    }
    if (m->numa_nodes == 0)
        m->numa_nodes = 1;
}

ya_status ya_machine_detect(ya_machine *machine, const char *root, ya_error *err)
{
    ya_memory_probe probe;
    /* not those of this thread, which may be bound to a few of them */
    *machine = (ya_machine){.processor = "unknown", .processors = omp_get_num_procs()};
    ya_status status = ya_memory_open(&probe, root, err);
    if (status)
        return status;
    ya_memory_read(&probe, &machine->memory);
    ya_memory_close(&probe);
    read_cpuinfo(machine, root);
    read_caches(machine, root);
    count_nodes(machine, root);
    return YA_OK;
}

uint64_t ya_machine_memory(const ya_machine *machine)
{
    const ya_memory_reading *now = &machine->memory;
    return now->cgroup_limit < now->mem_total ? now->cgroup_limit : now->mem_total;
}
