/* Text into a buffer of fixed size: for what is written from the training loop, which allocates
 * nothing. */
#ifndef YA_BASE_FORMAT_H
#define YA_BASE_FORMAT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* data[0 .. size) is NUL-terminated; `cut` once something did not fit. Start with
 * {.data = block, .room = its bytes} (room > 0). */
typedef struct {
    char *data;
    size_t size, room;
    bool cut;
} ya_format;

void ya_format_add(ya_format *format, const char *text, ...) YA_PRINTF(2, 3);
/* A quoted JSON string; ill-formed UTF-8 is copied byte by byte. */
void ya_format_json_text(ya_format *format, const char *text);
/* The shortest of %.15g, %.16g, %.17g that reads back as the same f64; null when not finite. */
void ya_format_json_real(ya_format *format, double value);

/* A number that is rounded to 4 decimals, as "%.4f" prints it, "-0.0000" aside: the bytes written
 * to `out`, which are not NUL-terminated. Numbers from 1e12 on are cut off there. */
enum { YA_FIXED4_MAX = 24 };
size_t ya_fixed4(char out[YA_FIXED4_MAX], double value);

#endif
