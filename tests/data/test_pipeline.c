#include "data/pipeline.h"

#include "base/buffer.h"
#include "support/scratch.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

/* What work() leaves: the batch's lines, each with its file and number. */
typedef struct {
    ya_buffer shown, all;
    uint64_t fail_at; /* line of file 1 at which work() fails; 0: never */
    bool refuse;      /* emit() fails */
} context;

static void show(ya_buffer *out, unsigned file, const ya_line *line)
{
    ya_error err;
    assert_int_equal(ya_buffer_printf(out, &err, "%u:%llu:%d:%.*s\n", file,
                                      (unsigned long long)line->number, line->too_long,
                                      line->size < 40 ? (int)line->size : 40, line->text),
                     YA_OK);
}

static ya_status show_lines(void *argument, int thread, ya_batch *batch, ya_error *err)
{
    const context *c = argument;
    ya_buffer *out = batch->result;
    out->size = 0;
    assert_in_range(thread, 0, 3);
    if (batch->n_lines % 3 == 0)
        usleep(1000); /* so that batches are finished out of order */
    for (size_t i = 0; i < batch->n_lines; i++) {
        const ya_line *line = &batch->lines[i];
        if (batch->file == 1 && line->number == c->fail_at)
            return ya_fail(err, YA_ERR_DATA, "line %llu", (unsigned long long)line->number);
        show(out, batch->file, line);
    }
    return YA_OK;
}

static ya_status collect(void *argument, ya_batch *batch, ya_error *err)
{
    context *c = argument;
    const ya_buffer *shown = batch->result;
    if (c->refuse)
        return ya_fail(err, YA_ERR_IO, "refused");
    return ya_buffer_add(&c->all, shown->data, shown->size, err);
}

static void free_buffer(void *result)
{
    ya_buffer_free(result);
}

static ya_status run(context *c, const char *const *paths, size_t n_paths, int n_threads,
                     ya_error *err)
{
    const ya_pipeline pipeline = {
        .paths = paths,
        .n_paths = n_paths,
        .n_threads = n_threads,
        .result_size = sizeof(ya_buffer),
        .context = c,
        .work = show_lines,
        .emit = collect,
        .free_result = free_buffer,
    };
    c->all.size = 0;
    return ya_pipeline_run(&pipeline, err);
}

/* `n` lines, some blank, some long. */
static void write_lines(const char *name, int n)
{
    FILE *file = fopen(scratch(name), "w");
    assert_non_null(file);
    for (int i = 1; i <= n; i++)
        fprintf(file, "%s%*d\n", i % 7 == 0 ? "\n" : "", i % 50 == 0 ? 20000 : i % 300, i);
    assert_int_equal(fclose(file), 0);
}

/* What one thread that reads line by line would show; up to, not with, a line of file 1. */
static void read_simply(ya_buffer *out, const char *const *paths, unsigned n_paths, uint64_t until)
{
    ya_error err;
    for (unsigned i = 0; i < n_paths; i++) {
        ya_jsonl *stream;
        ya_line line;
        assert_int_equal(ya_jsonl_open(&stream, paths[i], &err), YA_OK);
        while (ya_jsonl_next(stream, &line, &err) == YA_OK && line.text) {
            if (i == 1 && line.number == until)
                break;
            show(out, i, &line);
        }
        ya_jsonl_close(stream);
        if (i == 1 && until)
            return;
    }
}

static void results_come_in_the_order_of_the_input_for_any_number_of_threads(void **state)
{
    (void)state;
    write_lines("a.jsonl", 20000);
    write_lines("b.jsonl", 3);
    scratch_text("c.jsonl", "");
    write_lines("d.jsonl", 5000);
    const char *paths[] = {scratch("a.jsonl"), scratch("b.jsonl"), scratch("c.jsonl"),
                           scratch("d.jsonl")};
    ya_buffer expected = {0};
    context c = {0};
    ya_error err;
    read_simply(&expected, paths, 4, 0);
    for (int n = 1; n <= 4; n++) {
        assert_int_equal(run(&c, paths, 4, n, &err), YA_OK);
        assert_int_equal(c.all.size, expected.size);
        assert_memory_equal(c.all.data, expected.data, expected.size);
    }
    assert_int_equal(run(&c, paths + 2, 1, 2, &err), YA_OK);
    assert_int_equal(c.all.size, 0);
    ya_buffer_free(&expected);
    ya_buffer_free(&c.all);
}

