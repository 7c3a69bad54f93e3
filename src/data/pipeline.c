/* Batches lie in a ring and are numbered as they are read:
 *
 *     n_emitted <= n_taken <= n_read <= n_emitted + n_slots
 *
 *     [n_emitted, n_taken)  being worked on, or done and waiting for their turn
 *     [n_taken, n_read)     to be worked on
 *
 * Invariants: 1. Everything in `run` but the slots' contents is touched under the mutex only.
 *             2. A slot's contents belong to the thread that reads, works on or emits it.
 *             3. At most one thread reads and at most one emits.
 *             4. What the reader finds, be it the end, changes nothing of what stopped the run. */
#include "data/pipeline.h"

#include "base/alloc.h"
#include "data/open.h"
#include "data/rate.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum {
    BATCH_BYTES = 1 << 19,
    BATCH_LINES = 4096,
    BUFFER_KEPT = 4 * BATCH_BYTES,
    BYTES_IN_FLIGHT = 48 << 20 /* from here on no batch is read before one was emitted */
};

typedef struct {
    ya_batch batch;
    ya_line *lines; /* while it is filled, `text` is not set yet */
    size_t room_lines;
    char *buffer;
    size_t size, room;
    uint64_t file_bytes; /* read so far of all files, as they are on the disk */
    bool done;
    ya_status status;
    ya_error err;
} slot;

typedef struct {
    const ya_pipeline *pipeline;
    slot *slots;
    uint64_t n_slots;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t n_read, n_taken, n_emitted;
    size_t bytes_in_flight;
    bool reading, emitting, at_end, stopped;
    ya_status status; /* what stopped it all; lies before the reader's in the input */
    ya_error err;
    ya_rate rate; /* of the emitter */

    /* of the reader */
    ya_record_file *stream;
    size_t file;
    uint64_t bytes_before; /* of the files before this one */
    ya_status read_status; /* counts when all that was read has been emitted */
    ya_error read_err;
} run;

typedef struct {
    run *run;
    int index;
} thread;

/* Reading: ------------------------------------------------------------------------------------- */

static ya_status make_room(slot *s, size_t size, ya_error *err)
{
    if (s->room - s->size < size) {
        size_t room = s->size + size > BATCH_BYTES * 2 ? s->size + size : BATCH_BYTES * 2;
        char *bigger = ya_realloc(s->buffer, room);
        if (!bigger)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu bytes of lines", room);
        s->buffer = bigger;
        s->room = room;
    }
    if (s->batch.n_lines == s->room_lines) {
        size_t room = 2 * s->room_lines + 256;
        ya_line *more = ya_realloc_array(s->lines, room, sizeof *more);
        if (!more)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu lines", room);
        s->lines = more;
        s->room_lines = room;
    }
    return YA_OK;
}

static ya_status add_line(slot *s, const ya_line *line, ya_error *err)
{
    ya_status status = make_room(s, line->size, err);
    if (status)
        return status;
    memcpy(s->buffer + s->size, line->text, line->size);
    s->lines[s->batch.n_lines++] = *line;
    s->size += line->size;
    return YA_OK;
}

/* The buffer is complete and stays where it is. */
static void place_lines(slot *s)
{
    const char *at = s->buffer;
    for (size_t i = 0; i < s->batch.n_lines; i++) {
        s->lines[i].text = at;
        at += s->lines[i].size;
    }
    s->batch.lines = s->lines;
}

/* Lines of one file; none when all files are at their end. */
static ya_status fill(run *r, slot *s, ya_error *err)
{
    const ya_pipeline *p = r->pipeline;
    ya_status status = YA_OK;
    ya_line line;
    s->size = s->batch.n_lines = 0;
    s->done = false;
    while (s->size < BATCH_BYTES && s->batch.n_lines < BATCH_LINES) {
        if (!r->stream) {
            if (s->batch.n_lines > 0 || r->file == p->n_paths)
                break;
            YA_TRY(ya_data_open(&r->stream, p->paths[r->file], p->names, err));
            if (!p->again)
                ya_data_say(r->stream, p->paths[r->file]);
        }
        s->batch.file = (uint32_t)r->file;
        YA_TRY(ya_record_file_next(r->stream, &line, err));
        s->file_bytes = r->bytes_before + ya_record_file_position(r->stream);
        if (line.text) {
            YA_TRY(add_line(s, &line, err));
            continue;
        }
        r->bytes_before = s->file_bytes;
        r->file++;
        ya_record_file_close(r->stream);
        r->stream = NULL;
    }
    place_lines(s);
done:
    return status;
}

/* Threads: ------------------------------------------------------------------------------------- */

/* The first failure stays. */
static void stop(run *r, ya_status status, const ya_error *err)
{
    if (r->stopped)
        return;
    r->stopped = true;
    r->status = status;
    r->err = *err;
}

/* Each of the three does one thing if there is one to be done; called and returns with the mutex
 * locked. */
