#include "base/alloc.h"
#include "base/chars.h"
#include "provenance/scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATED_CHARS = 2000 }; /* of the text, where a year is looked for */

ya_status ya_scorer_new(ya_scorer **out, const ya_policy *policy, ya_error *err)
{
    ya_scorer *s = *out = ya_alloc_zero(1, sizeof *s);
    if (s) {
        s->policy = policy;
        s->order = ya_alloc_zero(policy->n_entries + 1, sizeof *s->order);
        s->seen = ya_alloc_zero(policy->n_entries / 64 + 1, sizeof *s->seen);
    }
    if (s && s->order && s->seen)
        return YA_OK;
    ya_scorer_free(s);
    *out = NULL;
    return ya_fail(err, YA_ERR_MEMORY, "out of memory for a scorer");
}

void ya_scorer_free(ya_scorer *scorer)
{
    if (!scorer)
        return;
    ya_free(scorer->order);
    ya_free(scorer->seen);
    ya_free(scorer);
}

/* Fields: -------------------------------------------------------------------------------------- */

static int year_of_fields(const ya_policy *p, const ya_source *source)
{
    for (int i = YA_SOURCE_YEAR; i <= YA_SOURCE_PUBLISHED; i++) {
        int year = ya_year_of(&source->fields[i], p->years.accepted);
        if (year)
            return year;
    }
    return 0;
}

/* Behind "://" if there is one, up to '/', '?' or '#'. */
static ya_span host_of(const char *url, size_t size)
{
    const char *at = memmem(url, size, "://", 3), *end = url + size;
    ya_span host = {at ? at + 3 : url, end};
    for (at = host.begin; at < end && *at != '/' && *at != '?' && *at != '#';)
        at++;
    host.end = at;
    return host;
}

static bool ends_with_folded(ya_span text, const ya_name *end)
{
    if ((size_t)(text.end - text.begin) < end->size)
        return false;
    const char *at = text.end - end->size;
    for (size_t i = 0; i < end->size; i++)
        if (ya_fold(at[i]) != end->text[i])
            return false;
    return true;
}

/* The host of an archive, or of a part of it. */
static bool is_exempt(const ya_policy *p, ya_span host)
{
    const char *user = memrchr(host.begin, '@', (size_t)(host.end - host.begin));
    if (user)
        host.begin = user + 1;
    const char *port = memchr(host.begin, ':', (size_t)(host.end - host.begin));
    if (port)
        host.end = port;
    for (size_t i = 0; i < p->n_exempt_hosts; i++) {
        const ya_name *exempt = &p->exempt_hosts[i];
        const char *begin = host.end - exempt->size;
        if (ends_with_folded(host, exempt) && (begin == host.begin || begin[-1] == '.'))
            return true;
    }
    return false;
}

static void scan_fields(ya_scorer *scorer, const ya_source *source)
{
    for (int i = YA_SOURCE_SOURCE; i <= YA_SOURCE_PUBLISHER; i++) {
        const ya_value *value = &source->fields[i];
        if (value->kind != YA_VALUE_STRING || value->size == 0)
            continue;
        ya_span host = {value->text, value->text};
        if (i == YA_SOURCE_URL) {
            host = host_of(value->text, value->size);
            if (is_exempt(scorer->policy, host))
                continue;
        }
        ya_scan_field(scorer, value->text, value->size, host);
    }
}

/* The first of source_type_counts with a part of the record's source_type, or NULL. */
static const ya_type_count *count_of(const ya_policy *p, const ya_source *source)
{
    const ya_value *value = &source->fields[YA_SOURCE_TYPE];
    if (value->kind != YA_VALUE_STRING)
        return NULL;
    for (size_t i = 0; i < p->n_counts; i++) {
        ya_parts parts = {.at = value->text, .end = value->text + value->size};
        while (ya_next_part(&parts))
            if (parts.size == p->counts[i].part.size &&
                ends_with_folded((ya_span){parts.part, parts.at}, &p->counts[i].part))
                return &p->counts[i];
    }
    return NULL;
}

/* Measures: ------------------------------------------------------------------------------------ */