static void the_first_failure_of_work_is_returned_when_all_before_it_was_emitted(void **state)
{
    (void)state;
    write_lines("a.jsonl", 20000);
    write_lines("b.jsonl", 20000);
    const char *paths[] = {scratch("a.jsonl"), scratch("b.jsonl")};
    ya_buffer expected = {0};
    context c = {.fail_at = 9000};
    ya_error err;
    read_simply(&expected, paths, 2, 9000);
    for (int n = 1; n <= 4; n++) {
        assert_int_equal(run(&c, paths, 2, n, &err), YA_ERR_DATA);
        assert_string_equal(err.text, "line 9000");
        /* whole batches only */
        assert_true(c.all.size > 0 && c.all.size <= expected.size);
        assert_memory_equal(c.all.data, expected.data, c.all.size);
    }
    ya_buffer_free(&expected);
    ya_buffer_free(&c.all);
}

static void a_file_that_cannot_be_read_to_its_end_is_an_error_in_its_turn(void **state)
{
    (void)state;
    write_lines("a.jsonl", 20000);
    /* the beginning of a gzip file */
    scratch_write("b.jsonl.gz", "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
    const char *paths[] = {scratch("a.jsonl"), scratch("b.jsonl.gz"), scratch("a.jsonl")};
    ya_buffer expected = {0};
    context c = {0};
    ya_error err;
    read_simply(&expected, paths, 1, 0);
    for (int n = 1; n <= 4; n++) {
        assert_int_equal(run(&c, paths, 3, n, &err), YA_ERR_FORMAT);
        assert_non_null(strstr(err.text, "b.jsonl.gz is truncated"));
        assert_int_equal(c.all.size, expected.size);
        const char *missing[] = {paths[0], "/missing.jsonl", paths[0]};
        assert_int_equal(run(&c, missing, 3, n, &err), YA_ERR_IO);
        assert_int_equal(c.all.size, expected.size);
    }
    ya_buffer_free(&expected);
    ya_buffer_free(&c.all);
}

static void a_failure_of_emit_ends_it(void **state)
{
    (void)state;
    write_lines("a.jsonl", 20000);
    const char *paths[] = {scratch("a.jsonl")};
    context c = {.refuse = true};
    ya_error err;
    for (int n = 1; n <= 4; n++) {
        assert_int_equal(run(&c, paths, 1, n, &err), YA_ERR_IO);
        assert_string_equal(err.text, "refused");
    }
}

/* Refuses the first batch and lets the reader, who waits for more of the input, find its end only
 * then. */
typedef struct {
    sem_t waiting, refused;
    int fifo;
} late_end;

static ya_status do_nothing(void *argument, int thread, ya_batch *batch, ya_error *err)
{
    (void)argument, (void)thread, (void)batch, (void)err;
    return YA_OK;
}

static ya_status refuse(void *argument, ya_batch *batch, ya_error *err)
{
    late_end *l = argument;
    (void)batch;
    sem_wait(&l->waiting);
    sem_post(&l->refused);
    return ya_fail(err, YA_ERR_IO, "refused");
}

static void *end_late(void *argument)
{
    /* long enough that a batch of them is more than is looked at on opening */
    static const char line[] =
        "{\"text\": \"a line of a hundred bytes, which are written over and over "
        "again until a batch is full\"}\n";
    late_end *l = argument;
    l->fifo = open(scratch("fifo.jsonl"), O_WRONLY);
    for (int i = 0; i < 4096; i++) /* one batch: the next read finds the end, and only that */
        if (write(l->fifo, line, sizeof line - 1) != sizeof line - 1)
            abort();
    usleep(50000); /* until the other thread reads */
    sem_post(&l->waiting);
    sem_wait(&l->refused);
    usleep(50000); /* until the refusal is known to the pipeline */
    close(l->fifo);
    return NULL;
}

static void an_end_of_the_input_does_not_hide_an_earlier_failure(void **state)
{
    (void)state;
    const char *path = scratch("fifo.jsonl");
    late_end l;
    ya_error err = {0};
    pthread_t writer;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(sem_init(&l.waiting, 0, 0), 0);
    assert_int_equal(sem_init(&l.refused, 0, 0), 0);
    assert_int_equal(pthread_create(&writer, NULL, end_late, &l), 0);
    const ya_pipeline pipeline = {.paths = &path,
                                  .n_paths = 1,
                                  .n_threads = 2,
                                  .context = &l,
                                  .work = do_nothing,
                                  .emit = refuse};
    assert_int_equal(ya_pipeline_run(&pipeline, &err), YA_ERR_IO);
    assert_string_equal(err.text, "refused");
    pthread_join(writer, NULL);
    sem_destroy(&l.waiting);
    sem_destroy(&l.refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_in_the_order_of_the_input_for_any_number_of_threads),
        cmocka_unit_test(the_first_failure_of_work_is_returned_when_all_before_it_was_emitted),
        cmocka_unit_test(a_file_that_cannot_be_read_to_its_end_is_an_error_in_its_turn),
        cmocka_unit_test(a_failure_of_emit_ends_it),
        cmocka_unit_test(an_end_of_the_input_does_not_hide_an_earlier_failure),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
