/* A text from a file as it may stand in an error message: cut, without control bytes. */
#ifndef YA_IO_SHOWN_H
#define YA_IO_SHOWN_H

#include <stddef.h>

typedef struct {
    char text[100];
} ya_shown;

/* At most 96 bytes of `data` [size]; control bytes become '?', "..." marks a cut. */
static inline ya_shown ya_show(const char *data, size_t size)
{
    enum { KEPT = 96 };
    ya_shown shown = {{0}};
    size_t n = size < KEPT ? size : KEPT;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)data[i];
        shown.text[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    if (size > KEPT)
        for (size_t i = 0; i < 3; i++)
            shown.text[n - 3 + i] = '.';
    return shown;
}

#endif
