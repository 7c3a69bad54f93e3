#include "data/prepare_internal.h"

#include "io/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Numbers: ------------------------------------------------------------------------------------- */

/* part / whole, or NaN of nothing. */
static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

static double mean(uint64_t n, unsigned __int128 sum)
{
    return n ? (double)((long double)sum / (long double)n / YA_LABEL_UNITS) : NAN;
}

/* Of the population. */
static double deviation(uint64_t n, unsigned __int128 sum, unsigned __int128 squares)
{
    if (n == 0)
        return NAN;
    long double m = (long double)sum / (long double)n;
    long double variance = (long double)squares / (long double)n - m * m;
    return variance > 0 ? (double)(sqrtl(variance) / YA_LABEL_UNITS) : 0.0;
}

typedef struct {
    uint64_t count;
    double share, w_mean, w_std, h_mean, h_std; /* NaN: of nothing */
} band_row;

static band_row row_of(const ya_prepare_statistics *s, unsigned band, uint64_t total)
{
    const ya_band_sums *b = &s->bands[band];
    band_row row = {
        .count = b->n,
        .share = share(b->n, total),
        .w_mean = mean(b->n, b->w),
        .w_std = deviation(b->n, b->w, b->w_squares),
        .h_mean = b->h_unknown ? NAN : mean(b->n, b->h),
        .h_std = b->h_unknown ? NAN : deviation(b->n, b->h, b->h_squares),
    };
    return row;
}

static uint64_t count_examples(const ya_prepare_statistics *s)
{
    return s->bands[YA_BAND_LOW].n + s->bands[YA_BAND_MID].n + s->bands[YA_BAND_HIGH].n;
}

/* Less than a fifth. */
static bool is_scarce(uint64_t part, uint64_t whole)
{
    return whole > 0 && part * 5 < whole;
}

static ya_prepare_counts add_up(const ya_preparation *p)
{
    ya_prepare_counts total = {0};
    for (size_t i = 0; i < p->paths.n_paths; i++) {
        const ya_prepare_counts *c = &p->counts[i];
        total.lines += c->lines;
        for (int r = 0; r < YA_N_LINE_REASONS; r++)
            total.rejected[r] += c->rejected[r];
        total.duplicate_key += c->duplicate_key;
        total.records += c->records;
        total.examples += c->examples;
        total.duplicate_text += c->duplicate_text;
        for (int f = 0; f <= YA_FATE_VAL; f++)
            total.fates[f] += c->fates[f];
    }
    return total;
}

/* JSON: ---------------------------------------------------------------------------------------- */

static ya_status add_number(ya_buffer *out, const char *name, double value, ya_error *err)
{
    if (isnan(value))
        return ya_buffer_printf(out, err, ", \"%s\": null", name);
    return ya_buffer_printf(out, err, ", \"%s\": %.4f", name, value);
}

static ya_status add_counts(ya_buffer *out, const ya_prepare_counts *c, ya_error *err)
{
    const char *between = "";
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, "\"lines\": %llu, \"rejected\": {",
                            (unsigned long long)c->lines));
    for (int r = 0; r < YA_N_LINE_REASONS; r++) {
        if (c->rejected[r] == 0)
            continue;
        YA_TRY(ya_buffer_printf(out, err, "%s\"%s\": %llu", between,
                                ya_line_reason_name((ya_line_reason)r),
                                (unsigned long long)c->rejected[r]));
        between = ", ";
    }
    const struct {
        const char *name;
        uint64_t n;
    } rest[] = {
        {"duplicate_key", c->duplicate_key},
        {"records", c->records},
        {"examples", c->examples},
        {"duplicate_text", c->duplicate_text},
        {"capped", c->fates[YA_FATE_CAPPED]},
        {"rebalanced", c->fates[YA_FATE_REBALANCED]},
        {"unused", c->fates[YA_FATE_UNUSED]},
        {"train", c->fates[YA_FATE_TRAIN]},
        {"val", c->fates[YA_FATE_VAL]},
    };
    YA_TRY(ya_buffer_printf(out, err, "}"));
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        YA_TRY(ya_buffer_printf(out, err, ", \"%s\": %llu", rest[i].name,
                                (unsigned long long)rest[i].n));
done:
    return status;
}

static ya_status add_files(ya_buffer *out, const ya_preparation *p, ya_error *err)
{
    ya_status status = YA_OK;
    for (size_t i = 0; i < p->paths.n_paths; i++) {
        YA_TRY(ya_buffer_printf(out, err, "%s{\"file\": ", i ? ", " : ""));
        YA_TRY(ya_json_quote(out, p->names[i], strlen(p->names[i]), err));
        YA_TRY(ya_buffer_printf(out, err, ", "));
        YA_TRY(add_counts(out, &p->counts[i], err));
        YA_TRY(ya_buffer_printf(out, err, "}"));
    }
done:
    return status;
}

static ya_status add_bands(ya_buffer *out, const ya_preparation *p, ya_error *err)
{
    uint64_t total = count_examples(&p->statistics);
    ya_status status = YA_OK;
    for (unsigned i = 0; i < YA_N_BANDS; i++) {
        band_row row = row_of(&p->statistics, i, total);
        YA_TRY(ya_buffer_printf(out, err, "%s\"%s\": {\"count\": %llu", i ? ", " : "",
                                ya_band_name((ya_band)i), (unsigned long long)row.count));
        YA_TRY(add_number(out, "share", row.share, err));
        YA_TRY(add_number(out, "w_mean", row.w_mean, err));
        YA_TRY(add_number(out, "w_std", row.w_std, err));
        YA_TRY(add_number(out, "H_mean", row.h_mean, err));
        YA_TRY(add_number(out, "H_std", row.h_std, err));
        YA_TRY(ya_buffer_printf(out, err, "}"));
    }
done:
    return status;
}

