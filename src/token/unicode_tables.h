/* Unicode properties as Hugging Face tokenizers 0.22 sees them (they come from several versions of
 * Unicode: 16 for the expressions, 17 for Digits, 9 for NFC). Generated: script/unicode_tables.py.
 * Use unicode.h and nfc.h. */
#ifndef YA_TOKEN_UNICODE_TABLES_H
#define YA_TOKEN_UNICODE_TABLES_H

#include <stddef.h>
#include <stdint.h>

/* Sorted; first code point << 8 | flags (unicode.h), valid up to the next entry. */
extern const uint32_t ya_unicode_classes[];
extern const size_t ya_unicode_n_classes;

/* Full canonical decompositions without Hangul, sorted: code point << 3 | number of parts; the
 * parts begin at parts[start[i]]. */
extern const uint32_t ya_unicode_nfd[];
extern const uint16_t ya_unicode_nfd_start[];
extern const uint32_t ya_unicode_nfd_parts[];
extern const size_t ya_unicode_n_nfd;

/* Primary composites, sorted: first << 32 | second, and what they become. */
extern const uint64_t ya_unicode_compose[];
extern const uint32_t ya_unicode_composite[];
extern const size_t ya_unicode_n_compose;

/* Combining classes other than 0, sorted: code point << 8 | class. */
extern const uint32_t ya_unicode_ccc[];
extern const size_t ya_unicode_n_ccc;

#endif
