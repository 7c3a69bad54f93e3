/* What analyze found as a terminal shows it: what it is made of, how it is weighed, what a model
 * would mostly learn from, and what is wrong with it. 80 columns. */
#include "base/alloc.h"
#include "base/chars.h"
#include "data/analysis.h"

#include <math.h>
#include <string.h>

enum {
    TABLE_WIDTH = 80,
    NAME_WIDTH = 24,
    COUNT_WIDTH = 11, /* 99,999,999 */
    BIN_WIDTH = 16,   /* bars of histograms */
    SHARE_WIDTH = 24, /* and of sources */
    SHOWN_SOURCES = 10,
    SHOWN_FIELDS = 20,
    FIELD_WIDTH = 20,
    FIELDS_INDENT = 8
};

typedef struct {
    ya_buffer *out;
    ya_error *err;
    ya_status status; /* the first failure; nothing is added after it */
} writer;

#define PUT(w, ...)                                                                                \
    do {                                                                                           \
        if ((w)->status == YA_OK)                                                                  \
            (w)->status = ya_buffer_printf((w)->out, (w)->err, __VA_ARGS__);                       \
    } while (0)

/* A name in `width` columns, cut with "...", control characters shown as '?'. */
static void put_name(writer *w, const char *text, int width)
{
    size_t size = strlen(text), n = ya_count_characters(text, size);
    bool cut = n > (size_t)width;
    size_t kept = cut ? ya_prefix_size(text, size, (size_t)width - 3) : size;
    char shown[4 * 100 + 1];
    kept = kept < sizeof shown ? kept : sizeof shown - 1;
    for (size_t i = 0; i < kept; i++)
        shown[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7F ? '?' : text[i];
    shown[kept] = '\0';
    int columns = cut ? width : (int)n;
    PUT(w, "%s%s%*s", shown, cut ? "..." : "", width - columns, "");
}

/* The columns that put_short_name() takes. */
static int columns_of(const char *text, int limit)
{
    size_t n = ya_count_characters(text, strlen(text));
    return n < (size_t)limit ? (int)n : limit;
}

/* A name in as many columns as it has, at most `limit`. */
static void put_short_name(writer *w, const char *text, int limit)
{
    put_name(w, text, columns_of(text, limit));
}

/* 1234567 as 1,234,567, right-aligned. */
static void put_count(writer *w, uint64_t n, int width)
{
    char text[32];
    int at = sizeof text - 1, digits = 0;
    text[at] = '\0';
    do {
        if (digits && digits % 3 == 0)
            text[--at] = ',';
        text[--at] = (char)('0' + n % 10);
        digits++;
    } while ((n /= 10) > 0);
    PUT(w, "%*s", width, text + at);
}

/* A share of the whole as a bar of eighths of a column. */
static void put_bar(writer *w, double share, int width)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int n = (int)lrint(fmin(fmax(share, 0), 1) * width * 8);
    for (int i = 0; i < n / 8; i++)
        PUT(w, "█");
    PUT(w, "%s%*s", eighths[n % 8], width - n / 8 - (n % 8 > 0), "");
}

