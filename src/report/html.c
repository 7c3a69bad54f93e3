#include "report/html.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

enum { PIECE_BYTES = 2048 };

static void add_bytes(ya_html *html, const char *bytes, size_t n)
{
    if (!html->status)
        html->status = ya_buffer_add(&html->out, bytes, n, html->err);
}

void ya_html_add(ya_html *html, const char *format, ...)
{
    char piece[PIECE_BYTES];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    if (!html->status && (n < 0 || n >= PIECE_BYTES))
        html->status = ya_fail(html->err, YA_ERR_DATA, "a piece of the page is too long");
    add_bytes(html, piece, n > 0 ? (size_t)n : 0);
}

/* Controls, and characters that turn the direction of the text around them. */
static bool is_unseen(utf8proc_int32_t c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0x200e ||
           c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
           (c & 0xfffe) == 0xfffe;
}

static const char *reference_of(utf8proc_int32_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return is_unseen(c) ? "\xEF\xBF\xBD" : NULL;
    }
}

void ya_html_text(ya_html *html, const char *text)
{
    size_t size = text ? strlen(text) : 0, at = 0;
    while (at < size && !html->status) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                              (utf8proc_ssize_t)(size - at), &c);
        const char *instead = n > 0 ? reference_of(c) : "\xEF\xBF\xBD";
        if (at + (n > 0 ? (size_t)n : 1) > YA_HTML_TEXT_MAX) {
            add_bytes(html, "\xE2\x80\xA6", 3);
            return;
        }
        if (instead)
            add_bytes(html, instead, strlen(instead));
        else
            add_bytes(html, text + at, (size_t)n);
        at += n > 0 ? (size_t)n : 1;
    }
}
