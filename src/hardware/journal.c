#include "hardware/journal.h"

#include "base/alloc.h"
#include "io/cache.h"
#include "io/json.h"
#include "io/map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_JOURNAL = 1 << 26 };

/* Bytes of the whole lines that are JSON objects; each goes to `lines`. */
static size_t read_lines(json_t *lines, const char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        const char *newline = memchr(text + at, '\n', size - at);
        json_t *line =
            newline ? json_loadb(text + at, (size_t)(newline - text) - at, 0, NULL) : NULL;
        if (!json_is_object(line)) {
            json_decref(line);
            break;
        }
        json_array_append_new(lines, line);
        at = (size_t)(newline - text) + 1;
    }
    return at;
}

ya_status ya_journal_open(ya_journal *journal, const char *directory, const char *name,
                          ya_error *err)
{
    char *text = NULL;
    size_t size = 0, whole = 0;
    ya_status status;
    *journal = (ya_journal){.lines = json_array()};
    YA_TRY(ya_path_join(journal->path, directory, name, err));
    if (access(journal->path, F_OK) != 0)
        return YA_OK;
    YA_TRY(ya_read_file(journal->path, MAX_JOURNAL, &text, &size, err));
    whole = read_lines(journal->lines, text, size);
    if (whole < size && truncate(journal->path, (off_t)whole) != 0)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot cut the torn line of %s", journal->path);
done:
    ya_free(text);
    return status;
}

void ya_journal_close(ya_journal *journal)
{
    json_decref(journal->lines);
    journal->lines = NULL;
}

/* Size and time of change of the model's file: another file under the same name is another model.
 */
static json_t *identity(const char *model)
{
    char path[YA_PATH_MAX];
    struct stat info;
    bool found = stat(model, &info) == 0 || (ya_cache_find(path, model) && stat(path, &info) == 0);
    return json_sprintf("%s %lld %lld", model, found ? (long long)info.st_size : -1ll,
                        found ? (long long)info.st_mtime : -1ll);
}

static json_t *settings_of(const ya_trial *t)
{
    json_t *settings =
        json_pack("{s: o, s: I, s: I, s: I, s: I, s: b, s: s, s: i, s: i}", "model",
                  identity(t->model), "micro_batch", (json_int_t)t->micro_batch, "max_seq_length",
                  (json_int_t)t->row_tokens, "lora_rank", (json_int_t)t->rank, "lora_num_layers",
                  (json_int_t)t->layers, "grad_checkpoint", t->checkpoint, "dtype", t->dtype,
                  "threads", t->threads, "steps", t->steps);
    json_object_set_new(settings, "round", json_integer(t->round));
    return settings;
}

json_t *ya_journal_line(const ya_trial *trial, const ya_trial_result *r)
{
    json_t *line = settings_of(trial);
    json_t *measured = json_pack("{s: b, s: i, s: f, s: f, s: f, s: f, s: b, s: s}", "ran", r->ran,
                                 "measured_steps", r->steps, "tokens_per_s", r->tokens_per_s,
                                 "anonymous_mb", r->anonymous_mb, "planned_mb", r->planned_mb,
                                 "budget_mb", r->budget_mb, "fits", r->fits, "failure", r->failure);
    json_object_update(line, measured);
    json_decref(measured);
    return line;
}

static bool holds(const json_t *line, const json_t *wanted)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)wanted, key, value)
    {
        if (!json_equal(json_object_get(line, key), value))
            return false;
    }
    return true;
}

static void read_result(const json_t *line, ya_trial_result *r)
{
    int64_t steps = 0;
    *r = (ya_trial_result){0};
    ya_json_get_bool(line, "ran", &r->ran);
    ya_json_get_bool(line, "fits", &r->fits);
    if (ya_json_get_i64(line, "measured_steps", &steps))
        r->steps = (int)steps;
    ya_json_get_f64(line, "tokens_per_s", &r->tokens_per_s);
    ya_json_get_f64(line, "anonymous_mb", &r->anonymous_mb);
    ya_json_get_f64(line, "planned_mb", &r->planned_mb);
    ya_json_get_f64(line, "budget_mb", &r->budget_mb);
    const char *failure = ya_json_get_text(line, "failure");
    snprintf(r->failure, sizeof r->failure, "%s", failure ? failure : "");
}

bool ya_journal_find(const ya_journal *journal, const ya_trial *trial, ya_trial_result *result)
{
    json_t *wanted = settings_of(trial), *line;
    size_t i;
    bool found = false;
    json_array_foreach(journal->lines, i, line)
    {
        if (!found && holds(line, wanted)) {
            read_result(line, result);
            found = true;
        }
    }
    json_decref(wanted);
    return found;
}

ya_status ya_journal_add(ya_journal *journal, const ya_trial *trial, const ya_trial_result *result,
                         ya_error *err)
{
    json_t *line = ya_journal_line(trial, result);
    char *text = json_dumps(line, JSON_COMPACT);
    FILE *file = fopen(journal->path, "a");
    bool written = text && file && fprintf(file, "%s\n", text) > 0 && fflush(file) == 0 &&
                   fsync(fileno(file)) == 0;
    if (file && fclose(file) != 0)
        written = false;
    free(text);
    json_array_append_new(journal->lines, line);
    return written ? YA_OK : ya_fail_errno(err, YA_ERR_IO, "cannot write %s", journal->path);
}
