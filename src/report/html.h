/* HTML and SVG under construction. Whatever comes from a run's directory is a stranger's text: it
 * goes through ya_html_text, never into a format. A failure is kept; later calls do nothing. */
#ifndef YA_REPORT_HTML_H
#define YA_REPORT_HTML_H

#include "base/buffer.h"

/* {.err = err} to start; the buffer is the caller's to free. */
typedef struct {
    ya_buffer out;
    ya_status status;
    ya_error *err;
} ya_html;

/* Markup of our own; arguments are numbers and texts of the program's. */
void ya_html_add(ya_html *html, const char *format, ...) YA_PRINTF(2, 3);

/* Text, or the value of an attribute in double quotes, NUL-terminated (NULL: nothing): & < > " '
 * become references; control characters, marks that turn the direction of text and ill-formed
 * UTF-8 become U+FFFD; after YA_HTML_TEXT_MAX bytes it is cut with an ellipsis. */
enum { YA_HTML_TEXT_MAX = 2000 };
void ya_html_text(ya_html *html, const char *text);

#endif
