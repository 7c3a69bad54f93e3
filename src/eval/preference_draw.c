/* preference.svg: on the left the share of facts in which each system prefers the primary value,
 * with its 95 % interval; on the right every fact's margin, cut at the ends. */
#include "base/buffer.h"
#include "eval/preference.h"
#include "io/outdir.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    WIDTH = 900,
    LABELS = 190,  /* where the names end */
    SHARES = 320,  /* width of the left part */
    MARGINS = 300, /* of the right */
    GAP = 60,
    TOP = 64,
    ROW = 34,
    BOTTOM = 40
};
static const double MOST = 20.0; /* margins beyond are drawn there */

static const char HEAD[] =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" "
    "font-size=\"13\" role=\"img\" aria-label=\"Share of facts in which each model prefers what "
    "the "
    "primary sources say\">\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
    "<text x=\"%d\" y=\"24\" font-weight=\"bold\">prefers the primary sources' value</text>\n"
    "<text x=\"%d\" y=\"24\" font-weight=\"bold\">log-likelihood margin of each fact</text>\n";

static double share_x(double share)
{
    return LABELS + share * SHARES;
}

static double margin_x(double margin)
{
    double cut = fmax(-MOST, fmin(MOST, margin));
    return LABELS + SHARES + GAP + (cut + MOST) / (2 * MOST) * MARGINS;
}

static ya_status line(ya_buffer *out, double x, int height, const char *style, const char *label,
                      ya_error *err)
{
    return ya_buffer_printf(out, err,
                            "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" %s/>\n<text "
                            "x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#666\" "
                            "font-size=\"11\">%s</text>\n",
                            x, TOP - 14, x, height - BOTTOM, style, x, TOP - 20, label);
}

static ya_status draw_axes(ya_buffer *out, int height, double least, ya_error *err)
{
    static const char grey[] = "stroke=\"#ccc\"",
                      dashed[] = "stroke=\"#888\" stroke-dasharray=\"4 3\"";
    char label[16];
    ya_status status;
    snprintf(label, sizeof label, "%.0f %%", 100 * least);
    YA_TRY(line(out, share_x(0), height, grey, "0", err));
    YA_TRY(line(out, share_x(0.5), height, dashed, "50 %", err));
    YA_TRY(line(out, share_x(least), height, dashed, label, err));
    YA_TRY(line(out, share_x(1), height, grey, "", err));
    YA_TRY(line(out, margin_x(-MOST), height, grey, "-20", err));
    YA_TRY(line(out, margin_x(0), height, dashed, "0", err));
    YA_TRY(line(out, margin_x(MOST), height, grey, "+20", err));
done:
    return status;
}

/* One system: all its seeds. */
static ya_status draw_row(const ya_preference *p, const char *system, int row, ya_buffer *out,
                          ya_error *err)
{
    size_t n = 0, n_primary = 0, k = 0;
    int y = TOP + row * ROW;
    ya_status status = YA_OK;
    for (size_t i = 0; i < p->n; i++) {
        const ya_preference_run *run = &p->runs[i];
        if (strcmp(run->system, system) != 0)
            continue;
        n += run->n;
        n_primary += run->n_primary;
        for (size_t j = 0; j < run->n; j++, k++) /* spread a little, so that none hides another */
            YA_TRY(ya_buffer_printf(
                out, err,
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\" fill=\"%s\" fill-opacity=\"0.5\"/>\n",
                margin_x(run->margin[j]), y + 3.0 + (double)(k * 7 % 16),
                run->margin[j] > 0 ? "#2166ac" : "#b2182b"));
    }
    ya_estimate e = ya_binomial_interval(n_primary, n);
    YA_TRY(ya_buffer_printf(
        out, err,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n<rect x=\"%d\" y=\"%d\" "
        "width=\"%.1f\" height=\"20\" fill=\"%s\"/>\n<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" "
        "y2=\"%d\" stroke=\"#000\"/>\n<text x=\"%d\" y=\"%d\" font-size=\"12\">%.0f "
        "%%</text>\n",
        LABELS - 10, y + 15, system, LABELS, y, e.mean * SHARES,
        strncmp(system, "weighted", 8) == 0 ? "#2166ac" : "#777", share_x(e.low), y + 10,
        share_x(e.high), y + 10, LABELS + SHARES + 8, y + 15, 100 * e.mean));
done:
    return status;
}

ya_status ya_preference_draw(const ya_preference *p, double least, const char *dir, ya_error *err)
{
    ya_buffer out = {0};
    char path[YA_PATH_MAX];
    int rows = 1; /* there is one run at least */
    ya_status status;
    while ((size_t)rows < p->n && p->runs[rows].seed == p->runs[0].seed)
        rows++;
    int height = TOP + rows * ROW + BOTTOM;
    YA_TRY(ya_path_join(path, dir, "preference.svg", err));
    YA_TRY(ya_buffer_printf(&out, err, HEAD, WIDTH, height, WIDTH, height, LABELS,
                            LABELS + SHARES + GAP));
    YA_TRY(draw_axes(&out, height, least, err));
    for (int i = 0; i < rows; i++)
        YA_TRY(draw_row(p, p->runs[i].system, i, &out, err));
    YA_TRY(ya_buffer_printf(&out, err,
                            "<text x=\"%d\" y=\"%d\" fill=\"#666\" font-size=\"11\">%zu facts, %zu "
                            "seed%s; bars: 95 %% interval</text>\n</svg>\n",
                            LABELS, height - 12, p->runs[0].n, p->n / (size_t)rows,
                            p->n / (size_t)rows == 1 ? "" : "s"));
    status = ya_write_file(path, out.data, out.size, err);
done:
    ya_buffer_free(&out);
    return status;
}
