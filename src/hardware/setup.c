#include "hardware/setup.h"

#include "base/alloc.h"
#include "base/log.h"
#include "hardware/machine.h"
#include "hardware/profile.h"
#include "hardware/speeds.h"
#include "io/cache.h"
#include "io/outdir.h"
#include "memory/plan.h"
#include "model/compute.h"

#include <errno.h>
#include <jansson.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    ya_machine machine;
    ya_speeds speeds;
    ya_budget budget;
    ya_profile profile;
    int threads;
    char path[YA_PATH_MAX]; /* of the profile that is written */
} findings;

static ya_status profile_path(const ya_settings *s, char path[YA_PATH_MAX], ya_error *err)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int n = -1;
    if (s->origin[YA_SET_output] == YA_FROM_FLAG)
        n = snprintf(path, YA_PATH_MAX, "%s", s->output);
    else if (config && *config)
        n = snprintf(path, YA_PATH_MAX, "%s/your_ai/profile.yaml", config);
    else if (home && *home)
        n = snprintf(path, YA_PATH_MAX, "%s/.config/your_ai/profile.yaml", home);
    if (n <= 0 || n >= YA_PATH_MAX)
        return ya_fail(err, YA_ERR_USAGE,
                       "neither XDG_CONFIG_HOME nor HOME is set: pass --output FILE");
    return YA_OK;
}

/* The directory of a path, made if it is not there. */
static ya_status make_parent(const char *path, char parent[YA_PATH_MAX], ya_error *err)
{
    char copy[YA_PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    snprintf(parent, YA_PATH_MAX, "%s", dirname(copy));
    return ya_make_dirs(parent, err);
}

static ya_status write_profile(const findings *f, ya_error *err)
{
    char notes[256], earlier[YA_PATH_MAX];
    ya_buffer text = {0};
    ya_status status;
    snprintf(notes, sizeof notes,
             "%s, %d threads; measured: %.0f GFLOP/s f32, %.0f bf16, memory read at %.1f GB/s",
             f->machine.processor, f->threads, f->speeds.f32_gflops, f->speeds.bf16_gflops,
             f->speeds.read_gb_s);
    for (char *c = notes; *c; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
            *c = ' ';
    YA_TRY(ya_profile_write(&f->profile, ya_machine_memory(&f->machine), notes, &text, err));
    int n = snprintf(earlier, sizeof earlier, "%s.earlier", f->path);
    if (n > 0 && n < (int)sizeof earlier && rename(f->path, earlier) == 0)
        ya_info("the earlier profile is kept as %s", earlier);
    YA_TRY(ya_write_file(f->path, text.data, text.size, err));
done:
    ya_buffer_free(&text);
    return status;
}

static double gb(uint64_t bytes)
{
    return (double)bytes / (double)YA_GB;
}

static void show(const findings *f)
{
    const ya_machine *m = &f->machine;
    printf("processor     %s\n", m->processor);
    printf("features      %s\n", m->features[0] ? m->features : "none of those that matter here");
    printf("threads       %d", m->processors);
    if (m->cores)
        printf(" on %d cores", m->cores);
    printf(", %d NUMA node%s\n", m->numa_nodes, m->numa_nodes == 1 ? "" : "s");
    printf("caches        L1d %llu KB, L2 %llu KB, L3 %llu KB\n", (unsigned long long)m->l1d >> 10,
           (unsigned long long)m->l2 >> 10, (unsigned long long)m->l3 >> 10);
    printf("memory        %.1f GB, %.1f GB available", gb(m->memory.mem_total),
           gb(m->memory.mem_available));
    if (m->memory.cgroup_limit < m->memory.mem_total)
        printf(", limited to %.1f GB by the cgroup", gb(m->memory.cgroup_limit));
    printf("\ntraining may  use %.1f GB: %s\n", gb(f->budget.bytes), f->budget.reason);
    printf("products      %.0f GFLOP/s in f32", f->speeds.f32_gflops);
    if (f->speeds.bf16_gflops > 0.0)
        printf(", %.0f in bf16", f->speeds.bf16_gflops);
    else
        printf(" (no native bf16: f32 is used)");
    printf("\nmemory reads  %.1f GB/s\n", f->speeds.read_gb_s);
    if (f->speeds.disk_mb_s > 0.0)
        printf("disk writes   %.0f MB/s\n", f->speeds.disk_mb_s);
}

/* The next command to type: with a model that is here, if there is one. */
static void show_next(const findings *f)
{
    ya_cached_model *models = NULL;
    size_t n = 0;
    printf("\nThe profile %s, made to measure, is in %s. Next:\n",
           strchr(f->profile.file->name, '/') + 1, f->path);
    if (ya_cache_list(&models, &n, NULL) != YA_OK || n == 0)
        printf("  your_ai recommend\n");
    else
        printf("  your_ai train --config %s --model %s --data DATA\n", f->path, models[0].name);
    ya_free(models);
}

static ya_status show_json(const findings *f, ya_error *err)
{
    const ya_machine *m = &f->machine;
    json_t *document = json_pack(
        "{s: s, s: s, s: i, s: i, s: i, s: I, s: I, s: I, s: f, s: f, s: f, s: s, s: f, s: f, s: "
        "f, s: f, s: s, s: s}",
        "processor", m->processor, "features", m->features, "processors", m->processors, "cores",
        m->cores, "numa_nodes", m->numa_nodes, "l1d_bytes", (json_int_t)m->l1d, "l2_bytes",
        (json_int_t)m->l2, "l3_bytes", (json_int_t)m->l3, "memory_gb", gb(ya_machine_memory(m)),
        "available_gb", gb(m->memory.mem_available), "budget_gb", gb(f->budget.bytes),
        "budget_reason", f->budget.reason, "f32_gflops", f->speeds.f32_gflops, "bf16_gflops",
        f->speeds.bf16_gflops, "read_gb_s", f->speeds.read_gb_s, "disk_mb_s", f->speeds.disk_mb_s,
        "profile", f->profile.file->name, "written", f->path);
    bool printed = document && json_dumpf(document, stdout, JSON_INDENT(1)) == 0;
    printf("\n");
    json_decref(document);
    return printed ? YA_OK : ya_fail(err, YA_ERR_IO, "cannot print the result");
}

ya_status ya_setup(const ya_settings *s, ya_error *err)
{
    findings f = {.threads = ya_compute_threads(s)};
    char parent[YA_PATH_MAX];
    ya_status status;
    YA_TRY(profile_path(s, f.path, err));
    YA_TRY(make_parent(f.path, parent, err));
    YA_TRY(ya_machine_detect(&f.machine, "", err));
    ya_budget_find(&f.budget, s, &f.machine.memory);
    ya_info("measuring for about a second ...");
    YA_TRY(ya_measure_speeds(&f.speeds, f.threads, parent, err));
    f.profile = ya_profile_for(ya_machine_memory(&f.machine));
    YA_TRY(write_profile(&f, err));
    if (s->json) {
        status = show_json(&f, err);
    } else {
        show(&f);
        show_next(&f);
    }
done:
    return status;
}
