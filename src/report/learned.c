#include "report/learned.h"

#include "report/scale.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_SOURCES = 16, MOST_READ = 256, MOST_BINS = 64 };

typedef struct {
    const char *name;
    double records, weight; /* shares, 0 to 1 */
} source;

static int by_weight(const void *a, const void *b)
{
    double x = ((const source *)a)->weight, y = ((const source *)b)->weight;
    return (x < y) - (x > y);
}

/* A share, or a number of records: 0 where the file says nothing usable. */
static double amount(const json_t *value)
{
    double number = json_is_number(value) ? json_number_value(value) : 0.0;
    return number >= 0.0 && number <= 1e15 ? number : 0.0;
}

/* Sources by falling weight; shares of records out of all. */
static size_t read_sources(const ya_figures *f, source sources[MOST_READ])
{
    const json_t *list = ya_figures_json(f, "provenance.weights.sources");
    size_t n = 0;
    double all = 0.0;
    for (size_t i = 0; i < json_array_size(list) && n < MOST_READ; i++) {
        const json_t *item = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(item, "source_type"));
        sources[n] = (source){name ? name : "(none)", amount(json_object_get(item, "records")),
                              fmin(1.0, amount(json_object_get(item, "weight_share")))};
        all += sources[n++].records;
    }
    for (size_t i = 0; i < n && all > 0.0; i++)
        sources[i].records /= all;
    qsort(sources, n, sizeof *sources, by_weight);
    return n;
}

static void source_row(ya_html *html, const char *name, double records, double weight, double most)
{
    ya_html_add(html, "<div class=source><span class=name><bdi>");
    ya_html_text(html, name);
    ya_html_add(
        html,
        "</bdi></span><span class=bars><svg width=\"100%%\" height=20><rect class=\"bar low\" "
        "width=\"%.3f%%\" height=11 rx=2 /><rect class=track width=\"%.3f%%\" y=13 height=6 "
        "rx=2 /></svg></span><span class=share><b>%.1f %%</b> <span class=quiet>of %.1f %% of "
        "the records</span></span></div>",
        100.0 * weight / most, 100.0 * records / most, 100.0 * weight, 100.0 * records);
}

static void draw_sources(ya_html *html, const ya_figures *f, const char *name)
{
    source sources[MOST_READ];
    size_t n = read_sources(f, sources), shown = n > MOST_SOURCES ? MOST_SOURCES - 1 : n;
    double records = 0.0, weight = 0.0, most = 1e-9;
    if (n == 0)
        return;
    ya_html_add(html,
                "<figure><figcaption><h3>Share of the weight by source%s%s</h3><ul "
                "class=legend><li><span class=\"swatch low\"></span>share of the weight "
                "(what the gradient sees)</li><li><svg width=12 height=6><rect class=track "
                "width=12 height=6 rx=2 /></svg>share of the records</li></ul></figcaption>"
                "",
                name ? ", " : "", name ? name : "");
    for (size_t i = shown; i < n; i++) {
        records += sources[i].records;
        weight += sources[i].weight;
    }
    most = fmax(most, fmax(records, weight));
    for (size_t i = 0; i < shown; i++)
        most = fmax(most, fmax(sources[i].records, sources[i].weight));
    for (size_t i = 0; i < shown; i++)
        source_row(html, sources[i].name, sources[i].records, sources[i].weight, most);
    if (shown < n)
        source_row(html, "all others", records, weight, most);
    ya_html_add(html, "</figure>\n");
}

/* Histograms: ---------------------------------------------------------------------------------- */

typedef struct {
    size_t n;
    double width;                                 /* of a bin */
    double records[MOST_BINS], weight[MOST_BINS]; /* shares */
    ya_scale y;                                   /* of shares, in per cent */
} bins;

static bool read_bins(const ya_figures *f, const char *key, bins *b)
{
    char keys[80];
    snprintf(keys, sizeof keys, "provenance.weights.%s.bin", key);
    b->width = ya_figures_number(f, keys);
    snprintf(keys, sizeof keys, "provenance.weights.%s.records", key);
    const json_t *records = ya_figures_json(f, keys);
    snprintf(keys, sizeof keys, "provenance.weights.%s.weight_share", key);
    const json_t *weight = ya_figures_json(f, keys);
    double all = 0.0, most = 0.0;
    b->n = json_array_size(records) < MOST_BINS ? json_array_size(records) : MOST_BINS;
    for (size_t i = 0; i < b->n; i++)
        all += b->records[i] = amount(json_array_get(records, i));
    for (size_t i = 0; i < b->n; i++) {
        b->records[i] = all > 0.0 ? b->records[i] / all : 0.0;
        b->weight[i] = fmin(1.0, amount(json_array_get(weight, i)));
        most = fmax(most, fmax(b->records[i], b->weight[i]));
    }
    b->y = ya_scale_linear(0.0, 100.0 * fmax(most, 1e-6), 4, true);
    return b->n > 0 && most > 0.0 && b->width > 0.0 && b->width < 1e6;
}

