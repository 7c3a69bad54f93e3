#include "train/progress.h"

#include "base/clock.h"
#include "base/format.h"
#include "base/log.h"

#include <unistd.h>

enum { BAR = 20, LINE_BYTES = 256 };

void ya_progress_begin(ya_progress *progress, int64_t first_step, int64_t n_steps, bool quiet)
{
    *progress = (ya_progress){
        .n_steps = n_steps,
        .first_step = first_step,
        .start_ns = ya_now_ns(),
        .terminal = isatty(STDERR_FILENO) != 0,
        .quiet = quiet,
    };
}

static void add_duration(ya_format *line, double seconds)
{
    long s = (long)seconds;
    if (s >= 3600)
        ya_format_add(line, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        ya_format_add(line, "%ld:%02ld", s / 60, s % 60);
}

static void add_numbers(ya_format *line, const ya_progress *p, const ya_step_report *r)
{
    int64_t done = r->step - p->first_step, left = p->n_steps - r->step;
    double elapsed = (double)(ya_now_ns() - p->start_ns) * 1e-9;
    ya_format_add(line, "step %lld/%lld  loss %.4f  ce %.4f  lr %.2e  %.0f tok/s  %.0f MB",
                  (long long)r->step, (long long)p->n_steps, r->objective.loss, r->objective.ce,
                  r->rate, (double)r->objective.n_tokens / r->step_s,
                  (double)r->memory.rss_anon / (double)YA_MB);
    ya_format_add(line, "  ETA ");
    add_duration(line, done > 0 ? elapsed / (double)done * (double)left : 0.0);
}

static void draw(ya_progress *p, const ya_step_report *r)
{
    char text[LINE_BYTES];
    ya_format line = {.data = text, .room = sizeof text};
    int filled = (int)(BAR * r->step / p->n_steps);
    ya_format_add(&line, "\r[");
    for (int i = 0; i < BAR; i++)
        ya_format_add(&line, "%c", i < filled ? '=' : ' ');
    ya_format_add(&line, "] ");
    add_numbers(&line, p, r);
    ya_format_add(&line, "\x1b[K");
    if (write(STDERR_FILENO, line.data, line.size) >= 0)
        p->drawn = true;
}

void ya_progress_step(ya_progress *progress, const ya_step_report *report, bool logged)
{
    if (progress->quiet)
        return;
    if (progress->terminal) {
        draw(progress, report);
    } else if (logged) {
        char text[LINE_BYTES];
        ya_format line = {.data = text, .room = sizeof text};
        add_numbers(&line, progress, report);
        ya_info("%s", line.data);
    }
}

void ya_progress_break(ya_progress *progress)
{
    if (progress->drawn && write(STDERR_FILENO, "\n", 1) == 1)
        progress->drawn = false;
}
