#include "train/metrics.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/format.h"
#include "base/log.h"
#include "io/json.h"
#include "io/map.h"
#include "io/outdir.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 4096 };

/* What lines of an earlier process are: those that hold, those of steps that are taken again, those
 * that nobody can read; the torn end of a file is in none. */
typedef struct {
    ya_buffer kept, strange;
    size_t n_strange;
    bool any_later; /* in front of a line that is kept: cutting the file is not enough */
    bool rewrite;
} sorted_lines;

static bool is_eval(const json_t *line)
{
    const char *event = ya_json_get_text(line, "event");
    return event && strcmp(event, "eval") == 0;
}

static ya_status sort_line(sorted_lines *s, const char *text, size_t size, int64_t last_step,
                           bool validate_again, ya_error *err)
{
    json_t *line = json_loadb(text, size - 1, 0, NULL);
    int64_t step = 0;
    bool known = ya_json_get_i64(line, "step", &step);
    bool later =
        known && (step > last_step || (validate_again && step == last_step && is_eval(line)));
    ya_status status = YA_OK;
    json_decref(line);
    if (!known) {
        s->n_strange++;
        s->rewrite = true;
        return ya_buffer_add(&s->strange, text, size, err);
    }
    if (later) {
        s->any_later = true;
        return YA_OK;
    }
    s->rewrite |= s->any_later;
    status = ya_buffer_add(&s->kept, text, size, err);
    return status;
}

/* Lines that cannot be read go to metrics.unreadable.jsonl, behind those that are there. */
static ya_status put_aside(const sorted_lines *s, const char *output, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_status status;
    YA_TRY(ya_path_join(path, output, "metrics.unreadable.jsonl", err));
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot write %s", path);
    if (write(fd, s->strange.data, s->strange.size) != (ssize_t)s->strange.size || fsync(fd) != 0)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot write %s", path);
    close(fd);
    if (!status)
        ya_warn("%zu lines of metrics.jsonl cannot be read; they are in %s now", s->n_strange,
                path);
done:
    return status;
}

/* Leaves in the file the lines of steps up to `last_step`. */
static ya_status keep_lines(const ya_metrics *metrics, const char *output, int64_t last_step,
                            bool validate_again, ya_error *err)
{
    char *text = NULL;
    const char *newline;
    size_t size = 0, next;
    sorted_lines s = {0};
    ya_status status;
    YA_TRY(ya_read_file(metrics->path, (size_t)1 << 34, &text, &size, err));
    for (size_t at = 0; at < size; at = next) {
        if (!(newline = memchr(text + at, '\n', size - at)))
            break;
        next = (size_t)(newline - text) + 1;
        YA_TRY(sort_line(&s, text + at, next - at, last_step, validate_again, err));
    }
    if (s.n_strange > 0)
        YA_TRY(put_aside(&s, output, err));
    if (s.rewrite)
        YA_TRY(ya_write_file(metrics->path, s.kept.size ? s.kept.data : "", s.kept.size, err));
    else if (truncate(metrics->path, (off_t)s.kept.size) != 0)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot cut %s", metrics->path);
done:
    ya_buffer_free(&s.kept);
    ya_buffer_free(&s.strange);
    ya_free(text);
    return status;
}

ya_status ya_metrics_open(ya_metrics *metrics, const char *output, int64_t last_step,
                          bool validate_again, ya_error *err)
{
    *metrics = (ya_metrics){.fd = -1, .board.fd = -1};
    const int emptied = last_step > 0 ? 0 : O_TRUNC;
    ya_status status;
    YA_TRY(ya_path_join(metrics->path, output, "metrics.jsonl", err));
    if (last_step > 0 && access(metrics->path, F_OK) == 0)
        YA_TRY(keep_lines(metrics, output, last_step, validate_again, err));
    metrics->fd = open(metrics->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | emptied, 0666);
    if (metrics->fd < 0)
        YA_TRY(ya_fail_errno(err, YA_ERR_IO, "cannot write %s", metrics->path));
    YA_TRY(ya_tensorboard_open(&metrics->board, output, last_step, err));
done:
    if (status)
        ya_metrics_close(metrics);
    return status;
}