static void draw_bars(ya_html *html, const bins *b, bool by_band)
{
    for (size_t i = 0; i < b->n; i++) {
        double from = (double)i * b->width, step = 100.0 / (double)b->n;
        double high = 100.0 * ya_scale_place(&b->y, 100.0 * b->weight[i]);
        double low = 100.0 * ya_scale_place(&b->y, 100.0 * b->records[i]);
        /* bands end within no bin: 0.3 and 0.7 are edges */
        const char *colour = !by_band        ? "low"
                             : from < 0.2999 ? "low"
                             : from < 0.6999 ? "mid"
                                             : "high";
        ya_html_add(html,
                    "<g><title>%g to %g: %.1f %% of the weight, %.1f %% of the records</title>",
                    from, from + b->width, 100.0 * b->weight[i], 100.0 * b->records[i]);
        ya_html_add(
            html,
            "<rect class=track x=\"%.3f%%\" y=\"%.3f%%\" width=\"%.3f%%\" height=\"%.3f%%\"/>",
            step * ((double)i + 0.08), 100.0 - low, 0.38 * step, low);
        ya_html_add(html,
                    "<rect class=\"bar %s\" x=\"%.3f%%\" y=\"%.3f%%\" width=\"%.3f%%\" "
                    "height=\"%.3f%%\"/></g>",
                    colour, step * ((double)i + 0.5), 100.0 - high, 0.42 * step, high);
    }
}

static void draw_bin_axes(ya_html *html, const bins *b, const char *unit)
{
    double end = (double)b->n * b->width;
    ya_scale x = ya_scale_linear(0.0, end, 5, false);
    char text[YA_TICK_TEXT];
    for (int i = 0; i < b->y.n_ticks; i++) {
        double place = 100.0 * (1.0 - ya_scale_place(&b->y, b->y.ticks[i]));
        ya_scale_tick(&b->y, i, text);
        ya_html_add(html,
                    "<line class=grid x1=0 x2=\"100%%\" y1=\"%.3f%%\" y2=\"%.3f%%\"/>"
                    "<text class=tick x=-8 y=\"%.3f%%\" dy=\".32em\" text-anchor=end>%s</text>",
                    place, place, place, text);
    }
    for (int i = 0; i < x.n_ticks; i++) {
        ya_scale_tick(&x, i, text);
        ya_html_add(
            html, "<text class=tick x=\"%.3f%%\" y=\"100%%\" dy=18 text-anchor=middle>%s%s</text>",
            100.0 * ya_scale_place(&x, x.ticks[i]), text,
            b->width > 0.1 && x.ticks[i] >= end - 1e-9 ? "+" : "");
    }
    ya_html_add(html,
                "<line class=axis x1=0 x2=\"100%%\" y1=\"100%%\" y2=\"100%%\"/>"
                "<text class=unit x=-44 y=-14>%% of all</text><text class=unit x=\"100%%\" "
                "y=\"100%%\" dy=36 text-anchor=end>%s</text>",
                unit);
}

static void draw_histogram(ya_html *html, const ya_figures *f, const char *key, bool by_band,
                           const char *title, const char *unit, const char *name)
{
    bins b;
    if (!read_bins(f, key, &b))
        return;
    ya_html_add(html,
                "<figure><figcaption><h3>%s%s%s</h3><ul class=legend><li><svg width=12 "
                "height=10><rect class=track width=12 height=10 /></svg>records</li>",
                title, name ? ", " : "", name ? name : "");
    if (by_band)
        ya_html_add(html, "<li><span class=\"swatch low\"></span><span class=\"swatch mid\"></span>"
                          "<span class=\"swatch high\"></span>weight: primary, between, "
                          "coordinated</li>");
    else
        ya_html_add(html, "<li><span class=\"swatch low\"></span>weight</li>");
    ya_html_add(html,
                "</ul></figcaption><div class=plot style=\"padding-top:30px\"><svg class=chart "
                "width=\"100%%\" height=170 overflow=visible role=img aria-label=\"%s\">",
                title);
    draw_bin_axes(html, &b, unit);
    draw_bars(html, &b, by_band);
    ya_html_add(html, "</svg></div></figure>\n");
}

void ya_learned_figures(ya_html *html, const ya_figures *figures, const char *name)
{
    draw_sources(html, figures, name);
    ya_html_add(html, "<div class=two>");
    draw_histogram(html, figures, "by_auth_weight", true, "Records and weight by auth_weight",
                   "auth_weight w: 0 primary, 0.99 coordinated", name);
    draw_histogram(html, figures, "by_prov_entropy", false, "Records and weight by prov_entropy",
                   "prov_entropy H, bits", name);
    ya_html_add(html, "</div>");
}
