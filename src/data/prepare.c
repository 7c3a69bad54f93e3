#include "data/prepare.h"

#include "base/alloc.h"
#include "data/prepare_internal.h"
#include "io/outdir.h"
#include "model/compute.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Setting up: ---------------------------------------------------------------------------------- */

static ya_status out_of_memory(ya_error *err)
{
    return ya_fail(err, YA_ERR_MEMORY, "out of memory for preparing data");
}

/* Both passes read the files: a pipe has nothing left for the second. */
static ya_status check_file(const char *path, ya_error *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot read %s", path);
    if (!S_ISREG(info.st_mode))
        return ya_fail(err, YA_ERR_IO, "%s is no regular file, and prepare reads its input twice",
                       path);
    return YA_OK;
}

/* What a file may give of the training set. */
static uint64_t cap_of(const ya_preparation *p, unsigned hint)
{
    static const uint64_t divisors[YA_N_BANDS] = {
        [YA_BAND_LOW] = 3, [YA_BAND_MID] = 5, [YA_BAND_HIGH] = 6};
    ya_band band = ya_policy_band(p->policy, ya_policy_hint_weight(p->policy, hint));
    return (uint64_t)p->settings->train_size / divisors[band];
}

static ya_status set_up_files(ya_preparation *p, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_record_files_list(&p->paths, p->settings->input, err));
    size_t n = p->paths.n_paths;
    p->names = ya_alloc_zero(n, sizeof *p->names);
    p->hints = ya_alloc_zero(n, sizeof *p->hints);
    p->caps = ya_alloc_zero(n, sizeof *p->caps);
    p->counts = ya_alloc_zero(n, sizeof *p->counts);
    if (!p->names || !p->hints || !p->caps || !p->counts)
        return out_of_memory(err);
    if (n >= UINT32_C(1) << 24)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "%zu files are more than prepare can read", n);
    for (size_t i = 0; i < n; i++) {
        const char *slash = strrchr(p->paths.paths[i], '/');
        p->names[i] = slash ? slash + 1 : p->paths.paths[i];
        p->hints[i] = ya_policy_hint(p->policy, p->names[i], strlen(p->names[i]));
        p->caps[i] = cap_of(p, p->hints[i]);
        YA_TRY(check_file(p->paths.paths[i], err));
    }
done:
    return status;
}

static ya_status set_up(ya_preparation *p, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_field_names_read(&p->fields, p->settings->field.items, p->settings->field.n,
                               p->settings->text_field, err));
    YA_TRY(ya_policy_open(&p->policy, p->settings->policy, err));
    YA_TRY(set_up_files(p, err));
    p->n_threads = ya_compute_threads(p->settings);
    p->threads = ya_alloc_zero((size_t)p->n_threads, sizeof *p->threads);
    if (!p->threads)
        return out_of_memory(err);
    for (int i = 0; i < p->n_threads; i++) {
        p->threads[i].raw.names = &p->fields;
        YA_TRY(ya_scorer_new(&p->threads[i].scorer, p->policy, err));
    }
done:
    return status;
}

static void clean_up(ya_preparation *p)
{
    for (int i = 0; p->threads && i < p->n_threads; i++) {
        ya_preparer *t = &p->threads[i];
        ya_raw_free(&t->raw);
        ya_scorer_free(t->scorer);
        ya_free(t->normalized);
        ya_buffer_free(&t->labels);
    }
    ya_free(p->threads);
    ya_keyset_free(&p->keys);
    ya_keyset_free(&p->texts);
    ya_buffer_free(&p->rejected);
    ya_free(p->records);
    ya_free(p->dropped);
    ya_free(p->order);
    ya_free(p->offsets);
    ya_free(p->sizes);
    ya_spool_close(&p->examples);
    ya_free(p->counts);
    ya_free(p->caps);
    ya_free(p->hints);
    ya_free(p->names);
    ya_paths_free(&p->paths);
    ya_policy_close(p->policy);
}

/* Choosing: ------------------------------------------------------------------------------------ */

static ya_status choose(ya_preparation *p, ya_error *err)
{
    const ya_selection selection = {
        .seed = (uint64_t)p->settings->seed,
        .train_size = (uint64_t)p->settings->train_size,
        .val_size = (uint64_t)p->settings->val_size,
        .file_caps = p->caps,
        .n_files = p->paths.n_paths,
        .rebalance = p->settings->rebalance,
    };
    size_t n = p->n_records;
    p->order = ya_alloc_zero(n + 1, sizeof *p->order);
    p->offsets = ya_alloc_zero(n + 1, sizeof *p->offsets);
    p->sizes = ya_alloc_zero(n + 1, sizeof *p->sizes);
    if (!p->order || !p->offsets || !p->sizes)
        return out_of_memory(err);
    ya_status status = ya_select(&selection, p->records, p->n_records, p->order, err);
    for (uint32_t i = 0; !status && i < p->n_records; i++) {
        const ya_prepared *record = &p->records[i];
        p->counts[record->file].fates[record->fate] += record->n_examples;
    }
    return status;
}

/* Files: --------------------------------------------------------------------------------------- */

enum { N_FILES = 4 };

static ya_outfile *file_at(ya_preparation *p, int i)
{
    ya_outfile *const files[N_FILES] = {&p->train_file, &p->val_file, &p->rejected_file,
                                        &p->summary_file};
    return files[i];
}

/* Runs with all four files open. */
static ya_status run(ya_preparation *p, ya_buffer *summary, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_prepare_read(p, err));
    YA_TRY(choose(p, err));
    YA_TRY(ya_spool_open(&p->examples, p->settings->output, err));
    YA_TRY(ya_prepare_write(p, err));
    YA_TRY(ya_prepare_summary(p, summary, err));
    YA_TRY(ya_sink_write(&p->summary_file.sink, summary->data, summary->size, err));
done:
    return status;
}

/* Opens the files, runs, and gives all of them their names, or none. */
static ya_status run_with_files(ya_preparation *p, ya_buffer *summary, ya_error *err)
{
    static const char *const names[N_FILES] = {"train.jsonl", "val.jsonl", "rejected.jsonl",
                                               "summary.json"};
    char path[YA_PATH_MAX];
    ya_status status = YA_OK;
    int n_open = 0;
    for (; !status && n_open < N_FILES; n_open += !status) {
        status = ya_path_join(path, p->settings->output, names[n_open], err);
        if (!status)
            status = ya_outfile_begin(file_at(p, n_open), path, 0, err);
    }
    if (!status)
        status = run(p, summary, err);
    bool finished[N_FILES] = {false};
    for (int i = 0; i < n_open; i++) {
        ya_status before = status;
        status = ya_outfile_finish(file_at(p, i), status, err);
        finished[i] = !before && !status;
    }
    for (int i = 0; i < n_open; i++) {
        if (!status)
            status = ya_outfile_publish(file_at(p, i), err);
        else if (finished[i])
            ya_outfile_abandon(file_at(p, i));
    }
    return status;
}

ya_status ya_prepare(const ya_settings *settings, ya_error *err)
{
    ya_preparation p = {.settings = settings, .examples.fd = -1};
    ya_buffer summary = {0};
    ya_status status;
    YA_TRY(set_up(&p, err));
    YA_TRY(run_with_files(&p, &summary, err));
    if (settings->json)
        fputs(summary.data, stdout);
    else
        ya_prepare_print(&p);
    if (p.examples_size == 0)
        status = ya_fail(err, YA_ERR_DATA, "no example is left of %s: see %s/rejected.jsonl",
                         settings->input, settings->output);
done:
    ya_buffer_free(&summary);
    clean_up(&p);
    return status;
}
