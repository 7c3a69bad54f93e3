#include "report/chart.h"

#include "report/plot.h"
#include "report/style.h"

#include <stdio.h>
#include <string.h>

bool ya_chart_has_points(const ya_chart *chart)
{
    for (int i = 0; i < chart->n_curves; i++)
        if (chart->curves[i].series.n > 0)
            return true;
    return false;
}

void ya_chart_free(ya_chart *chart)
{
    for (int i = 0; i < chart->n_curves; i++)
        ya_series_free(&chart->curves[i].series);
    chart->n_curves = 0;
}

/* "loss, nats per token"; with the power of ten that ticks are in units of. */
static void add_unit(ya_html *html, const ya_plot *plot)
{
    const char *unit = plot->chart->unit;
    if (plot->y.exponent != 0)
        ya_html_add(html, "%s%s×10<tspan class=\"sup\" dy=\"-4\">%d</tspan>", unit,
                    *unit ? ", " : "", plot->y.exponent);
    else
        ya_html_add(html, "%s", unit);
    if (plot->y.log)
        ya_html_add(html, "%slogarithmic", plot->y.exponent ? "" : *unit ? ", " : "");
}

static void add_levels_above(ya_html *html, const ya_plot *plot)
{
    for (int i = 0; i < plot->chart->n_levels; i++) {
        const ya_level *level = &plot->chart->levels[i];
        if (ya_plot_shows(plot, level) || !(level->y > plot->y.high))
            continue;
        ya_html_add(html, " <span class=\"above\">");
        ya_level_label(html, plot, level);
        ya_html_add(html, ": above this scale</span>");
    }
}

/* The kinds of marks that are there. */
static unsigned mark_kinds(const ya_chart *chart)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < chart->n_marks; i++)
        kinds |= 1u << chart->marks[i].kind;
    return kinds;
}

static void add_legend(ya_html *html, const ya_plot *plot)
{
    const ya_chart *chart = plot->chart;
    unsigned kinds = mark_kinds(chart);
    ya_html_add(html, "<ul class=\"legend\">");
    for (int i = 0; i < chart->n_curves; i++) {
        const ya_curve *curve = &chart->curves[i];
        if (!curve->label || curve->series.n == 0)
            continue;
        ya_html_add(html,
                    "<li><svg width=\"22\" height=\"10\"><path class=\"%s %s%s\" d=\"M1 5H21\"/>",
                    curve->draw == YA_DRAW_FAINT ? "faint" : "line", curve->colour,
                    curve->dashed ? " dashed" : "");
        if (curve->draw == YA_DRAW_DOTS)
            ya_html_add(html, "<circle class=\"dot %s\" cx=\"11\" cy=\"5\" r=\"3.5\" />",
                        curve->colour);
        ya_html_add(html, "</svg>");
        ya_html_text(html, curve->label);
        ya_html_add(html, "</li>");
    }
    for (int kind = 0; kind < YA_N_MARKS; kind++) {
        if (!(kinds & 1u << kind))
            continue;
        ya_html_add(html, "<li><svg width=\"14\" height=\"12\"><g transform=\"translate(7 6)\">");
        ya_mark_shape(html, (ya_mark_kind)kind);
        ya_html_add(html, "</g></svg>%s</li>", ya_mark_names[kind]);
    }
    ya_html_add(html, "</ul>");
}

void ya_chart_figure(ya_html *html, const ya_chart *chart)
{
    ya_plot plot = ya_plot_of(chart);
    ya_html_add(html, "<figure id=\"%s\"><figcaption><h3>%s%s</h3>", chart->file, chart->title,
                chart->title_end);
    add_legend(html, &plot);
    if (chart->note)
        ya_html_add(html, "<p class=\"hint\">%s", chart->note);
    if (chart->note)
        add_levels_above(html, &plot);
    ya_html_add(html, "%s</figcaption><div class=\"plot\" style=\"padding-top:%dpx\">",
                chart->note ? "</p>" : "", plot.top + 34);
    ya_html_add(html,
                "<svg class=\"chart\" width=\"100%%\" height=\"%d\" overflow=\"visible\" "
                "role=\"img\" aria-label=\"%s\">",
                chart->height, chart->title);
    ya_html_add(html, "<text class=\"unit\" x=\"-52\" y=\"%d\">", -plot.top - 16);
    add_unit(html, &plot);
    ya_html_add(html, "</text>");
    ya_plot_draw(html, &plot);
    ya_html_add(html, "<text class=\"unit\" x=\"100%%\" y=\"100%%\" dy=\"38\" "
                      "text-anchor=\"end\">step</text></svg></div></figure>\n");
}

/* A document of its own: ----------------------------------------------------------------------- */

enum { WIDTH = 760, LEFT = 60, RIGHT = 20, HEAD = 62, FOOT = 46 };

/* Legend items side by side; letters are taken to be 6.6 pixels wide. */
static void add_document_legend(ya_html *html, const ya_plot *plot)
{
    const ya_chart *chart = plot->chart;
    double at = LEFT;
    for (int i = 0; i < chart->n_curves; i++) {
        const ya_curve *curve = &chart->curves[i];
        if (!curve->label || curve->series.n == 0)
            continue;
        ya_html_add(html, "<path class=\"%s %s%s\" d=\"M%.0f 44h20\"/>",
                    curve->draw == YA_DRAW_FAINT ? "faint" : "line", curve->colour,
                    curve->dashed ? " dashed" : "", at);
        if (curve->draw == YA_DRAW_DOTS)
            ya_html_add(html, "<circle class=\"dot %s\" cx=\"%.0f\" cy=\"44\" r=\"3.5\"/>",
                        curve->colour, at + 10.0);
        ya_html_add(html, "<text class=\"item\" x=\"%.0f\" y=\"48\">", at + 26.0);
        ya_html_text(html, curve->label);
        ya_html_add(html, "</text>");
        at += 48.0 + 6.6 * (double)strlen(curve->label);
    }
}

void ya_chart_document(ya_html *html, const ya_chart *chart)
{
    ya_plot plot = ya_plot_of(chart);
    int top = HEAD + plot.top + 18, height = top + chart->height + FOOT;
    ya_html_add(html,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                "viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n<style>\n",
                WIDTH, height, WIDTH, height, chart->title);
    ya_html_style(html, true);
    ya_html_add(html,
                "</style>\n<rect class=\"paper\" width=\"100%%\" height=\"100%%\" rx=\"8\"/>\n"
                "<text class=\"title\" x=\"%d\" y=\"26\">%s</text>\n",
                LEFT, chart->title);
    add_document_legend(html, &plot);
    ya_html_add(html,
                "\n<svg x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" overflow=\"visible\">"
                "<text class=\"unit\" x=\"-40\" y=\"%d\">",
                LEFT, top, WIDTH - LEFT - RIGHT, chart->height, -plot.top - 10);
    add_unit(html, &plot);
    ya_html_add(html, "</text>\n");
    ya_plot_draw(html, &plot);
    ya_html_add(html, "<text class=\"unit\" x=\"100%%\" y=\"100%%\" dy=\"38\" "
                      "text-anchor=\"end\">step</text></svg>\n</svg>\n");
}
