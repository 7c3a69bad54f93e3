#include "train/progress.h"

#include "base/clock.h"
#include "base/format.h"
#include "base/log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BAR = 24, LEAST_COLUMNS = 8, DEFAULT_COLUMNS = 80, FIELD_BYTES = 128, MOST_FIELDS = 8 };
static const int64_t DRAW_NS = 100000000;

/* The terminal: -------------------------------------------------------------------------------- */

static int window_columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return DEFAULT_COLUMNS;
}

static bool is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

void ya_progress_begin(ya_progress *progress, int64_t first_step, int64_t n_steps, uint64_t planned,
                       bool quiet)
{
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    *progress = (ya_progress){
        .n_steps = n_steps,
        .first_step = first_step,
        .start_ns = ya_now_ns(),
        .planned = planned,
        .terminal = isatty(STDERR_FILENO) != 0 && !(term && strcmp(term, "dumb") == 0),
        .quiet = quiet,
        .colour = !(no_colour && *no_colour),
        .utf8 = is_utf8(),
        .steps_a_bar = 1,
    };
}

/* Fields: -------------------------------------------------------------------------------------- */

/* Columns of a text: bytes that begin a character. */
static int columns_of(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static void add_duration(ya_format *line, double seconds)
{
    long long s = seconds < 1e9 ? (long long)seconds : 999999999;
    if (s >= 3600)
        ya_format_add(line, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
        ya_format_add(line, "%lld:%02lld", s / 60, s % 60);
}

static double seconds_left(const ya_progress *p)
{
    int64_t done = p->last.step - p->first_step, left = p->n_steps - p->last.step;
    double elapsed = (double)(ya_now_ns() - p->start_ns) * 1e-9;
    return done > 0 ? elapsed / (double)done * (double)left : 0.0;
}

static double mb(uint64_t bytes)
{
    return (double)bytes / (double)YA_MB;
}

/* The means of the losses so far, lowest to highest. */
static void add_spark(ya_format *line, const ya_progress *p)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < p->n_bars; i++) {
        low = fmin(low, p->bars[i]);
        high = fmax(high, p->bars[i]);
    }
    for (int i = 0; i < p->n_bars; i++) {
        double place = high > low ? (p->bars[i] - low) / (high - low) : 0.0;
        ya_format_add(line, "%s", isfinite(p->bars[i]) ? blocks[(int)(place * 7.0 + 0.5)] : " ");
    }
}

/* Every bar is the mean of as many steps; when there is no room left, pairs become one. */
static void remember_loss(ya_progress *p, double loss)
{
    if (!isfinite(loss))
        return;
    p->sum += loss;
    if (++p->in_bar < p->steps_a_bar)
        return;
    if (p->n_bars == YA_SPARK) {
        for (int i = 0; i < YA_SPARK / 2; i++)
            p->bars[i] = (p->bars[2 * i] + p->bars[2 * i + 1]) / 2.0;
        p->n_bars = YA_SPARK / 2;
        p->steps_a_bar *= 2;
        if (p->in_bar < p->steps_a_bar)
            return;
    }
    p->bars[p->n_bars++] = p->sum / (double)p->in_bar;
    p->sum = 0.0;
    p->in_bar = 0;
}

typedef struct {
    int n;
    char text[MOST_FIELDS][FIELD_BYTES]; /* the most important first */
} fields;

static ya_format next_field(fields *f)
{
    return (ya_format){.data = f->text[f->n++], .room = FIELD_BYTES};
}

/* As many fields as fit, in their order, with two blanks between. */
static void join(const fields *f, int columns, char out[YA_PANEL_BYTES])
{
    int used = 0;
    ya_format line = {.data = out, .room = YA_PANEL_BYTES};
    out[0] = '\0';
    for (int i = 0; i < f->n; i++) {
        int width = columns_of(f->text[i]), gap = used ? 2 : 0;
        if (width == 0 || used + gap + width >= columns)
            continue;
        ya_format_add(&line, "%*s%s", gap, "", f->text[i]);
        used += gap + width;
    }
}

static void first_line(const ya_progress *p, int columns, char out[YA_PANEL_BYTES])
{
    fields f = {0};
    int filled = (int)(BAR * p->last.step / p->n_steps);
    ya_format bar = next_field(&f);
    if (columns > 60) {
        ya_format_add(&bar, "[");
        for (int i = 0; i < BAR; i++)
            ya_format_add(&bar, "%c", i < filled ? '=' : i == filled ? '>' : ' ');
        ya_format_add(&bar, "]");
    }
    ya_format step = next_field(&f);
    ya_format_add(&step, "step %lld/%lld", (long long)p->last.step, (long long)p->n_steps);
    ya_format share = next_field(&f);
    ya_format_add(&share, "%d %%", (int)(100 * p->last.step / p->n_steps));
    ya_format eta = next_field(&f);
    ya_format_add(&eta, "ETA ");
    add_duration(&eta, seconds_left(p));
    join(&f, columns, out);
}

