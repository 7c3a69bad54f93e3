#include "report/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { GRID = 10000 };                 /* units of a curve's coordinates */
enum { STACK = 13, MOST_STACKED = 4 }; /* marks: pixels, numbers */
static const double LOG_FROM = 50.0, LEVEL_REACH = 1.6;
static const double STACK_WIDTH = 0.05; /* of the plot: marks do not touch on a phone */

const char *const ya_mark_classes[YA_N_MARKS] = {"pause", "resume", "stop", "warning", "start"};
const char *const ya_mark_names[YA_N_MARKS] = {"pause", "end of a pause", "stop", "warning",
                                               "resumed from a checkpoint"};

/* Ranges: -------------------------------------------------------------------------------------- */

typedef struct {
    double low, high, least_positive;
} range;

static void include(range *r, double value)
{
    if (!isfinite(value))
        return;
    r->low = fmin(r->low, value);
    r->high = fmax(r->high, value);
    if (value > 0.0)
        r->least_positive = fmin(r->least_positive, value);
}

static range range_of(const ya_chart *chart)
{
    range r = {INFINITY, -INFINITY, INFINITY};
    for (int c = 0; c < chart->n_curves; c++) {
        const ya_series *s = &chart->curves[c].series;
        for (size_t i = 0; i < s->n; i++) {
            include(&r, s->points[i].low);
            include(&r, s->points[i].high);
        }
    }
    if (!(r.low <= r.high))
        r = (range){0.0, 1.0, 1.0};
    return r;
}

/* What is far above all curves would flatten them. */
static bool in_reach(const ya_level *level, const range *r)
{
    return level->y >= 0.0 && level->y <= LEVEL_REACH * r->high;
}

/* Marks are sorted by place; those within STACK_WIDTH of the first stand above it. */
typedef struct {
    double place; /* of its first mark */
    int n;
} stack;

/* The stack that a mark belongs to, after that of the mark before it. */
static void next_stack(stack *s, const ya_plot *plot, const ya_mark *mark)
{
    double place = ya_scale_place(&plot->x, mark->x);
    if (s->n == 0 || place - s->place >= STACK_WIDTH)
        *s = (stack){.place = place};
    s->n++;
}

/* The marks above one another at most. */
static int tallest_stack(const ya_plot *plot)
{
    stack s = {0};
    int most = 0;
    for (size_t i = 0; i < plot->chart->n_marks; i++) {
        next_stack(&s, plot, &plot->chart->marks[i]);
        most = s.n > most ? s.n : most;
    }
    return most <= MOST_STACKED ? most : MOST_STACKED + 1;
}

/* Steps are whole numbers, and so are their ticks; one step stands in the middle. */
static ya_scale scale_of_steps(const ya_chart *chart)
{
    enum { TICKS = 5 };
    double first = chart->first_step, last = chart->last_step;
    if (last - first < 1.0) {
        first -= 1.0;
        last += 1.0;
    }
    double n = fmin(TICKS, last - first);
    return ya_scale_linear(first, last, (int)n, false);
}

ya_plot ya_plot_of(const ya_chart *chart)
{
    ya_plot plot = {.chart = chart};
    range r = range_of(chart);
    bool log = chart->may_log && r.low > 0.0 && r.high > LOG_FROM * r.least_positive;
    for (int i = 0; i < chart->n_levels; i++)
        if (in_reach(&chart->levels[i], &r)) {
            r.low = fmin(r.low, chart->levels[i].y);
            r.high = fmax(r.high, chart->levels[i].y);
        }
    if (chart->from_zero && !log)
        r.low = fmin(r.low, 0.0);
    plot.x = scale_of_steps(chart);
    plot.y = log ? ya_scale_log(r.low, r.high) : ya_scale_linear(r.low, r.high, 5, true);
    if (chart->n_marks > 0)
        plot.top = 6 + STACK * tallest_stack(&plot);
    return plot;
}

bool ya_plot_shows(const ya_plot *plot, const ya_level *level)
{
    return level->y >= plot->y.low && level->y <= plot->y.high;
}

/* Drawing: ------------------------------------------------------------------------------------- */

static double down(const ya_plot *plot, double y)
{
    return 100.0 * (1.0 - ya_scale_place(&plot->y, y));
}

static double right(const ya_plot *plot, double x)
{
    return 100.0 * ya_scale_place(&plot->x, x);
}

