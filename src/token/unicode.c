#include "token/unicode.h"

#include "token/unicode_tables.h"

#include <assert.h>
#include <string.h>
#include <threads.h>

uint16_t ya_unicode_block[(YA_UC_LAST + 1) / YA_UC_BLOCK];
uint8_t ya_unicode_flag[YA_UC_MAX_BLOCKS][YA_UC_BLOCK];

static int same_block(size_t n_blocks, const uint8_t *block)
{
    /* Neighbours are alike: look at the newest first. */
    for (size_t i = n_blocks; i-- > 0;)
        if (memcmp(ya_unicode_flag[i], block, YA_UC_BLOCK) == 0)
            return (int)i;
    return -1;
}

static void expand(void)
{
    size_t n_blocks = 0, entry = 0;
    for (uint32_t b = 0; b <= YA_UC_LAST / YA_UC_BLOCK; b++) {
        uint8_t block[YA_UC_BLOCK];
        for (uint32_t i = 0; i < YA_UC_BLOCK; i++) {
            uint32_t c = b * YA_UC_BLOCK + i;
            while (entry + 1 < ya_unicode_n_classes && ya_unicode_classes[entry + 1] >> 8 <= c)
                entry++;
            block[i] = (uint8_t)ya_unicode_classes[entry];
        }
        int found = same_block(n_blocks, block);
        if (found < 0) {
            assert(n_blocks < YA_UC_MAX_BLOCKS);
            found = (int)n_blocks++;
            memcpy(ya_unicode_flag[found], block, sizeof block);
        }
        ya_unicode_block[b] = (uint16_t)found;
    }
}

void ya_unicode_init(void)
{
    static once_flag once = ONCE_FLAG_INIT;
    call_once(&once, expand);
}

size_t ya_utf8_put(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* How many bytes a lead byte asks for (0: none begins so) and the range of the second byte, which
 * excludes overlong forms, surrogates and what lies above U+10FFFF (Unicode table 3-7). */
static size_t lead_of(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xBF;
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    if (lead < 0xE0)
        return 2;
    if (lead == 0xE0)
        *low = 0xA0;
    else if (lead == 0xED)
        *high = 0x9F;
    else if (lead == 0xF0)
        *low = 0x90;
    else if (lead == 0xF4)
        *high = 0x8F;
    return lead < 0xF0 ? 3 : 4;
}

size_t ya_utf8_check(const char *text, size_t size, size_t *skip, bool *truncated)
{
    const unsigned char *s = (const unsigned char *)text;
    unsigned char low, high;
    size_t need = lead_of(s[0], &low, &high);
    *truncated = false;
    *skip = 1;
    for (size_t i = 1; i < need; i++) {
        if (i == size) {
            *truncated = true;
            return 0;
        }
        if (s[i] < low || s[i] > high)
            return 0;
        *skip = i + 1;
        low = 0x80;
        high = 0xBF;
    }
    return need;
}

size_t ya_utf8_valid(const char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        uint64_t eight;
        if (size - at >= sizeof eight) {
            memcpy(&eight, text + at, sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        size_t skip;
        bool truncated;
        size_t length = ya_utf8_check(text + at, size - at, &skip, &truncated);
        if (length == 0)
            break;
        at += length;
    }
    return at;
}

ya_status ya_utf8_repair(ya_buffer *out, const char *text, size_t size, ya_error *err)
{
    ya_status status = YA_OK;
    while (size) {
        size_t valid = ya_utf8_valid(text, size);
        if (valid)
            YA_TRY(ya_buffer_add(out, text, valid, err));
        text += valid;
        size -= valid;
        if (size) {
            size_t skip;
            bool truncated;
            (void)ya_utf8_check(text, size, &skip, &truncated);
            YA_TRY(ya_buffer_add(out, "\xEF\xBF\xBD", 3, err));
            text += skip;
            size -= skip;
        }
    }
done:
    return status;
}