static double step_cap(ya_step_cap s, double n)
{
    return fmin(s.cap, s.step * n);
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* 0 old, 1 between, 2 recent; `unknown` for no year. */
static int age_of(const ya_policy *p, int year, int unknown)
{
    if (year == 0)
        return unknown;
    return year < p->years.old ? 0 : year < p->years.recent ? 1 : 2;
}

double ya_scan_evidence(const ya_scorer *scorer, unsigned type)
{
    const ya_type_count *extra = scorer->extra;
    return (double)(scorer->types >> type & 1) +
           (scorer->patent_number && type == scorer->policy->patent_type ? 1 : 0) +
           (extra && extra->type == type ? extra->count : 0);
}

/* Shannon entropy in bits of the counts of the types; *n: how many are not 0. */
static double diversity_of(const ya_scorer *scorer, uint32_t *n)
{
    double sum = 0, sum_log = 0;
    *n = 0;
    for (unsigned i = 0; i < scorer->policy->n_types; i++) {
        double count = ya_scan_evidence(scorer, i);
        if (count == 0)
            continue;
        ++*n;
        sum += count;
        sum_log += count > 1 ? count * log2(count) : 0;
    }
    return *n > 1 ? log2(sum) - sum_log / sum : 0;
}

static void measure(ya_scorer *scorer, const ya_source *source, ya_score *score)
{
    const ya_policy *p = scorer->policy;
    score->n_primary = scorer->n_primary;
    score->n_consensus = scorer->n_consensus;
    score->year = scorer->year;
    if (!ya_count_of(&source->fields[YA_SOURCE_CITATION_COUNT], &score->citations))
        score->citations = scorer->n_citations;
    score->citation = step_cap(p->weight.citation, log10((double)score->citations + 1));
    score->institution = scorer->institution;
    score->consensus = step_cap(p->weight.consensus, scorer->n_consensus);
    score->age = score->year ? p->weight.age[age_of(p, score->year, 0)] : 0;
    score->primary = -step_cap(p->weight.primary, scorer->n_primary);
    score->text_weight = clamp(p->weight.base + score->citation + score->institution +
                                   score->consensus + score->age + score->primary,
                               0, p->weight.max);
    score->base = p->entropy.base[age_of(p, score->year, 2)];
    score->diversity = diversity_of(scorer, &score->n_types);
    score->text_entropy =
        fmax(0, score->base + score->diversity + step_cap(p->entropy.primary, score->n_primary) +
                    step_cap(p->entropy.types, score->n_types) -
                    p->entropy.institution * score->institution -
                    step_cap(p->entropy.consensus, score->n_consensus));
}

/* Types and priors: ---------------------------------------------------------------------------- */

/* The number of the prior of the record's type, n_priors: none. */
static size_t type_of(const ya_policy *p, const ya_source *source)
{
    const ya_value *value = &source->fields[YA_SOURCE_TYPE];
    size_t type = p->n_priors;
    if (value->kind == YA_VALUE_STRING)
        type = ya_policy_find_prior(p, value->text, value->size);
    if (type < p->n_priors && type != p->unknown)
        return type;
    return source->hint ? source->hint - 1 : p->n_priors;
}

static void name_type(const ya_source *source, ya_score *score)
{
    const ya_value *value = &source->fields[YA_SOURCE_TYPE];
    const char *begin = value->text, *end = value->text + value->size;
    score->source_type = "unknown";
    score->source_type_size = strlen("unknown");
    if (value->kind != YA_VALUE_STRING)
        return;
    ya_trim(&begin, &end);
    if (begin == end)
        return;
    score->source_type = begin;
    score->source_type_size = (size_t)(end - begin);
}

/* The name of the record's type, and its prior if it has one; `short_text`: at least unknown's. */
static const ya_prior *find_prior(const ya_policy *p, const ya_source *source, ya_score *score,
                                  bool short_text)
{
    size_t type = type_of(p, source);
    const ya_prior *prior = type < p->n_priors ? &p->priors[type] : NULL;
    name_type(source, score);
    if (prior) {
        bool named = !prior->dated.text || (score->year && score->year < p->years.old);
        const ya_name *name = named ? &prior->name : &prior->dated;
        score->source_type = name->text;
        score->source_type_size = name->size;
        prior = named ? prior : NULL;
    }
    score->trivium = prior ? prior->trivium : YA_TRIVIUM_NONE;
    return prior || !short_text ? prior : &p->priors[p->unknown];
}

/* As %.4f does: exactly, so that a tie is decided by the bits behind it. */
static double round4(double x)
{
    double scaled = x * 1e4, nearest = rint(scaled);
    if (fabs(fabs(scaled - nearest) - 0.5) > 1e-6)
        return nearest / 1e4;
    char text[64];
    snprintf(text, sizeof text, "%.4f", x);
    return strtod(text, NULL);
}

void ya_score_source(ya_scorer *scorer, const ya_source *source, ya_score *score)
{
    const ya_policy *p = scorer->policy;
    const char *text = source->text ? source->text : "";
    size_t size = ya_prefix_size(text, source->size, p->blend.max_chars);
    ya_scan_reset(scorer);
    scorer->year = year_of_fields(p, source);
    ya_scan_text(scorer, text, size, scorer->year ? 0 : ya_prefix_size(text, size, DATED_CHARS));
    scan_fields(scorer, source);
    scorer->extra = count_of(p, source);
    *score = (ya_score){0};
    measure(scorer, source, score);

    bool is_short =
        size < 4 * p->blend.min_chars && ya_count_characters(text, size) < p->blend.min_chars;
    const ya_prior *prior = find_prior(p, source, score, is_short);
    double share = is_short ? 1 : prior ? p->blend.prior : 0;
    score->prior = prior ? prior->name.text : NULL;
    score->auth_weight = round4((prior ? share * prior->w : 0) + (1 - share) * score->text_weight);
    score->prov_entropy =
        round4((prior ? share * prior->H : 0) + (1 - share) * score->text_entropy);
}
