/* TensorBoard's event files, read back by a decoder of the test's own. */
#include "train/tensorboard.h"

#include "support/cmocka_all.h"
#include "support/scratch.h"

#include <dirent.h>
#include <math.h>
#include <stdbool.h>

/* What the test understands of an event. */
typedef struct {
    double time;
    int64_t step;
    char version[32];
    bool session_start;
    int n_scalars;
    struct {
        char tag[64];
        float value;
    } scalars[YA_TENSORBOARD_SCALARS];
} event;

static uint64_t read_varint(const uint8_t **at)
{
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
}

static void read_value(const uint8_t *at, const uint8_t *end, event *e)
{
    int i = e->n_scalars++;
    while (at < end) {
        uint64_t key = read_varint(&at);
        if (key == (1 << 3 | 2)) {
            size_t size = read_varint(&at);
            memcpy(e->scalars[i].tag, at, size);
            at += size;
        } else {
            assert_int_equal(key, 2 << 3 | 5);
            memcpy(&e->scalars[i].value, at, 4);
            at += 4;
        }
    }
}

static void read_event(const uint8_t *at, const uint8_t *end, event *e)
{
    memset(e, 0, sizeof *e);
    while (at < end) {
        uint64_t key = read_varint(&at);
        if (key == (1 << 3 | 1)) {
            memcpy(&e->time, at, 8);
            at += 8;
            continue;
        }
        uint64_t size = read_varint(&at);
        if (key == 2 << 3) {
            e->step = (int64_t)size;
            continue;
        }
        if (key == (3 << 3 | 2)) {
            memcpy(e->version, at, size);
        } else if (key == (7 << 3 | 2)) {
            e->session_start = size == 2 && at[0] == 1 << 3 && at[1] == 1;
        } else {
            assert_int_equal(key, 5 << 3 | 2);
            const uint8_t *value = at, *last = at + size;
            while (value < last) {
                assert_int_equal(read_varint(&value), 1 << 3 | 2);
                size_t length = read_varint(&value);
                read_value(value, value + length, e);
                value += length;
            }
        }
        at += size;
    }
    assert_ptr_equal(at, end);
}

static uint32_t masked(const void *data, size_t size)
{
    uint32_t crc = ya_crc32c(data, size);
    return (uint32_t)((crc >> 15 | crc << 17) + 0xa282ead8u);
}

/* All events of a file, whose sums must be right. */
static int read_events(const char *path, event *events, int room)
{
    size_t size = 0;
    int n = 0;
    char *text = scratch_read(path, &size);
    for (size_t at = 0; at < size; n++) {
        uint64_t length;
        uint32_t crc;
        assert_true(n < room && at + 16 <= size);
        memcpy(&length, text + at, 8);
        memcpy(&crc, text + at + 8, 4);
        assert_int_equal(crc, masked(text + at, 8));
        assert_true(length <= size - at - 16);
        memcpy(&crc, text + at + 12 + length, 4);
        assert_int_equal(crc, masked(text + at + 12, length));
        const uint8_t *body = (const uint8_t *)text + at + 12;
        read_event(body, body + length, &events[n]);
        at += 16 + length;
    }
    free(text);
    return n;
}

static void the_sum_is_that_of_rfc_3720(void **state)
{
    (void)state;
    uint8_t block[32] = {0};
    assert_int_equal(ya_crc32c("123456789", 9), 0xe3069283);
    assert_int_equal(ya_crc32c(block, 32), 0x8a9136aa);
    memset(block, 0xff, 32);
    assert_int_equal(ya_crc32c(block, 32), 0x62a8ab43);
    for (int i = 0; i < 32; i++)
        block[i] = (uint8_t)i;
    assert_int_equal(ya_crc32c(block, 32), 0x46dd794e);
    assert_int_equal(ya_crc32c(block, 0), 0);
}

static void a_file_begins_with_its_version_and_holds_what_was_added(void **state)
{
    (void)state;
    ya_tensorboard board;
    ya_error err;
    event e[8];
    const ya_scalar scalars[] = {
        {"loss/total", 2.5}, {"loss/distrust", NAN}, {"training/learning_rate", 1e-7}};
    assert_int_equal(ya_tensorboard_open(&board, scratch(""), 0, &err), YA_OK);
    assert_int_equal(ya_tensorboard_add(&board, 300, scalars, 3, &err), YA_OK);
    assert_int_equal(ya_tensorboard_add(&board, 301, scalars + 1, 1, &err), YA_OK);
    assert_int_equal(ya_tensorboard_add(&board, (int64_t)1 << 40, scalars, 1, &err), YA_OK);
    ya_tensorboard_close(&board);
    assert_int_equal(read_events(board.path, e, 8), 3); /* nothing finite, nothing written */
    assert_string_equal(e[0].version, "brain.Event:2");
    assert_true(e[0].time > 1.6e9 && !e[0].session_start);
    assert_int_equal(e[1].step, 300);
    assert_int_equal(e[1].n_scalars, 2);
    assert_string_equal(e[1].scalars[0].tag, "loss/total");
    assert_true(e[1].scalars[0].value == 2.5f);
    assert_string_equal(e[1].scalars[1].tag, "training/learning_rate");
    assert_true(e[1].scalars[1].value == 1e-7f);
    assert_int_equal(e[2].step, (int64_t)1 << 40);
}

static void a_resumed_run_begins_a_session_behind_its_last_step(void **state)
{
    (void)state;
    ya_tensorboard first, second;
    ya_error err;
    event e[8];
    assert_int_equal(ya_tensorboard_open(&first, scratch(""), 0, &err), YA_OK);
    ya_tensorboard_close(&first);
    assert_int_equal(ya_tensorboard_open(&second, scratch(""), 40, &err), YA_OK);
    ya_tensorboard_close(&second);
    assert_string_not_equal(first.path, second.path);
    assert_int_equal(read_events(second.path, e, 8), 2);
    assert_string_equal(e[0].version, "brain.Event:2");
    assert_true(e[1].session_start);
    assert_int_equal(e[1].step, 41);
}

static void a_place_that_cannot_be_written_is_named(void **state)
{
    (void)state;
    ya_tensorboard board;
    ya_error err;
    scratch_text("logs", "a file where the directory should be");
    assert_int_equal(ya_tensorboard_open(&board, scratch(""), 0, &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "logs"));
    assert_int_equal(board.fd, -1);
    ya_tensorboard_close(&board);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_is_that_of_rfc_3720),
        T(a_file_begins_with_its_version_and_holds_what_was_added),
        T(a_resumed_run_begins_a_session_behind_its_last_step),
        T(a_place_that_cannot_be_written_is_named),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