static void second_line(const ya_progress *p, int columns, char out[YA_PANEL_BYTES])
{
    const ya_step_report *r = &p->last;
    fields f = {0};
    ya_format loss = next_field(&f);
    ya_format_add(&loss, "loss %.4f", r->objective.loss);
    if (p->utf8 && p->n_bars > 1 && columns > 60) {
        ya_format_add(&loss, " ");
        add_spark(&loss, p);
    }
    ya_format lr = next_field(&f);
    ya_format_add(&lr, "lr %.2e", r->rate);
    ya_format speed = next_field(&f);
    ya_format_add(&speed, "%.0f tok/s", (double)r->objective.n_tokens / r->step_s);
    ya_format memory = next_field(&f);
    if (p->planned && columns > 60)
        ya_format_add(&memory, "memory %.0f of %.0f MB planned", mb(r->memory.rss_anon),
                      mb(p->planned));
    else
        ya_format_add(&memory, "%.0f MB", mb(r->memory.rss_anon));
    join(&f, columns, out);
}

void ya_progress_lines(const ya_progress *progress, int columns,
                       char lines[YA_PANEL_LINES][YA_PANEL_BYTES])
{
    first_line(progress, columns, lines[0]);
    second_line(progress, columns, lines[1]);
}

/* Drawing: ------------------------------------------------------------------------------------- */

/* Goes to where the panel begins and clears from there. A window that has become narrower has
 * broken its lines into several. */
static void add_erase(const ya_progress *p, int columns, ya_format *out)
{
    int rows = 0;
    for (int i = 0; i < YA_PANEL_LINES; i++)
        rows += p->drawn[i] ? (p->drawn[i] + columns - 1) / columns : i < YA_PANEL_LINES - 1;
    if (rows > 1)
        ya_format_add(out, "\x1b[%dA", rows - 1);
    ya_format_add(out, "\r\x1b[J");
}

static bool is_drawn(const ya_progress *p)
{
    return p->drawn[0] > 0;
}

static void draw(ya_progress *p)
{
    char lines[YA_PANEL_LINES][YA_PANEL_BYTES], text[4 * YA_PANEL_BYTES];
    int columns = window_columns();
    ya_format out = {.data = text, .room = sizeof text};
    if (columns < LEAST_COLUMNS)
        columns = LEAST_COLUMNS;
    ya_progress_lines(p, columns, lines);
    text[0] = '\0';
    if (is_drawn(p))
        add_erase(p, columns, &out);
    ya_format_add(&out, "%s\r\n%s%s%s", lines[0], p->colour ? "\x1b[2m" : "", lines[1],
                  p->colour ? "\x1b[0m" : "");
    for (int i = 0; i < YA_PANEL_LINES; i++)
        p->drawn[i] = columns_of(lines[i]);
    p->drawn[0] += p->drawn[0] == 0;
    p->columns = columns;
    p->drawn_ns = ya_now_ns();
    if (write(STDERR_FILENO, out.data, out.size) < 0)
        p->terminal = false; /* nobody looks any more */
}

/* One line of everything, for a file. */
static void print_plain(const ya_progress *p)
{
    const ya_step_report *r = &p->last;
    char text[256];
    ya_format line = {.data = text, .room = sizeof text};
    ya_format_add(&line, "step %lld/%lld  loss %.4f  ce %.4f  lr %.2e  %.0f tok/s  %.0f MB  ETA ",
                  (long long)r->step, (long long)p->n_steps, r->objective.loss, r->objective.ce,
                  r->rate, (double)r->objective.n_tokens / r->step_s, mb(r->memory.rss_anon));
    add_duration(&line, seconds_left(p));
    ya_info("%s", line.data);
}

void ya_progress_step(ya_progress *progress, const ya_step_report *report, bool logged)
{
    if (progress->quiet)
        return;
    progress->last = *report;
    remember_loss(progress, report->objective.loss);
    if (!progress->terminal) {
        if (logged)
            print_plain(progress);
        return;
    }
    if (!is_drawn(progress) || report->step == progress->n_steps ||
        ya_now_ns() - progress->drawn_ns >= DRAW_NS)
        draw(progress);
}

void ya_progress_refresh(ya_progress *progress)
{
    if (progress->terminal && is_drawn(progress) && window_columns() != progress->columns)
        draw(progress);
}

void ya_progress_break(ya_progress *progress)
{
    char text[64];
    ya_format out = {.data = text, .room = sizeof text};
    if (!is_drawn(progress))
        return;
    add_erase(progress, window_columns(), &out);
    memset(progress->drawn, 0, sizeof progress->drawn);
    if (write(STDERR_FILENO, out.data, out.size) < 0)
        progress->terminal = false;
}

void ya_progress_end(ya_progress *progress)
{
    if (is_drawn(progress) && write(STDERR_FILENO, "\n", 1) == 1)
        memset(progress->drawn, 0, sizeof progress->drawn);
}
