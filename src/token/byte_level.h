/* The alphabet of byte-level vocabularies: a printable character for each byte (Radford et al.
 * 2019, encoder.py). */
#ifndef YA_TOKEN_BYTE_LEVEL_H
#define YA_TOKEN_BYTE_LEVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character (U+0021..U+0143) that stands for a byte in byte-level vocabularies, and back (-1).
 */
uint32_t ya_byte_symbol(uint8_t byte);
int ya_byte_of_symbol(uint32_t c);

/* Turns token text of a byte-level vocabulary to bytes; false when a character stands for none.
 * `out` has room for `size` bytes. */
bool ya_byte_level_bytes(const char *text, size_t size, char *out, size_t *n);

#endif
