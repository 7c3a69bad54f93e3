#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 };

static int is_quiet;

void ya_log_set_quiet(int quiet)
{
    is_quiet = quiet;
}

static void line(const char *before, const char *after, const char *format, va_list args)
{
    char text[LINE_MAX_BYTES];
    int head = snprintf(text, sizeof text, "%s", before);
    size_t room = sizeof text - (size_t)head - strlen(after) - 1;
    int body = vsnprintf(text + head, room, format, args);
    if (body < 0)
        return;
    size_t used = (size_t)head + ((size_t)body < room ? (size_t)body : room - 1);
    used += (size_t)snprintf(text + used, sizeof text - used, "%s\n", after);
    if (write(STDERR_FILENO, text, used) < 0)
        return; /* nobody listens: nothing to be done */
}

void ya_info(const char *format, ...)
{
    if (is_quiet)
        return;
    va_list args;
    va_start(args, format);
    line("", "", format, args);
    va_end(args);
}

void ya_warn(const char *format, ...)
{
    int colour = isatty(STDERR_FILENO) && !getenv("NO_COLOR");
    va_list args;
    va_start(args, format);
    line(colour ? "\033[33mwarning:\033[0m " : "warning: ", "", format, args);
    va_end(args);
}
