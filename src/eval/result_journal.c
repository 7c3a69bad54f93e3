#include "eval/result_journal.h"

#include "base/alloc.h"
#include "io/json.h"
#include "io/jsonl.h"
#include "io/outdir.h"
#include "io/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static ya_status no_memory(ya_error *err)
{
    return ya_fail(err, YA_ERR_MEMORY, "out of memory for the journal");
}

static ya_status write_line(const ya_result_journal *j, json_t *line, ya_error *err)
{
    char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    ya_status status = YA_OK;
    if (!text)
        return no_memory(err);
    size_t size = strlen(text);
    text[size++] = '\n'; /* in place of the NUL: one write a line */
    for (size_t at = 0; at < size && !status;) {
        ssize_t n = write(j->fd, text + at, size - at);
        if (n < 0 && errno != EINTR)
            status = ya_fail_errno(err, YA_ERR_IO, "cannot write %s", j->path);
        at += n > 0 ? (size_t)n : 0;
    }
    free(text);
    return status;
}

/* Takes in the lines of one run; *whole is the end of the last good one, 0 when the key is another.
 */
static void take_lines(ya_result_journal *j, const char *text, size_t size, const char *key,
                       size_t *whole)
{
    *whole = 0;
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        json_t *line = end ? ya_json_load(text + at, (size_t)(end - text) - at, 0, NULL) : NULL;
        const char *found = ya_json_get_text(line, "key"), *id = ya_json_get_text(line, "id");
        json_t *value = json_object_get(line, "value");
        bool good = at == 0 ? found && strcmp(found, key) == 0
                            : id && value && json_object_set(j->entries, id, value) == 0;
        json_decref(line);
        if (!good)
            return;
        at = (size_t)(end - text) + 1;
        *whole = at;
    }
}

static ya_status read_lines(ya_result_journal *j, const char *key, ya_error *err)
{
    struct stat info;
    ya_status status = YA_OK;
    size_t whole = 0, size;
    if (fstat(j->fd, &info) != 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot read %s", j->path);
    size = (size_t)info.st_size;
    char *text = ya_alloc(size + 1);
    if (!text)
        return no_memory(err);
    if (pread(j->fd, text, size, 0) != (ssize_t)size)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot read %s", j->path);
    else
        take_lines(j, text, size, key, &whole);
    ya_free(text);
    if (!status && (ftruncate(j->fd, (off_t)whole) != 0 || lseek(j->fd, 0, SEEK_END) < 0))
        status = ya_fail_errno(err, YA_ERR_IO, "cannot write %s", j->path);
    if (status || whole > 0)
        return status;
    json_t *first = json_pack("{s: s}", "key", key);
    status = write_line(j, first, err);
    json_decref(first);
    return status;
}

ya_status ya_result_journal_open(ya_result_journal *j, const char *dir, const char *key,
                                 ya_error *err)
{
    char path[YA_PATH_MAX], hash[YA_SHA256_HEX];
    ya_status status;
    *j = (ya_result_journal){.fd = -1};
    YA_TRY(ya_make_dirs(dir, err));
    YA_TRY(ya_path_join(path, dir, "journal.jsonl", err));
    YA_TRY(ya_sha256_bytes(key, strlen(key), hash, err));
    j->path = ya_strdup(path);
    j->entries = json_object();
    if (!j->path || !j->entries)
        YA_TRY(no_memory(err));
    j->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (j->fd < 0)
        YA_TRY(ya_fail_errno(err, YA_ERR_IO, "cannot write %s", path));
    if (flock(j->fd, LOCK_EX | LOCK_NB) != 0)
        YA_TRY(
            ya_fail(err, YA_ERR_IO, "%s is in use by another process: give another --output", dir));
    status = read_lines(j, hash, err);
done:
    if (status)
        ya_result_journal_close(j);
    return status;
}

const json_t *ya_result_journal_find(const ya_result_journal *j, const char *id)
{
    return json_object_get(j->entries, id);
}

size_t ya_result_journal_size(const ya_result_journal *j)
{
    return json_object_size(j->entries);
}

ya_status ya_result_journal_add(ya_result_journal *j, const char *id, json_t *value, ya_error *err)
{
    if (!j->entries || !value) {
        json_decref(value);
        return value ? YA_OK : no_memory(err);
    }
    json_t *line = json_pack("{s: s, s: O}", "id", id, "value", value);
    ya_status status = write_line(j, line, err);
    json_decref(line);
    if (json_object_set_new(j->entries, id, value) != 0 && !status)
        status = no_memory(err);
    return status;
}

void ya_result_journal_finish(ya_result_journal *j)
{
    if (j->path && j->fd >= 0)
        unlink(j->path);
    ya_result_journal_close(j);
}

void ya_result_journal_close(ya_result_journal *j)
{
    if (j->path && j->fd >= 0)
        close(j->fd);
    json_decref(j->entries);
    ya_free(j->path);
    *j = (ya_result_journal){.fd = -1};
}