static double share_of(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static double mean_of(const ya_moments *m)
{
    return m->n ? m->sum / (double)m->n : 0;
}

/* Files: --------------------------------------------------------------------------------------- */

static void put_row(writer *w, const ya_analysis *a, double total_v)
{
    put_name(w, a->file ? a->file : "all files", NAME_WIDTH);
    put_count(w, a->records, COUNT_WIDTH);
    put_count(w, a->parse_errors, 7);
    put_count(w, a->no_text, 8);
    if (a->w.n > 0)
        PUT(w, "  %5.3f %6.3f %5.1f %% %5.1f %%\n", mean_of(&a->w), mean_of(&a->H),
            100 * share_of(a->bands[YA_BAND_LOW], a->w.n), 100 * a->sum_v / total_v);
    else
        PUT(w, "      -      -       -       -\n");
}

static void put_files(writer *w, const ya_analysis *files, size_t n, const ya_analysis *total)
{
    PUT(w, "%-*s%*s%7s%8s%7s%7s%8s%8s\n", NAME_WIDTH, "", COUNT_WIDTH, "records", "broken",
        "no text", "mean w", "mean H", "low w", "weight");
    for (size_t i = 0; i < n; i++)
        put_row(w, &files[i], total->sum_v);
    if (n > 1)
        put_row(w, total, total->sum_v);
}

/* Distributions: ------------------------------------------------------------------------------- */

static void put_histograms(writer *w, const ya_analysis *a)
{
    PUT(w, "\n%-40s  %s\n", "authority weight w (0 primary)", "provenance entropy H (bits)");
    for (int i = 0; i < YA_BINS; i++) {
        double of_w = share_of(a->w_bins[i], a->w.n), of_h = share_of(a->H_bins[i], a->H.n);
        PUT(w, "  %.1f ", i / 10.0);
        put_bar(w, of_w, BIN_WIDTH);
        put_count(w, a->w_bins[i], COUNT_WIDTH);
        PUT(w, " %4.0f %%  %2d%s ", 100 * of_w, i, i + 1 < YA_BINS ? " " : "+");
        put_bar(w, of_h, BIN_WIDTH);
        put_count(w, a->H_bins[i], COUNT_WIDTH);
        PUT(w, " %4.0f %%\n", 100 * of_h);
    }
    PUT(w, "low w %.1f %%, mid %.1f %%, high %.1f %%; ", 100 * share_of(a->bands[0], a->w.n),
        100 * share_of(a->bands[1], a->w.n), 100 * share_of(a->bands[2], a->w.n));
    put_count(w, a->scored, 0);
    PUT(w, " scored, ");
    put_count(w, a->w.n - a->scored, 0);
    PUT(w, " labelled\n");
}

/* Sources: ------------------------------------------------------------------------------------- */

static void put_sources(writer *w, const ya_analysis *a)
{
    uint32_t *order = NULL, heaviest = 0;
    if (w->status == YA_OK)
        w->status = ya_analysis_order(a, &order, w->err);
    if (w->status == YA_OK && a->sources.n > 0) {
        PUT(w, "\n%-*s%*s%8s   %s\n", NAME_WIDTH, "source", COUNT_WIDTH, "records", "",
            "share of the weight");
        for (uint32_t i = 0; i < a->sources.n; i++) {
            const ya_source_count *count = &a->source_counts[order[i]];
            double weight = count->weight / a->sum_v;
            if (count->weight > a->source_counts[heaviest].weight)
                heaviest = order[i];
            if (i >= SHOWN_SOURCES)
                continue;
            put_name(w, a->sources.items[order[i]].text, NAME_WIDTH);
            put_count(w, count->records, COUNT_WIDTH);
            PUT(w, " %5.1f %%  ", 100 * share_of(count->records, a->w.n));
            put_bar(w, weight, SHARE_WIDTH);
            PUT(w, " %5.1f %%\n", 100 * weight);
        }
        if (a->sources.n > SHOWN_SOURCES)
            PUT(w, "and %u more\n", a->sources.n - SHOWN_SOURCES);
        PUT(w, "\nA model learns mostly from ");
        put_short_name(w, a->sources.items[heaviest].text, NAME_WIDTH);
        PUT(w, ": %.1f %% of the weight.\n", 100 * a->source_counts[heaviest].weight / a->sum_v);
        PUT(w, "Its weights are worth %.0f equal records of ", ya_analysis_ess(a));
        put_count(w, a->w.n, 0);
        PUT(w, ".\n");
    }
    ya_free(order);
}

/* The rest: ------------------------------------------------------------------------------------ */

/* The names of fields with their shares, in lines of TABLE_WIDTH. */
static void put_fields(writer *w, const ya_analysis *a)
{
    int column = FIELDS_INDENT;
    PUT(w, "fields  ");
    for (uint32_t i = 0; i < a->fields.n && i < SHOWN_FIELDS; i++) {
        const char *name = a->fields.items[i].text;
        int width = columns_of(name, FIELD_WIDTH) + (int)sizeof " 100 %," - 1;
        bool fits = column + 1 + width <= TABLE_WIDTH;
        PUT(w, "%s", i == 0 ? "" : fits ? ", " : ",\n        ");
        column = i == 0 || !fits ? FIELDS_INDENT + width : column + 1 + width;
        put_short_name(w, name, FIELD_WIDTH);
        PUT(w, " %.0f %%", 100 * share_of(a->field_counts[i].count, a->records));
    }
    if (a->fields.n > SHOWN_FIELDS)
        PUT(w, ",\n        and %u more", a->fields.n - SHOWN_FIELDS);
    PUT(w, "\n");
}

static void put_facts(writer *w, const ya_analysis *a)
{
    PUT(w, "\ntexts   ");
    put_count(w, a->text.n, 0);
    PUT(w, " of ");
    put_count(w, (uint64_t)a->text.sum, 0);
    PUT(w, " characters, from %.0f to %.0f, mean %.0f\n", a->text.n ? a->text.min : 0,
        a->text.n ? a->text.max : 0, mean_of(&a->text));
    PUT(w, "years   ");
    if (a->years.n > 0)
        PUT(w, "%.0f to %.0f, mean %.0f; ", a->years.min, a->years.max, mean_of(&a->years));
    put_count(w, a->unknown_years, 0);
    PUT(w, " scored records have none\n");
    for (int i = 0; i < YA_N_UNIQUE; i++) {
        uint64_t n = a->n_values[i], unique = a->n_unique[i];
        if (n == 0)
            continue;
        PUT(w, "%-7s ", i == 0 ? "ident." : ya_unique_fields[i]);
        put_count(w, n, 0);
        PUT(w, " values, %.2f %% of them duplicates: %s\n", 100 * share_of(n - unique, n),
            ya_duplicate_flag(n, unique));
    }
    put_fields(w, a);
}

static void put_flags(writer *w, const ya_analysis *a)
{
    const char *flags[3];
    int n = ya_analysis_flags(a, flags);
    for (int i = 0; i < n; i++) {
        const char *meaning = strcmp(flags[i], "low") == 0
                                  ? "less than a fifth have a low w: few primary sources"
                              : strcmp(flags[i], "high") == 0
                                  ? "more than half have a high w: mostly coordinated sources"
                                  : "a file's records all carry the same two labels";
        PUT(w, "%s%-14s %s\n", i == 0 ? "\n" : "", flags[i], meaning);
    }
    if (a->bad_labels > 0) {
        PUT(w, "%sbad labels     ", n == 0 ? "\n" : "");
        put_count(w, a->bad_labels, 0);
        PUT(w, " records have labels out of range and are left out\n");
    }
}

ya_status ya_analysis_table(const ya_analysis *files, size_t n_files, const ya_analysis *total,
                            ya_buffer *out, ya_error *err)
{
    writer w = {out, err, YA_OK};
    put_files(&w, files, n_files, total);
    put_histograms(&w, total);
    put_sources(&w, total);
    put_facts(&w, total);
    put_flags(&w, total);
    return w.status;
}
