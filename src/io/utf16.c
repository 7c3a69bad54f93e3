#include "io/utf16.h"

#include "base/chars.h"

static unsigned unit_at(const unsigned char *in, bool big_endian)
{
    return big_endian ? (unsigned)in[0] << 8 | in[1] : (unsigned)in[1] << 8 | in[0];
}

size_t ya_utf16_to_utf8(const unsigned char *in, size_t size, bool big_endian, char *out,
                        size_t *n_out, bool *unpaired)
{
    char *to = out;
    size_t i = 0;
    *unpaired = false;
    while (size - i >= 2) {
        unsigned c = unit_at(in + i, big_endian);
        size_t used = 2;
        if (c >= 0xD800 && c < 0xE000) {
            if (c < 0xDC00 && size - i < 4)
                break;
            unsigned low = c < 0xDC00 ? unit_at(in + i + 2, big_endian) : 0;
            *unpaired = low < 0xDC00 || low > 0xDFFF;
            if (*unpaired)
                break;
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            used = 4;
        }
        to = ya_put_code_point(to, c);
        i += used;
    }
    *n_out = (size_t)(to - out);
    return i;
}
