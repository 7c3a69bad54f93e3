#include "data/analysis.h"

#include "base/alloc.h"
#include "provenance/distrust.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STATIC_LABELS_MIN = 100 };

const char *const ya_unique_fields[YA_N_UNIQUE] = {"identifier", "id", "url", "title"};

static void add_number(ya_moments *m, double x)
{
    m->min = m->n == 0 || x < m->min ? x : m->min;
    m->max = m->n == 0 || x > m->max ? x : m->max;
    m->sum += x;
    m->sum_of_squares += x * x;
    m->n++;
}

/* The bin of x among bins that begin at 0, width, 2 width, ...; the last one is open. */
static int bin_of(double x, double per_unit)
{
    int bin = 0;
    while (bin + 1 < YA_BINS && x >= (bin + 1) / per_unit)
        bin++;
    return bin;
}

/* As much room for counts as there is for names, the new ones 0. */
static ya_status count_room(void *counts, uint32_t *room, uint32_t names_room, size_t size,
                            ya_error *err)
{
    void **array = counts;
    if (*room >= names_room)
        return YA_OK;
    char *bigger = ya_realloc_array(*array, names_room, size);
    if (!bigger)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %u names", names_room);
    memset(bigger + *room * size, 0, (names_room - *room) * size);
    *array = bigger;
    *room = names_room;
    return YA_OK;
}

static ya_status add_source(ya_analysis *a, const ya_finding *f, const char *source, size_t size,
                            ya_error *err)
{
    static const ya_distrust defaults = {
        .mode = YA_DISTRUST_WEIGHTED, .alpha = 2.7, .strength = 1, .max_ratio = 64};
    double v = ya_distrust_pull(&defaults, ya_distrust_s(f->w, f->H));
    uint32_t number;
    ya_status status;
    YA_TRY(ya_names_add(&a->sources, source, size, &number, err));
    YA_TRY(count_room(&a->source_counts, &a->source_room, a->sources.room, sizeof *a->source_counts,
                      err));
    a->source_counts[number].records++;
    a->source_counts[number].weight += v;
    a->sum_v += v;
    a->sum_v2 += v * v;
done:
    return status;
}

static double rounded(double x)
{
    return rint(x * 1e4);
}

static void watch_labels(ya_analysis *a, const ya_finding *f)
{
    if (a->records == 1) {
        a->first_w = f->w;
        a->first_H = f->H;
        a->same_labels = true;
    }
    a->same_labels = a->same_labels && f->own_labels && rounded(f->w) == rounded(a->first_w) &&
                     rounded(f->H) == rounded(a->first_H);
}

ya_status ya_analysis_add(ya_analysis *a, const ya_policy *policy, const ya_finding *f,
                          const char *source, size_t source_size, ya_error *err)
{
    a->n_lines++;
    a->parse_errors += !f->is_object;
    if (!f->is_object)
        return YA_OK;
    a->records++;
    a->no_text += !f->has_text;
    a->scored += f->scored;
    a->bad_labels += f->bad_labels;
    a->unknown_years += f->scored && !f->year;
    watch_labels(a, f);
    if (f->year)
        add_number(&a->years, f->year);
    if (f->has_text)
        add_number(&a->text, (double)f->n_characters);
    for (int i = 0; i < YA_N_UNIQUE; i++)
        a->n_values[i] += f->has_value >> i & 1;
    if (!f->counts)
        return YA_OK;
    add_number(&a->w, f->w);
    add_number(&a->H, f->H);
    a->bands[ya_policy_band(policy, f->w)]++;
    a->w_bins[bin_of(f->w, 10)]++;
    a->H_bins[bin_of(f->H, 1)]++;
    return add_source(a, f, source, source_size, err);
}

ya_status ya_analysis_add_field(ya_analysis *a, const char *name, size_t size,
                                const ya_field_count *count, ya_error *err)
{
    uint32_t number;
    ya_status status;
    YA_TRY(ya_names_add(&a->fields, name, size, &number, err));
    YA_TRY(
        count_room(&a->field_counts, &a->field_room, a->fields.room, sizeof *a->field_counts, err));
    a->field_counts[number].count += count->count;
    for (int i = 0; i < YA_N_JSON_TYPES; i++)
        a->field_counts[number].types[i] += count->types[i];
done:
    return status;
}

void ya_analysis_end_file(ya_analysis *a)
{
    a->static_labels = a->same_labels && a->records >= STATIC_LABELS_MIN;
    ya_names_close(&a->fields);
    ya_names_close(&a->sources);
}

void ya_analysis_free(ya_analysis *a)
{
    ya_names_free(&a->fields);
    ya_names_free(&a->sources);
    ya_free(a->field_counts);
    ya_free(a->source_counts);
}

/* What follows from it: ------------------------------------------------------------------------ */

double ya_analysis_ess(const ya_analysis *a)
{
    return a->w.n ? ya_effective_sample_size(a->sum_v, a->sum_v2) : 0;
}

int ya_analysis_flags(const ya_analysis *a, const char *flags[3])
{
    int n = 0;
    if (a->w.n > 0 && a->bands[YA_BAND_LOW] * 5 < a->w.n)
        flags[n++] = "low";
    if (a->bands[YA_BAND_HIGH] * 2 > a->w.n)
        flags[n++] = "high";
    if (a->static_labels)
        flags[n++] = "static_labels";
    return n;
}

static int compare_sources(const void *left, const void *right, void *context)
{
    const ya_analysis *a = context;
    uint32_t l = *(const uint32_t *)left, r = *(const uint32_t *)right;
    if (a->source_counts[l].records != a->source_counts[r].records)
        return a->source_counts[l].records > a->source_counts[r].records ? -1 : 1;
    size_t l_size = a->sources.items[l].size, r_size = a->sources.items[r].size;
    int order = memcmp(a->sources.items[l].text, a->sources.items[r].text,
                       l_size < r_size ? l_size : r_size); /* names may hold NULs */
    return order != 0 ? order : (l_size > r_size) - (l_size < r_size);
}

ya_status ya_analysis_order(const ya_analysis *a, uint32_t **order, ya_error *err)
{
    *order = ya_alloc_zero((size_t)a->sources.n + 1, sizeof **order);
    if (!*order)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %u sources", a->sources.n);
    for (uint32_t i = 0; i < a->sources.n; i++)
        (*order)[i] = i;
    qsort_r(*order, a->sources.n, sizeof **order, compare_sources, (void *)(uintptr_t)a);
    return YA_OK;
}

const char *ya_duplicate_flag(uint64_t n_values, uint64_t n_unique)
{
    uint64_t duplicates = n_values - n_unique;
    return duplicates * 100 < n_values ? "OK" : duplicates * 10 < n_values ? "WARN" : "HIGH";
}