void ya_metrics_close(ya_metrics *metrics)
{
    if (metrics->fd >= 0)
        close(metrics->fd);
    metrics->fd = -1;
    ya_tensorboard_close(&metrics->board);
}

static void add_real(ya_format *line, const char *key, double value)
{
    ya_format_add(line, ", \"%s\": ", key);
    ya_format_json_real(line, value);
}

static void add_bands(ya_format *line, const char *prefix, const double ce[YA_N_BANDS])
{
    for (int band = 0; band < YA_N_BANDS; band++) {
        ya_format_add(line, ", \"%s%s\": ", prefix, ya_band_names[band]);
        ya_format_json_real(line, ce[band]);
    }
}

static void add_time(ya_format *line)
{
    ya_format_add(line, ", \"time\": %.3f}\n", ya_wall_time_s());
}

static ya_status write_line(const ya_metrics *metrics, const ya_format *line, ya_error *err)
{
    size_t done = 0;
    while (done < line->size) {
        ssize_t n = write(metrics->fd, line->data + done, line->size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ya_fail_errno(err, YA_ERR_IO, "cannot write %s", metrics->path);
        done += (size_t)n;
    }
    return YA_OK;
}

static ya_status board_step(ya_metrics *metrics, const ya_step_report *r, ya_error *err)
{
    const double mb = 1.0 / (double)YA_MB;
    double rss = (double)r->memory.rss_anon, last = (double)metrics->last_rss_anon;
    const ya_scalar scalars[] = {
        {"loss/total", r->objective.loss},
        {"loss/cross_entropy", r->objective.ce},
        {"loss/distrust", r->objective.distrust},
        {"training/learning_rate", r->rate},
        {"training/grad_norm", r->grad_norm},
        {"training/effective_sample_size", r->objective.ess},
        {"system/memory_mb", rss * mb},
        {"system/memory_change_mb", last > 0.0 ? (rss - last) * mb : 0.0},
        {"system/tokens_per_second", (double)r->objective.n_tokens / r->step_s},
    };
    metrics->last_rss_anon = r->memory.rss_anon;
    return ya_tensorboard_add(&metrics->board, r->step, scalars, sizeof scalars / sizeof *scalars,
                              err);
}

ya_status ya_metrics_step(ya_metrics *metrics, const ya_step_report *r, ya_error *err)
{
    char text[LINE_BYTES];
    ya_format line = {.data = text, .room = sizeof text};
    const double mb = 1.0 / (double)YA_MB;
    ya_format_add(&line, "{\"step\": %lld", (long long)r->step);
    add_real(&line, "epoch", r->epoch);
    add_real(&line, "loss", r->objective.loss);
    add_real(&line, "ce", r->objective.ce);
    add_real(&line, "distrust", r->objective.distrust);
    add_real(&line, "ess", r->objective.ess);
    add_bands(&line, "ce_", r->objective.band_ce);
    add_real(&line, "lr", r->rate);
    add_real(&line, "grad_norm", r->grad_norm);
    add_real(&line, "tokens_per_s", (double)r->objective.n_tokens / r->step_s);
    add_real(&line, "step_s", r->step_s);
    add_real(&line, "rss_anon_mb", (double)r->memory.rss_anon * mb);
    add_real(&line, "rss_file_mb", (double)r->memory.rss_file * mb);
    add_real(&line, "mem_available_gb", (double)r->memory.mem_available / (double)YA_GB);
    add_real(&line, "leak_mb_per_step", r->leak_per_step * mb);
    add_time(&line);
    ya_status status = write_line(metrics, &line, err);
    return status ? status : board_step(metrics, r, err);
}

static ya_status board_eval(const ya_metrics *metrics, int64_t step, const ya_ce_sums *sums,
                            const double band_ce[YA_N_BANDS], ya_error *err)
{
    const double ce = sums->sum_ce / (double)sums->n_targets;
    const ya_scalar scalars[] = {
        {"eval/cross_entropy", ce},
        {"eval/perplexity", exp(ce)},
        {"eval/cross_entropy_low", band_ce[YA_BAND_LOW]},
        {"eval/cross_entropy_mid", band_ce[YA_BAND_MID]},
        {"eval/cross_entropy_high", band_ce[YA_BAND_HIGH]},
    };
    return ya_tensorboard_add(&metrics->board, step, scalars, sizeof scalars / sizeof *scalars,
                              err);
}

ya_status ya_metrics_eval(const ya_metrics *metrics, int64_t step, const ya_ce_sums *sums,
                          ya_error *err)
{
    char text[LINE_BYTES];
    ya_format line = {.data = text, .room = sizeof text};
    ya_format_add(&line, "{\"event\": \"eval\", \"step\": %lld", (long long)step);
    add_real(&line, "eval_ce", sums->sum_ce / (double)sums->n_targets);
    ya_format_add(&line, ", \"eval_tokens\": %llu", (unsigned long long)sums->n_targets);
    double band_ce[YA_N_BANDS];
    for (int band = 0; band < YA_N_BANDS; band++)
        band_ce[band] = ya_ce_sums_band(sums, band);
    add_bands(&line, "eval_ce_", band_ce);
    add_time(&line);
    ya_status status = write_line(metrics, &line, err);
    return status ? status : board_eval(metrics, step, sums, band_ce, err);
}

ya_status ya_metrics_start(const ya_metrics *metrics, int64_t step, const ya_plan *plan,
                           const ya_guard_limits *limits, ya_error *err)
{
    char text[LINE_BYTES];
    ya_format line = {.data = text, .room = sizeof text};
    ya_format_add(&line, "{\"event\": \"start\", \"step\": %lld", (long long)step);
    add_real(&line, "planned_mb", (double)plan->anonymous_peak / (double)YA_MB);
    add_real(&line, "budget_mb", (double)plan->budget.bytes / (double)YA_MB);
    add_real(&line, "pause_available_gb", (double)limits->pause_available / (double)YA_GB);
    add_real(&line, "abort_available_gb", (double)limits->abort_available / (double)YA_GB);
    add_time(&line);
    return write_line(metrics, &line, err);
}

ya_status ya_metrics_event(const ya_metrics *metrics, int64_t step, const char *name,
                           const char *text, ya_error *err)
{
    char bytes[LINE_BYTES];
    ya_format line = {.data = bytes, .room = sizeof bytes};
    ya_format_add(&line, "{\"event\": \"%s\", \"step\": %lld, \"text\": ", name, (long long)step);
    ya_format_json_text(&line, text);
    add_time(&line);
    return write_line(metrics, &line, err);
}

static void add_reading(ya_format *line, const char *suffix, const ya_memory_reading *r)
{
    const struct {
        const char *name;
        double value;
    } values[] = {
        {"rss_anon_mb", (double)r->rss_anon / (double)YA_MB},
        {"rss_file_mb", (double)r->rss_file / (double)YA_MB},
        {"mem_available_gb", (double)ya_guard_left(r) / (double)YA_GB},
        {"vm_hwm_mb", (double)r->vm_hwm / (double)YA_MB},
        {"swap_free_gb", r->swap_free == UINT64_MAX ? NAN : (double)r->swap_free / (double)YA_GB},
        {"psi_some_avg10", r->psi_some_avg10},
        {"cgroup_events", (double)r->cgroup_events},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        ya_format_add(line, ", \"%s%s\": ", values[i].name, suffix);
        ya_format_json_real(line, values[i].value);
    }
}

ya_status ya_metrics_guard(const ya_metrics *metrics, int64_t step, const char *name,
                           const char *text, const ya_memory_reading *before,
                           const ya_memory_reading *after, ya_error *err)
{
    char bytes[LINE_BYTES];
    ya_format line = {.data = bytes, .room = sizeof bytes};
    ya_format_add(&line, "{\"event\": \"%s\", \"step\": %lld, \"text\": ", name, (long long)step);
    ya_format_json_text(&line, text);
    add_reading(&line, "", after);
    add_reading(&line, "_before", before);
    add_time(&line);
    return write_line(metrics, &line, err);
}