static void draw_axes(ya_html *html, const ya_plot *plot)
{
    char text[YA_TICK_TEXT];
    for (int i = 0; i < plot->y.n_ticks; i++) {
        double y = down(plot, plot->y.ticks[i]);
        ya_scale_tick(&plot->y, i, text);
        ya_html_add(
            html, "<line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%.3f%%\" y2=\"%.3f%%\"/>", y, y);
        ya_html_add(
            html,
            "<text class=\"tick\" x=\"-8\" y=\"%.3f%%\" dy=\".32em\" text-anchor=\"end\">%s</text>",
            y, text);
    }
    for (int i = 0; i < plot->x.n_ticks; i++) {
        double x = right(plot, plot->x.ticks[i]);
        ya_scale_tick(&plot->x, i, text);
        ya_html_add(html,
                    "<svg x=\"%.3f%%\" y=\"100%%\" overflow=\"visible\">"
                    "<path class=\"axis\" d=\"M0 0v5\"/></svg>",
                    x);
        ya_html_add(html,
                    "<text class=\"tick\" x=\"%.3f%%\" y=\"100%%\" dy=\"20\" "
                    "text-anchor=\"middle\">%s</text>",
                    x, text);
    }
    ya_html_add(html, "<line class=\"axis\" x1=\"0\" x2=\"100%%\" y1=\"100%%\" y2=\"100%%\"/>");
}

static void add_path(ya_html *html, const ya_plot *plot, const ya_series *s)
{
    for (size_t i = 0; i < s->n; i++)
        ya_html_add(html, "%s%.0f %.0f", i ? "L" : "M", GRID * 0.01 * right(plot, s->points[i].x),
                    GRID * 0.01 * down(plot, s->points[i].y));
}

/* The range that the points stand for, as an area. */
static void draw_range(ya_html *html, const ya_plot *plot, const ya_curve *curve)
{
    const ya_series *s = &curve->series;
    ya_html_add(html, "<path class=\"range %s\" d=\"", curve->colour);
    for (size_t i = 0; i < s->n; i++)
        ya_html_add(html, "%s%.0f %.0f", i ? "L" : "M", GRID * 0.01 * right(plot, s->points[i].x),
                    GRID * 0.01 * down(plot, s->points[i].high));
    for (size_t i = s->n; i-- > 0;)
        ya_html_add(html, "L%.0f %.0f", GRID * 0.01 * right(plot, s->points[i].x),
                    GRID * 0.01 * down(plot, s->points[i].low));
    ya_html_add(html, "Z\"/>");
}

static void draw_curves(ya_html *html, const ya_plot *plot)
{
    const ya_chart *chart = plot->chart;
    ya_html_add(html,
                "<svg width=\"100%%\" height=\"100%%\" viewBox=\"0 0 %d %d\" "
                "preserveAspectRatio=\"none\" overflow=\"visible\">",
                GRID, GRID);
    for (int c = 0; c < chart->n_curves; c++) {
        const ya_curve *curve = &chart->curves[c];
        if (curve->series.n < 2)
            continue;
        if (curve->draw == YA_DRAW_FAINT)
            draw_range(html, plot, curve);
        ya_html_add(html, "<path class=\"%s %s%s\" d=\"",
                    curve->draw == YA_DRAW_FAINT ? "faint" : "line", curve->colour,
                    curve->dashed ? " dashed" : "");
        add_path(html, plot, &curve->series);
        ya_html_add(html, "\"/>");
    }
    ya_html_add(html, "</svg>");
}

/* Dots where asked for, and for a curve of one point, which has no line. */
static void draw_dots(ya_html *html, const ya_plot *plot)
{
    enum { MOST_DOTS = 60 };
    const ya_chart *chart = plot->chart;
    for (int c = 0; c < chart->n_curves; c++) {
        const ya_curve *curve = &chart->curves[c];
        const ya_series *s = &curve->series;
        if (s->n != 1 && (curve->draw != YA_DRAW_DOTS || s->n > MOST_DOTS))
            continue;
        for (size_t i = 0; i < s->n; i++)
            ya_html_add(
                html,
                "<circle class=\"dot %s\" cx=\"%.3f%%\" cy=\"%.3f%%\" r=\"3.5\"><title>step %.0f: "
                "%.6g</title></circle>",
                curve->colour, right(plot, s->points[i].x), down(plot, s->points[i].y),
                s->points[i].x, s->points[i].y);
    }
}

void ya_level_label(ya_html *html, const ya_plot *plot, const ya_level *level)
{
    char number[YA_NUMBER_SHOWN];
    if (level->y >= 100.0)
        ya_number_shown(round(level->y), number);
    else
        snprintf(number, sizeof number, "%.3g", level->y);
    ya_html_text(html, level->label);
    ya_html_add(html, " %s%s", number, plot->chart->level_unit);
}

/* Baselines of the labels in pixels from the top: above its line, or where another label is there,
 * below that. */
