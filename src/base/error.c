#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void fill(ya_error *err, ya_status status, const char *format, va_list args)
{
    err->status = status;
    vsnprintf(err->text, sizeof err->text, format, args);
}

ya_status ya_fail(ya_error *err, ya_status status, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        fill(err, status, format, args);
        va_end(args);
    }
    return status;
}

ya_status ya_wrap(ya_error *err, ya_status status, const char *format, ...)
{
    if (err) {
        char inner[YA_ERROR_TEXT];
        memcpy(inner, err->text, sizeof inner);
        va_list args;
        va_start(args, format);
        fill(err, status, format, args);
        va_end(args);
        size_t used = strlen(err->text);
        snprintf(err->text + used, sizeof err->text - used, ": %s", inner);
    }
    return status;
}

ya_status ya_fail_errno(ya_error *err, ya_status status, const char *format, ...)
{
    if (err) {
        const char *reason = strerror(errno);
        va_list args;
        va_start(args, format);
        fill(err, status, format, args);
        va_end(args);
        size_t used = strlen(err->text);
        snprintf(err->text + used, sizeof err->text - used, ": %s", reason);
    }
    return status;
}

int ya_exit_code(ya_status status)
{
    switch (status) {
    case YA_OK:
        return 0;
    case YA_ERR_USAGE:
        return 2;
    case YA_ERR_MEMORY:
        return 3;
    case YA_ERR_GUARD:
        return 4;
    case YA_ERR_DIVERGED:
        return 5;
    case YA_ERR_INTERRUPTED:
        return 130;
    default:
        return 1;
    }
}