ya_status ya_prepare_summary(const ya_preparation *p, ya_buffer *out, ya_error *err)
{
    const ya_prepare_statistics *s = &p->statistics;
    const ya_prepare_counts total = add_up(p);
    uint64_t n = count_examples(s);
    bool low = is_scarce(s->bands[YA_BAND_LOW].n, n), entropy = is_scarce(s->high_entropy, n);
    ya_status status;
    YA_TRY(
        ya_buffer_printf(out, err, "{\"seed\": %lld, \"total\": {", (long long)p->settings->seed));
    YA_TRY(add_counts(out, &total, err));
    YA_TRY(ya_buffer_printf(out, err, "}, \"files\": ["));
    YA_TRY(add_files(out, p, err));
    YA_TRY(ya_buffer_printf(out, err, "], \"bands\": {"));
    YA_TRY(add_bands(out, p, err));
    YA_TRY(ya_buffer_printf(out, err,
                            "}, \"trivium\": {\"grammar\": %llu, \"logic\": %llu, \"rhetoric\": "
                            "%llu, \"unknown\": %llu}",
                            (unsigned long long)s->trivium[YA_TRIVIUM_GRAMMAR],
                            (unsigned long long)s->trivium[YA_TRIVIUM_LOGIC],
                            (unsigned long long)s->trivium[YA_TRIVIUM_RHETORIC],
                            (unsigned long long)s->trivium[YA_TRIVIUM_NONE]));
    YA_TRY(add_number(out, "entropy_share", share(s->high_entropy, n), err));
    YA_TRY(ya_buffer_printf(out, err, ", \"warnings\": [%s%s%s]}\n", low ? "\"low\"" : "",
                            low && entropy ? ", " : "", entropy ? "\"entropy\"" : ""));
done:
    return status;
}

/* Terminal: ------------------------------------------------------------------------------------ */

static void print_count(const char *what, uint64_t n, uint64_t whole)
{
    printf("  %-22s %12llu", what, (unsigned long long)n);
    if (whole)
        printf("  %5.1f %%", 100 * share(n, whole));
    printf("\n");
}

static void print_statistic(double value)
{
    if (isnan(value))
        printf("  %9s", "-");
    else
        printf("  %9.4f", value);
}

static void print_bands(const ya_prepare_statistics *s, uint64_t n)
{
    printf("\n  %-8s %10s %8s  %9s  %9s  %9s  %9s\n", "band", "examples", "share", "w mean",
           "w std", "H mean", "H std");
    for (unsigned i = 0; i < YA_N_BANDS; i++) {
        band_row row = row_of(s, i, n);
        printf("  %-8s %10llu %6.1f %%", ya_band_name((ya_band)i), (unsigned long long)row.count,
               n ? 100 * row.share : 0.0);
        print_statistic(row.w_mean);
        print_statistic(row.w_std);
        print_statistic(row.h_mean);
        print_statistic(row.h_std);
        printf("\n");
    }
    printf("\n  trivium: ");
    for (int i = YA_TRIVIUM_GRAMMAR; i < YA_N_TRIVIA; i++)
        printf("%s %llu, ", ya_trivium_name((ya_trivium)i), (unsigned long long)s->trivium[i]);
    printf("unknown %llu\n", (unsigned long long)s->trivium[YA_TRIVIUM_NONE]);
}

void ya_prepare_print(const ya_preparation *p)
{
    const ya_prepare_statistics *s = &p->statistics;
    const ya_prepare_counts total = add_up(p);
    uint64_t n = count_examples(s);
    printf("%zu file%s\n", p->paths.n_paths, p->paths.n_paths == 1 ? "" : "s");
    print_count("lines", total.lines, 0);
    for (int r = 1; r < YA_N_LINE_REASONS; r++) {
        char what[32];
        snprintf(what, sizeof what, "rejected: %s", ya_line_reason_name((ya_line_reason)r));
        if (total.rejected[r])
            print_count(what, total.rejected[r], total.lines);
    }
    print_count("repeated keys", total.duplicate_key, total.lines);
    print_count("records", total.records, total.lines);
    print_count("examples", total.examples, 0);
    print_count("repeated texts", total.duplicate_text, total.examples);
    print_count("above a file's share", total.fates[YA_FATE_CAPPED], total.examples);
    print_count("above a band's share", total.fates[YA_FATE_REBALANCED], total.examples);
    print_count("not needed", total.fates[YA_FATE_UNUSED], total.examples);
    print_count("train", total.fates[YA_FATE_TRAIN], total.examples);
    print_count("val", total.fates[YA_FATE_VAL], total.examples);
    print_bands(s, n);
    if (is_scarce(s->bands[YA_BAND_LOW].n, n))
        printf("\n  warning: less than 20 %% of the examples are of low authority weight\n");
    if (is_scarce(s->high_entropy, n))
        printf("\n  warning: less than 20 %% of the examples have a provenance entropy of 5.5 bits "
               "or more\n");
}
