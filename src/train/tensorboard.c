#include "train/tensorboard.h"

#include "base/clock.h"
#include "io/outdir.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Room for an event of all scalars: of each, two lengths and keys, tag and value. */
enum { TAG_MAX = 64, EVENT_BYTES = 64 + YA_TENSORBOARD_SCALARS * (TAG_MAX + 16), FRAME_BYTES = 16 };

/* Protocol buffers' wire types: (field << 3) | type. */
enum { WIRE_VARINT = 0, WIRE_F64 = 1, WIRE_BYTES = 2, WIRE_F32 = 5 };
enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5, EVENT_SESSION = 7 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2, SESSION_STATUS = 1, STATUS_START = 1 };

/* A message under construction; the caller has seen to it that all of it fits. */
typedef struct {
    uint8_t data[EVENT_BYTES];
    size_t size;
} message;

uint32_t ya_crc32c(const void *data, size_t size)
{
    const uint32_t polynomial = 0x82f63b78; /* reflected */
    const uint8_t *bytes = data;
    uint32_t crc = ~UINT32_C(0);
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    }
    return ~crc;
}

static uint32_t masked_crc(const void *data, size_t size)
{
    uint32_t crc = ya_crc32c(data, size);
    return (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8);
}

/* Encoding: ------------------------------------------------------------------------------------ */

static void add_bytes(message *m, const void *data, size_t size)
{
    memcpy(m->data + m->size, data, size);
    m->size += size;
}

/* The `size` low bytes of `bits`, little-endian. */
static void add_fixed(message *m, uint64_t bits, int size)
{
    for (int i = 0; i < size; i++)
        m->data[m->size++] = (uint8_t)(bits >> 8 * i);
}

static void add_varint(message *m, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        m->data[m->size++] = (uint8_t)(value | 0x80);
    m->data[m->size++] = (uint8_t)value;
}

static void add_key(message *m, int field, int wire)
{
    add_varint(m, (uint64_t)(field << 3 | wire));
}

static void add_text(message *m, int field, const void *text, size_t size)
{
    add_key(m, field, WIRE_BYTES);
    add_varint(m, size);
    add_bytes(m, text, size);
}

static void begin_event(message *m, int64_t step)
{
    double now = ya_wall_time_s();
    uint64_t bits;
    memcpy(&bits, &now, sizeof bits);
    m->size = 0;
    add_key(m, EVENT_TIME, WIRE_F64);
    add_fixed(m, bits, 8);
    add_key(m, EVENT_STEP, WIRE_VARINT);
    add_varint(m, (uint64_t)step);
}

static void add_scalar(message *summary, const ya_scalar *scalar)
{
    message value = {.size = 0};
    float number = (float)scalar->value;
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    add_text(&value, VALUE_TAG, scalar->tag, strlen(scalar->tag));
    add_key(&value, VALUE_SIMPLE, WIRE_F32);
    add_fixed(&value, bits, 4);
    add_text(summary, SUMMARY_VALUE, value.data, value.size);
}

/* Writing: ------------------------------------------------------------------------------------- */

static ya_status write_event(const ya_tensorboard *board, const message *event, ya_error *err)
{
    uint8_t bytes[EVENT_BYTES + FRAME_BYTES];
    message length = {.size = 0}, tail = {.size = 0};
    add_fixed(&length, event->size, 8);
    add_fixed(&length, masked_crc(length.data, 8), 4);
    add_fixed(&tail, masked_crc(event->data, event->size), 4);
    memcpy(bytes, length.data, 12);
    memcpy(bytes + 12, event->data, event->size);
    memcpy(bytes + 12 + event->size, tail.data, 4);
    size_t size = event->size + FRAME_BYTES;
    for (size_t done = 0; done < size;) {
        ssize_t n = write(board->fd, bytes + done, size - done);
        if (n < 0 && errno != EINTR)
            return ya_fail_errno(err, YA_ERR_IO, "cannot write %s", board->path);
        done += n > 0 ? (size_t)n : 0;
    }
    return YA_OK;
}

ya_status ya_tensorboard_add(const ya_tensorboard *board, int64_t step, const ya_scalar *scalars,
                             int n, ya_error *err)
{
    message event, summary = {.size = 0};
    for (int i = 0; i < n && i < YA_TENSORBOARD_SCALARS; i++)
        if (isfinite(scalars[i].value) && strlen(scalars[i].tag) < TAG_MAX)
            add_scalar(&summary, &scalars[i]);
    if (summary.size == 0)
        return YA_OK;
    begin_event(&event, step);
    add_text(&event, EVENT_SUMMARY, summary.data, summary.size);
    return write_event(board, &event, err);
}

/* A name that no file has yet, though a run may be resumed twice within a second. */
static ya_status make_file(ya_tensorboard *board, const char *output, ya_error *err)
{
    enum { MOST_TRIES = 1000 };
    char logs[YA_PATH_MAX], host[65] = "localhost", name[160];
    ya_status status;
    YA_TRY(ya_path_join(logs, output, "logs", err));
    YA_TRY(ya_make_dirs(logs, err));
    if (gethostname(host, sizeof host - 1) != 0 || strchr(host, '/'))
        snprintf(host, sizeof host, "localhost");
    for (int i = 0; i < MOST_TRIES && board->fd < 0; i++) {
        snprintf(name, sizeof name, "events.out.tfevents.%010lld.%s.%ld.%d",
                 (long long)ya_wall_time_s(), host, (long)getpid(), i);
        YA_TRY(ya_path_join(board->path, logs, name, err));
        board->fd = open(board->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
        if (board->fd < 0 && errno != EEXIST)
            break;
    }
    if (board->fd < 0)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot write %s", board->path);
done:
    return status;
}

ya_status ya_tensorboard_open(ya_tensorboard *board, const char *output, int64_t last_step,
                              ya_error *err)
{
    static const char version[] = "brain.Event:2";
    message event, session = {.size = 0};
    int64_t first = last_step > 0 ? last_step + 1 : 0;
    ya_status status;
    *board = (ya_tensorboard){.fd = -1};
    YA_TRY(make_file(board, output, err));
    begin_event(&event, first);
    add_text(&event, EVENT_VERSION, version, sizeof version - 1);
    YA_TRY(write_event(board, &event, err));
    if (first > 0) {
        add_key(&session, SESSION_STATUS, WIRE_VARINT);
        add_varint(&session, STATUS_START);
        begin_event(&event, first);
        add_text(&event, EVENT_SESSION, session.data, session.size);
        YA_TRY(write_event(board, &event, err));
    }
done:
    if (status)
        ya_tensorboard_close(board);
    return status;
}

void ya_tensorboard_close(ya_tensorboard *board)
{
    if (board->fd >= 0)
        close(board->fd);
    board->fd = -1;
}
