#include "token/byte_level.h"

#include "token/unicode.h"

static bool printable(uint32_t byte)
{
    return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

uint32_t ya_byte_symbol(uint8_t byte)
{
    if (printable(byte))
        return byte;
    /* The others in order, from U+0100: 0x00..0x20, 0x7F..0xA0, 0xAD. */
    return byte <= 0x20 ? 0x100u + byte : byte <= 0xA0 ? 0x121u + (byte - 0x7Fu) : 0x143u;
}

int ya_byte_of_symbol(uint32_t c)
{
    if (c < 0x100)
        return printable(c) ? (int)c : -1;
    if (c <= 0x120)
        return (int)(c - 0x100);
    if (c <= 0x142)
        return (int)(c - 0x121 + 0x7F);
    return c == 0x143 ? 0xAD : -1;
}

bool ya_byte_level_bytes(const char *text, size_t size, char *out, size_t *n)
{
    *n = 0;
    for (size_t at = 0; at < size;) {
        size_t length, skip;
        bool truncated;
        if (ya_utf8_check(text + at, size - at, &skip, &truncated) == 0)
            return false;
        int byte = ya_byte_of_symbol(ya_utf8_get(text + at, &length));
        if (byte < 0)
            return false;
        out[(*n)++] = (char)byte;
        at += length;
    }
    return true;
}
