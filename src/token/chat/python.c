#include "token/chat/python.h"

#include "token/unicode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

bool ya_python_is_space(uint32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F);
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/* Well-formed or not: a lead byte without its followers is no space. */
size_t ya_python_spaces(const char *text, size_t size)
{
    size_t at = 0, length;
    while (at < size && at + ya_utf8_length(text[at]) <= size &&
           ya_python_is_space(ya_utf8_get(text + at, &length)))
        at += length;
    return at;
}

size_t ya_python_rstrip(const char *text, size_t size)
{
    size_t length;
    while (size && ya_python_is_space(ya_utf8_before(text, text + size, &length)))
        size -= length;
    return size;
}

size_t ya_python_line_break(const char *text, size_t size)
{
    unsigned char c = (unsigned char)text[0];
    if (c == '\r')
        return size > 1 && text[1] == '\n' ? 2 : 1;
    if ((c >= '\n' && c <= '\f') || (c >= 0x1C && c <= 0x1E))
        return 1;
    size_t length = ya_utf8_length(text[0]);
    if (length == 1 || length > size)
        return 0;
    uint32_t point = ya_utf8_get(text, &length);
    return point == 0x85 || point == 0x2028 || point == 0x2029 ? length : 0;
}

bool ya_python_printable(uint32_t c)
{
    if (c < 0x7F)
        return c >= 0x20;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_ZS:
        return false;
    default:
        return true;
    }
}

void ya_python_float(char out[YA_FLOAT_TEXT], double value)
{
    char digits[32];
    if (!isfinite(value)) {
        strcpy(out, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return;
    }
    int precision = 0;
    do
        snprintf(digits, sizeof digits, "%.*e", precision++, value);
    while (strtod(digits, NULL) != value && precision < 17);
    int power = atoi(strchr(digits, 'e') + 1);
    if (power < -4 || power >= 16) {
        snprintf(out, YA_FLOAT_TEXT, "%.*e", precision - 1, value);
        return;
    }
    int behind = precision - 1 - power;
    snprintf(out, YA_FLOAT_TEXT, "%.*f", behind > 0 ? behind : 1, value);
}
