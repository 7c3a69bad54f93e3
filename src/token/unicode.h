/* Properties of code points, and walking through UTF-8. */
#ifndef YA_TOKEN_UNICODE_H
#define YA_TOKEN_UNICODE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Flags of a code point. */
enum {
    YA_UC_LETTER = 1,      /* \p{L} */
    YA_UC_NUMBER = 2,      /* \p{N} */
    YA_UC_SPACE = 4,       /* \s: White_Space */
    YA_UC_DIGIT = 8,       /* what the Digits pre-tokenizer takes for a digit */
    YA_UC_WORD = 16,       /* Rust's \w, for single_word */
    YA_UC_NFC = 32,        /* a text without any such character is in NFC */
    YA_UC_PUNCTUATION = 64 /* what the Punctuation pre-tokenizer takes for it */
};

enum { YA_UC_LAST = 0x10FFFF, YA_UC_BLOCK = 256, YA_UC_MAX_BLOCKS = 384 };

/* Expands the generated tables; before the first ya_unicode_flags. Any thread, any number of times.
 */
void ya_unicode_init(void);

extern uint16_t ya_unicode_block[(YA_UC_LAST + 1) / YA_UC_BLOCK];
extern uint8_t ya_unicode_flag[YA_UC_MAX_BLOCKS][YA_UC_BLOCK];

static inline unsigned ya_unicode_flags(uint32_t c)
{
    return ya_unicode_flag[ya_unicode_block[c / YA_UC_BLOCK]][c % YA_UC_BLOCK];
}

/* The character at `text`, which must be well-formed UTF-8; *length is its bytes. */
static inline uint32_t ya_utf8_get(const char *text, size_t *length)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80) {
        *length = 1;
        return s[0];
    }
    if (s[0] < 0xE0) {
        *length = 2;
        return (uint32_t)(s[0] & 0x1F) << 6 | (s[1] & 0x3Fu);
    }
    if (s[0] < 0xF0) {
        *length = 3;
        return (uint32_t)(s[0] & 0x0F) << 12 | (uint32_t)(s[1] & 0x3F) << 6 | (s[2] & 0x3Fu);
    }
    *length = 4;
    return (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3F) << 12 |
           (uint32_t)(s[2] & 0x3F) << 6 | (s[3] & 0x3Fu);
}

/* The character that ends right before `end` (begin < end, well-formed). */
static inline uint32_t ya_utf8_before(const char *begin, const char *end, size_t *length)
{
    const char *at = end - 1;
    while (at > begin && ((unsigned char)*at & 0xC0) == 0x80)
        at--;
    return ya_utf8_get(at, length);
}

/* Bytes of the character that `lead` begins, in well-formed text. */
static inline size_t ya_utf8_length(char lead)
{
    unsigned char c = (unsigned char)lead;
    return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

/* Writes `c` (no surrogate) into `out`, returns 1..4. */
size_t ya_utf8_put(uint32_t c, char out[4]);

/* Bytes of the well-formed character at text[0..size), size > 0; or 0 when ill-formed, with *skip
 * the bytes of the maximal ill-formed part (1..3), *truncated true when more bytes could complete
 * it. Unicode 3.9 "U+FFFD substitution of maximal subparts". */
size_t ya_utf8_check(const char *text, size_t size, size_t *skip, bool *truncated);

/* Bytes of the longest well-formed beginning. */
size_t ya_utf8_valid(const char *text, size_t size);

/* Appends `text` with U+FFFD for each maximal ill-formed part. */
ya_status ya_utf8_repair(ya_buffer *out, const char *text, size_t size, ya_error *err) YA_CHECK;

#endif
