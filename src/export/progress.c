#include "export/progress.h"

#include "base/clock.h"
#include "base/format.h"
#include "base/log.h"

#include <unistd.h>

static const int64_t REDRAW_NS = 200000000;
enum { LINE_BYTES = 160, TENTHS = 10 };

void ya_export_progress_begin(ya_export_progress *p, uint64_t total, bool quiet)
{
    *p = (ya_export_progress){
        .total = total ? total : 1,
        .start_ns = ya_now_ns(),
        .terminal = isatty(STDERR_FILENO) != 0,
        .quiet = quiet,
    };
}

static void describe(const ya_export_progress *p, int64_t now, ya_format *line)
{
    double seconds = (double)(now - p->start_ns) * 1e-9, done = (double)p->done;
    double rate = seconds > 0 ? done / seconds : 0;
    long left = rate > 0 ? (long)(((double)p->total - done) / rate) : 0;
    ya_format_add(line, "%.2f of %.2f GB  %.0f MB/s  ETA %ld:%02ld", done / 1e9,
                  (double)p->total / 1e9, rate / 1e6, left / 60, left % 60);
}

void ya_export_progress_add(ya_export_progress *p, uint64_t bytes)
{
    char text[LINE_BYTES];
    ya_format line = {.data = text, .room = sizeof text};
    int64_t now = ya_now_ns();
    p->done += bytes;
    int tenths = (int)(p->done * TENTHS / p->total);
    if (p->quiet)
        return;
    if (p->terminal && now - p->shown_ns >= REDRAW_NS) {
        ya_format_add(&line, "\r");
        describe(p, now, &line);
        ya_format_add(&line, "\x1b[K");
        p->drawn = write(STDERR_FILENO, line.data, line.size) >= 0 || p->drawn;
        p->shown_ns = now;
    } else if (!p->terminal && tenths > p->tenths && now - p->start_ns > 10 * REDRAW_NS) {
        describe(p, now, &line);
        ya_info("%s", line.data);
        p->tenths = tenths;
    }
}

void ya_export_progress_end(ya_export_progress *p)
{
    if (p->drawn && write(STDERR_FILENO, "\n", 1) == 1)
        p->drawn = false;
}
