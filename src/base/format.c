#include "base/format.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void ya_format_add(ya_format *format, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    size_t room = format->room - format->size;
    int n = vsnprintf(format->data + format->size, room, text, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room) {
        format->cut = true;
        format->data[format->size] = '\0';
        return;
    }
    format->size += (size_t)n;
}

void ya_format_json_text(ya_format *format, const char *text)
{
    ya_format_add(format, "\"");
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\')
            ya_format_add(format, "\\%c", c);
        else if (c < 0x20)
            ya_format_add(format, "\\u%04x", c);
        else
            ya_format_add(format, "%c", c);
    }
    ya_format_add(format, "\"");
}

void ya_format_json_real(ya_format *format, double value)
{
    char text[40];
    if (!isfinite(value)) {
        ya_format_add(format, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    ya_format_add(format, "%s", text);
}

size_t ya_fixed4(char out[YA_FIXED4_MAX], double value)
{
    enum { DECIMALS = 4, ROOM = 20 };
    char digits[ROOM];
    double limit = fmin(fmax(value, -1e12), 1e12);
    int64_t scaled = llrint(limit * 1e4);
    uint64_t left = (uint64_t)(scaled < 0 ? -scaled : scaled);
    int n = 0;
    do
        digits[n++] = (char)('0' + left % 10);
    while ((left /= 10) > 0 || n <= DECIMALS);
    char *at = out;
    if (scaled < 0)
        *at++ = '-';
    while (n > 0) {
        *at++ = digits[--n];
        if (n == DECIMALS)
            *at++ = '.';
    }
    return (size_t)(at - out);
}
