#include "eval/logits.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "eval/ids.h"
#include "eval/session.h"
#include "io/json.h"
#include "io/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file-backed room for the result. */
typedef struct {
    float *data;
    size_t bytes;
} room;

static ya_status make_room(room *r, const char *output, size_t bytes, ya_error *err)
{
    char name[4096];
    if (snprintf(name, sizeof name, "%s.XXXXXX", output) >= (int)sizeof name)
        return ya_fail(err, YA_ERR_IO, "the path %.60s... is too long", output);
    int fd = mkstemp(name);
    if (fd < 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot write beside %s", output);
    unlink(name);
    int failure = posix_fallocate(fd, 0, (off_t)bytes);
    void *data =
        failure ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (data == MAP_FAILED)
        return ya_fail(err, YA_ERR_IO, "no room for %.1f MB of logits beside %s: %s",
                       (double)bytes / 1e6, output, strerror(failure ? failure : ENOMEM));
    *r = (room){data, bytes};
    return YA_OK;
}

typedef struct {
    float *to; /* of the sequence at hand */
    size_t vocab;
} copying;

static void copy_logits(void *user, int target, const float *logits)
{
    copying *c = user;
    memcpy(c->to + (size_t)target * c->vocab, logits, c->vocab * sizeof *logits);
}

/* One sequence of T tokens; `positions` [T + 2] is 0 ... T - 1 and serves as target positions too.
 */
static void run_sequence(ya_session *s, const int32_t *ids, const int32_t *positions, int T,
                         float *to)
{
    int32_t rows[2] = {0, T};
    copying c = {to, (size_t)s->model->config.vocab_size};
    ya_pass pass = {.n_tokens = T,
                    .ids = ids,
                    .positions = positions,
                    .n_rows = 1,
                    .row_start = rows,
                    .n_targets = T,
                    .target_at = positions,
                    .target_id = ids, /* any ids: the losses are not asked for */
                    .on_logits = copy_logits,
                    .user = &c};
    ya_engine_pass(s->engine, &pass, false);
}

static ya_status run(ya_session *s, const ya_id_lists *lists, const char *output, ya_error *err)
{
    ya_status status;
    room r = {0};
    size_t n = lists->n_lists, T = lists->lists[0].size, v = (size_t)s->model->config.vocab_size,
           bytes;
    int32_t *positions = NULL;
    if (!ya_mul_size(n * T, v * sizeof(float), &bytes))
        return ya_fail(err, YA_ERR_DATA, "%zu x %zu x %zu logits are too many", n, T, v);
    YA_TRY(make_room(&r, output, bytes, err));
    positions = ya_alloc(T * sizeof *positions);
    if (!positions) {
        status = ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu positions", T);
        goto done;
    }
    for (size_t t = 0; t < T; t++)
        positions[t] = (int32_t)t;
    for (size_t i = 0; i < n; i++)
        run_sequence(s, lists->lists[i].data, positions, (int)T, r.data + i * T * v);
    ya_tensor tensor = {.name = "logits",
                        .type = YA_F32,
                        .n_dims = 3,
                        .shape = {(int64_t)n, (int64_t)T, (int64_t)v},
                        .data = r.data,
                        .bytes = bytes};
    status = ya_safetensors_write(output, &tensor, 1, NULL, 0, NULL, err);
done:
    ya_free(positions);
    if (r.data)
        munmap(r.data, r.bytes);
    return status;
}

static ya_status check_lengths(const ya_id_lists *lists, const char *path, ya_error *err)
{
    for (size_t i = 1; i < lists->n_lists; i++)
        if (lists->lists[i].size != lists->lists[0].size)
            return ya_fail(
                err, YA_ERR_DATA,
                "%s: entry %zu has %zu ids, the first has %zu; logits [n, T, V] need one length",
                path, i + 1, lists->lists[i].size, lists->lists[0].size);
    return YA_OK;
}

ya_status ya_logits(const ya_settings *settings, ya_error *err)
{
    ya_session session = {0};
    ya_id_lists lists = {0};
    ya_status status;
    if (!settings->ids || !settings->output)
        return ya_fail(err, YA_ERR_USAGE,
                       "logits needs --ids FILE.json and --output FILE.safetensors");
    /* the ids are checked against the vocabulary once the model is open */
    YA_TRY(ya_id_lists_read(&lists, settings->ids, 1 << 30, err));
    YA_TRY(check_lengths(&lists, settings->ids, err));
    ya_session_config config = {.pass_tokens = (int)lists.lists[0].size};
    YA_TRY(ya_session_open(&session, settings, &config, err));
    for (size_t i = 0; i < lists.n_lists; i++)
        for (size_t t = 0; t < lists.lists[i].size; t++)
            if (lists.lists[i].data[t] >= session.model->config.vocab_size) {
                status = ya_fail(err, YA_ERR_DATA,
                                 "%s: entry %zu, position %zu: the vocabulary has only %d tokens",
                                 settings->ids, i + 1, t + 1, session.model->config.vocab_size);
                goto done;
            }
    status = run(&session, &lists, settings->output, err);
done:
    ya_session_close(&session);
    ya_id_lists_free(&lists);
    return status;
}
