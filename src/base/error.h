/* Status codes and the one sentence that goes with a failure.
 *
 * A function that can fail returns ya_status and, unless YA_OK, has filled the caller's ya_error
 * with one sentence a user can act on: what, where (file, line, tensor, record), found, expected.
 * `cli` turns the status into an exit code; nothing below `cli` exits. */
#ifndef YA_BASE_ERROR_H
#define YA_BASE_ERROR_H

#include <stdarg.h>

typedef enum {
    YA_OK = 0,
    YA_ERR_IO,          /* a file cannot be opened, read, written, mapped */
    YA_ERR_FORMAT,      /* a file is not what it claims: truncated, corrupt, inconsistent */
    YA_ERR_UNSUPPORTED, /* well formed, but an architecture, type or feature that is not handled */
    YA_ERR_DATA,        /* a record, label or text is unusable */
    YA_ERR_USAGE,       /* wrong flag, key or value: exit 2 */
    YA_ERR_MEMORY,      /* does not fit in memory: exit 3 */
    YA_ERR_GUARD,       /* stopped by the memory guard, resumable: exit 4 */
    YA_ERR_DIVERGED,    /* loss or gradient is not finite: exit 5 */
    YA_ERR_INTERRUPTED  /* a signal, checkpoint saved: exit 128 + signal */
} ya_status;

enum { YA_ERROR_TEXT = 1024 };

typedef struct {
    ya_status status;
    char text[YA_ERROR_TEXT];
} ya_error;

#define YA_CHECK __attribute__((warn_unused_result))
#define YA_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Fills `err` (may be NULL) with a formatted sentence, cut to fit, and returns `status`. */
ya_status ya_fail(ya_error *err, ya_status status, const char *format, ...) YA_PRINTF(3, 4);

/* Puts "formatted: " in front of the sentence already in `err` (may be NULL); returns its status.
 */
ya_status ya_wrap(ya_error *err, ya_status status, const char *format, ...) YA_PRINTF(3, 4);

/* Leaves `status` with the text of errno appended: "formatted: No such file or directory". */
ya_status ya_fail_errno(ya_error *err, ya_status status, const char *format, ...) YA_PRINTF(3, 4);

/* The exit code of a status: 0 1 2 3 4 5 of spec/training.md (an interruption is 130 here). */
int ya_exit_code(ya_status status);

/* Runs `call`; on failure leaves the function through `goto done` with `status` set. */
#define YA_TRY(call)                                                                               \
    do {                                                                                           \
        if ((status = (call)) != YA_OK)                                                            \
            goto done;                                                                             \
    } while (0)

#endif
