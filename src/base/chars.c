#include "base/chars.h"

enum { BLOCK = 128 };

/* Whole blocks, so that the compiler makes vectors of it; a byte may count up to 255. */
static size_t count_block(const char *text)
{
    unsigned char n = 0;
    for (int i = 0; i < BLOCK; i++)
        n = (unsigned char)(n + ((signed char)text[i] >= -0x40)); /* no continuation byte */
    return n;
}

size_t ya_count_characters(const char *text, size_t size)
{
    size_t n = 0, i = 0;
    for (; size - i >= BLOCK; i += BLOCK)
        n += count_block(text + i);
    for (; i < size; i++)
        n += (signed char)text[i] >= -0x40;
    return n;
}

bool ya_is_utf8(const char *text, size_t size)
{
    const char *end = text + size;
    while (text && text < end)
        text = (signed char)*text >= 0 ? text + 1 : ya_utf8_sequence(text, end);
    return text != NULL;
}

size_t ya_prefix_size(const char *text, size_t size, size_t n)
{
    size_t i = 0;
    if (size <= n)
        return size;
    while (size - i >= BLOCK) {
        size_t here = count_block(text + i);
        if (here > n)
            break;
        n -= here;
        i += BLOCK;
    }
    for (; i < size; i++) {
        if ((signed char)text[i] < -0x40)
            continue;
        if (n == 0)
            return i;
        n--;
    }
    return size;
}