static void place_labels(const ya_plot *plot, double baseline[YA_MAX_LEVELS])
{
    enum { ABOVE = 5, BELOW = 14, LINE = 15 };
    const ya_chart *chart = plot->chart;
    bool placed[YA_MAX_LEVELS] = {false};
    double last = -INFINITY;
    for (int n = 0; n < chart->n_levels; n++) {
        int top = -1; /* of those that are left, the topmost */
        for (int i = 0; i < chart->n_levels; i++)
            if (!placed[i] && ya_plot_shows(plot, &chart->levels[i]) &&
                (top < 0 || chart->levels[i].y > chart->levels[top].y))
                top = i;
        if (top < 0)
            return;
        double y = 0.01 * chart->height * down(plot, chart->levels[top].y);
        baseline[top] = y - ABOVE >= last + LINE ? y - ABOVE : fmax(y + BELOW, last + LINE);
        last = baseline[top];
        placed[top] = true;
    }
}

/* Whether a curve runs through the label with this baseline, which takes up at most HALF of the
 * width at one end. */
static bool is_crossed(const ya_plot *plot, double baseline, bool at_right)
{
    enum { LETTERS = 13, BELOW = 4 };
    static const double HALF = 0.45;
    const ya_chart *chart = plot->chart;
    for (int c = 0; c < chart->n_curves; c++) {
        const ya_series *s = &chart->curves[c].series;
        double before = NAN; /* the last point's place, for a line that passes between two */
        for (size_t i = 0; i < s->n; i++) {
            double x = ya_scale_place(&plot->x, s->points[i].x);
            double y = 0.01 * chart->height * down(plot, s->points[i].y);
            bool near = at_right ? x > 1.0 - HALF : x < HALF;
            double high = fmin(y, isfinite(before) ? before : y),
                   low = fmax(y, isfinite(before) ? before : y);
            if (near && low > baseline - LETTERS && high < baseline + BELOW)
                return true;
            before = y;
        }
    }
    return false;
}

/* Level lines with their labels at the right end, or the left one where only the right one is
 * crossed by a curve. */
static void draw_levels(ya_html *html, const ya_plot *plot)
{
    const ya_chart *chart = plot->chart;
    double baseline[YA_MAX_LEVELS];
    place_labels(plot, baseline);
    for (int i = 0; i < chart->n_levels; i++) {
        const ya_level *level = &chart->levels[i];
        if (!ya_plot_shows(plot, level))
            continue;
        double y = down(plot, level->y);
        bool left = is_crossed(plot, baseline[i], true) && !is_crossed(plot, baseline[i], false);
        ya_html_add(html,
                    "<line class=\"level %s\" x1=\"0\" x2=\"100%%\" y1=\"%.3f%%\" y2=\"%.3f%%\"/>"
                    "<text class=\"note %s\" x=\"%s\" y=\"%.1f\" dx=\"%d\" text-anchor=\"%s\">",
                    level->colour, y, y, level->colour, left ? "0" : "100%", baseline[i],
                    left ? 4 : -4, left ? "start" : "end");
        ya_level_label(html, plot, level);
        ya_html_add(html, "</text>");
    }
}

void ya_mark_shape(ya_html *html, ya_mark_kind kind)
{
    static const char *const shapes[YA_N_MARKS] = {
        "M-4 -5h3v10h-3zM1 -5h3v10h-3z",
        "M-4 -5L5 0L-4 5z",
        "M-4.5 -4.5h9v9h-9z",
        "M0 -5.5L5.5 0L0 5.5L-5.5 0z",
        "M0 -4.5a4.5 4.5 0 1 0 .01 0zM0 -2a2 2 0 1 1 -.01 0z",
    };
    ya_html_add(html, "<path class=\"mark %s\" d=\"%s\"/>", ya_mark_classes[kind], shapes[kind]);
}

static void draw_mark(ya_html *html, const ya_plot *plot, const ya_mark *mark, const stack *s)
{
    double x = right(plot, mark->x);
    if (s->n > MOST_STACKED + 1)
        return;
    ya_html_add(html,
                "<line class=\"event %s\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"-4\" y2=\"100%%\"/>"
                "<svg x=\"%.3f%%\" y=\"%d\" overflow=\"visible\">",
                ya_mark_classes[mark->kind], x, x, 100.0 * s->place, 2 - STACK * s->n);
    if (s->n > MOST_STACKED)
        ya_html_add(html, "<text class=\"tick\" text-anchor=\"middle\" y=\"4\">+</text>");
    else
        ya_mark_shape(html, mark->kind);
    ya_html_add(html, "<title>");
    ya_html_text(html, mark->text);
    ya_html_add(html, "</title></svg>");
}

static void draw_marks(ya_html *html, const ya_plot *plot)
{
    stack s = {0};
    for (size_t i = 0; i < plot->chart->n_marks; i++) {
        next_stack(&s, plot, &plot->chart->marks[i]);
        draw_mark(html, plot, &plot->chart->marks[i], &s);
    }
}

void ya_plot_draw(ya_html *html, const ya_plot *plot)
{
    draw_axes(html, plot);
    draw_marks(html, plot);
    draw_curves(html, plot);
    draw_levels(html, plot);
    draw_dots(html, plot);
}
