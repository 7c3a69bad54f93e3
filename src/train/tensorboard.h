/* TensorBoard event files, OUT/logs/events.out.tfevents.SECONDS.HOST.PID: records of
 *
 *     | length u64 LE | masked CRC-32C of length u32 LE | event [length] | masked CRC-32C of event
 * |
 *
 * where masked(crc) = rotate_right(crc, 15) + 0xa282ead8 and an event is a protocol buffer message
 * of tensorboard/compat/proto/event.proto and summary.proto:
 *
 *     Event   { 1: double wall_time  2: int64 step  3: string file_version  5: Summary summary
 *               7: SessionLog session_log }
 *     Summary { 1: repeated Value { 1: string tag  2: float simple_value } }
 *     SessionLog { 1: Status status (START = 1) }
 *
 * These few fields are encoded here, into a buffer of fixed size: nothing is allocated, and each
 * event is one write, so that a killed run leaves at most one torn record at the end. */
#ifndef YA_TRAIN_TENSORBOARD_H
#define YA_TRAIN_TENSORBOARD_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct {
    int fd; /* -1: closed */
    char path[4096];
} ya_tensorboard;

/* A value under a tag ("loss/total"); values that are not finite are left out. */
typedef struct {
    const char *tag;
    double value;
} ya_scalar;

/* Makes `output`/logs and a new file in it. With last_step > 0 it begins with a session start at
 * last_step + 1, on which TensorBoard forgets what earlier files say of this and later steps. */
ya_status ya_tensorboard_open(ya_tensorboard *board, const char *output, int64_t last_step,
                              ya_error *err) YA_CHECK;
void ya_tensorboard_close(ya_tensorboard *board);

/* One event of all scalars; at most YA_TENSORBOARD_SCALARS with tags below 64 bytes. YA_ERR_IO
 * with the path. Allocates nothing. */
enum { YA_TENSORBOARD_SCALARS = 16 };
ya_status ya_tensorboard_add(const ya_tensorboard *board, int64_t step, const ya_scalar *scalars,
                             int n, ya_error *err) YA_CHECK;

/* CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `size` bytes; of "123456789" it is 0xe3069283. */
uint32_t ya_crc32c(const void *data, size_t size);

#endif