static bool try_emit(run *r)
{
    slot *s = &r->slots[r->n_emitted % r->n_slots];
    if (r->emitting || r->n_emitted == r->n_taken || !s->done)
        return false;
    if (s->status) {
        stop(r, s->status, &s->err);
        return true;
    }
    r->emitting = true;
    pthread_mutex_unlock(&r->mutex);
    size_t size = s->size;
    ya_error err = {0};
    ya_status status = r->pipeline->emit(r->pipeline->context, &s->batch, &err);
    ya_rate_add(&r->rate, s->batch.n_lines, size, s->file_bytes);
    if (s->room > BUFFER_KEPT) {
        ya_free(s->buffer);
        s->buffer = NULL;
        s->room = 0;
    }
    pthread_mutex_lock(&r->mutex);
    r->emitting = false;
    r->n_emitted++;
    r->bytes_in_flight -= size;
    if (status)
        stop(r, status, &err);
    return true;
}

static bool try_work(run *r, int index)
{
    if (r->n_taken == r->n_read)
        return false;
    slot *s = &r->slots[r->n_taken++ % r->n_slots];
    pthread_mutex_unlock(&r->mutex);
    s->status = r->pipeline->work(r->pipeline->context, index, &s->batch, &s->err);
    pthread_mutex_lock(&r->mutex);
    s->done = true;
    return true;
}

static bool try_read(run *r)
{
    if (r->reading || r->at_end || r->n_read == r->n_emitted + r->n_slots ||
        r->bytes_in_flight >= BYTES_IN_FLIGHT)
        return false;
    slot *s = &r->slots[r->n_read % r->n_slots];
    r->reading = true;
    pthread_mutex_unlock(&r->mutex);
    ya_error err = {0};
    ya_status status = fill(r, s, &err);
    pthread_mutex_lock(&r->mutex);
    r->reading = false;
    if (status || s->batch.n_lines == 0) {
        r->at_end = true;
        r->read_status = status;
        r->read_err = err;
    } else {
        r->bytes_in_flight += s->size;
        r->n_read++;
    }
    return true;
}

static void *run_thread(void *argument)
{
    thread *t = argument;
    run *r = t->run;
    pthread_mutex_lock(&r->mutex);
    while (!r->stopped && !(r->at_end && r->n_emitted == r->n_read)) {
        if (try_emit(r) || try_work(r, t->index) || try_read(r))
            pthread_cond_broadcast(&r->changed);
        else
            pthread_cond_wait(&r->changed, &r->mutex);
    }
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->mutex);
    return NULL;
}

/* Runs on as many threads as there may be, at least on this one. */
static void run_threads(run *r, thread *threads, pthread_t *ids, int n_threads)
{
    int n_started = 1;
    for (int i = 0; i < n_threads; i++)
        threads[i] = (thread){r, i};
    while (n_started < n_threads &&
           pthread_create(&ids[n_started], NULL, run_thread, &threads[n_started]) == 0)
        n_started++;
    run_thread(&threads[0]);
    for (int i = 1; i < n_started; i++)
        pthread_join(ids[i], NULL);
}

static ya_status make_slots(run *r, ya_error *err)
{
    r->slots = ya_alloc_zero(r->n_slots, sizeof *r->slots);
    if (!r->slots)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the batches of a pipeline");
    for (uint64_t i = 0; i < r->n_slots; i++) {
        r->slots[i].batch.result = ya_alloc_zero(1, r->pipeline->result_size + 1);
        if (!r->slots[i].batch.result)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for the results of a pipeline");
    }
    return YA_OK;
}

static void free_slots(run *r)
{
    for (uint64_t i = 0; r->slots && i < r->n_slots; i++) {
        slot *s = &r->slots[i];
        if (s->batch.result && r->pipeline->free_result)
            r->pipeline->free_result(s->batch.result);
        ya_free(s->batch.result);
        ya_free(s->lines);
        ya_free(s->buffer);
    }
    ya_free(r->slots);
}

ya_status ya_pipeline_run(const ya_pipeline *pipeline, ya_error *err)
{
    int n_threads = pipeline->n_threads;
    run r = {.pipeline = pipeline, .n_slots = 2 * (uint64_t)n_threads + 1};
    thread *threads = ya_alloc_zero((size_t)n_threads, sizeof *threads);
    pthread_t *ids = ya_alloc_zero((size_t)n_threads, sizeof *ids);
    ya_status status = YA_OK;
    if (!threads || !ids)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory for %d threads", n_threads));
    YA_TRY(make_slots(&r, err));
    pthread_mutex_init(&r.mutex, NULL);
    pthread_cond_init(&r.changed, NULL);
    ya_rate_begin(&r.rate, pipeline->doing, pipeline->paths, pipeline->n_paths);
    run_threads(&r, threads, ids, n_threads);
    pthread_cond_destroy(&r.changed);
    pthread_mutex_destroy(&r.mutex);
    status = r.stopped ? r.status : r.read_status;
    if (status && err)
        *err = r.stopped ? r.err : r.read_err;
done:
    ya_record_file_close(r.stream);
    free_slots(&r);
    ya_free(threads);
    ya_free(ids);
    return status;
}
