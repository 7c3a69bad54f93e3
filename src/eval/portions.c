#include "eval/portions.h"

#include "base/alloc.h"

#include <math.h>
#include <stdio.h>

static ya_portion *make_list(size_t n)
{
    return ya_alloc_zero(n + 1, sizeof(ya_portion));
}

ya_status ya_portions_begin(ya_portions *p, const ya_dataset *data, ya_error *err)
{
    bool good = true;
    *p = (ya_portions){.n_sources = data->n_sources, .n_files = data->n_files};
    p->sources = make_list(p->n_sources);
    p->files = make_list(p->n_files);
    for (size_t i = 0; p->sources && i < p->n_sources; i++)
        good &= (p->sources[i].name = ya_strdup(data->sources[i].name)) != NULL;
    for (size_t i = 0; p->files && i < p->n_files; i++)
        good &= (p->files[i].name = ya_strdup(data->files[i].path)) != NULL;
    if (p->sources && p->files && good)
        return YA_OK;
    ya_portions_free(p);
    return ya_fail(err, YA_ERR_MEMORY, "out of memory for the names of sources and files");
}

static void count(ya_portion *portion, const ya_data_record *record, double sum_ce)
{
    portion->sum_ce += sum_ce;
    portion->n_targets += record->n_targets;
    portion->n_records++;
}

void ya_portions_add(ya_portions *p, const ya_data_record *record, double sum_ce)
{
    count(&p->all, record, sum_ce);
    if (!isnan(record->auth_weight))
        count(&p->bands[ya_band_of(record->auth_weight)], record, sum_ce);
    count(&p->sources[record->source], record, sum_ce);
    count(&p->files[record->file], record, sum_ce);
}

double ya_portion_ce(const ya_portion *portion)
{
    return portion->n_targets > 0 ? portion->sum_ce / (double)portion->n_targets : NAN;
}

void ya_portions_free(ya_portions *p)
{
    for (size_t i = 0; p->sources && i < p->n_sources; i++)
        ya_free(p->sources[i].name);
    for (size_t i = 0; p->files && i < p->n_files; i++)
        ya_free(p->files[i].name);
    ya_free(p->sources);
    ya_free(p->files);
    *p = (ya_portions){0};
}

/* Printing: ------------------------------------------------------------------------------------ */

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *figures(const ya_portion *portion)
{
    double ce = ya_portion_ce(portion);
    return json_pack("{s: o, s: o, s: I, s: I}", "ce", number(ce), "perplexity", number(exp(ce)),
                     "tokens", (json_int_t)portion->n_targets, "records",
                     (json_int_t)portion->n_records);
}

static json_t *named(const ya_portion *list, size_t n)
{
    json_t *object = json_object();
    for (size_t i = 0; i < n; i++)
        if (json_object_set_new_nocheck(object, list[i].name, figures(&list[i])) != 0) {
            json_decref(object);
            return NULL;
        }
    return object;
}

json_t *ya_portions_json(const ya_portions *p)
{
    json_t *root = figures(&p->all), *bands = json_object();
    int failed = 0;
    for (int b = 0; b < YA_N_BANDS; b++)
        failed |= json_object_set_new(bands, ya_band_names[b], figures(&p->bands[b]));
    failed |= json_object_set_new(root, "bands", bands);
    failed |= json_object_set_new(root, "sources", named(p->sources, p->n_sources));
    failed |= json_object_set_new(root, "files", named(p->files, p->n_files));
    if (!failed)
        return root;
    json_decref(root);
    return NULL;
}

static void print_row(const char *kind, const char *name, const ya_portion *p,
                      const ya_portion *base)
{
    double ce = ya_portion_ce(p);
    if (p->n_records == 0)
        return;
    printf("%-6s %-28.28s %10.6f %14.4f %12llu %10llu", kind, name, ce, exp(ce),
           (unsigned long long)p->n_targets, (unsigned long long)p->n_records);
    if (base)
        printf(" %10.6f %+10.6f", ya_portion_ce(base), ce - ya_portion_ce(base));
    putchar('\n');
}

/* The end of a path, which tells files apart. */
static const char *tail_of(const char *path)
{
    enum { SHOWN = 28 };
    size_t n = 0;
    while (path[n])
        n++;
    return n > SHOWN ? path + n - SHOWN : path;
}

void ya_portions_print(const ya_portions *p, const ya_portions *base)
{
    printf("%-6s %-28s %10s %14s %12s %10s", "", "", "ce", "perplexity", "tokens", "records");
    if (base)
        printf(" %10s %10s", "base ce", "change");
    putchar('\n');
    for (int b = 0; b < YA_N_BANDS; b++)
        print_row("band", ya_band_names[b], &p->bands[b], base ? &base->bands[b] : NULL);
    for (size_t i = 0; p->n_sources > 1 && i < p->n_sources; i++)
        print_row("source", p->sources[i].name, &p->sources[i], base ? &base->sources[i] : NULL);
    for (size_t i = 0; p->n_files > 1 && i < p->n_files; i++)
        print_row("file", tail_of(p->files[i].name), &p->files[i], base ? &base->files[i] : NULL);
    print_row("all", "", &p->all, base ? &base->all : NULL);
}
