/* Normalization form C with the tables of the reference (unicode_tables.h). */
#ifndef YA_TOKEN_NFC_H
#define YA_TOKEN_NFC_H

#include "token/changed.h"

#include <stdbool.h>

/* False when the text is certainly in NFC already (the usual case, found fast). */
bool ya_nfc_may_change(const char *text, size_t size);

/* Appends the NFC form of well-formed UTF-8 to `out`. Linear in `size`, whatever the marks. What is
 * rewritten is traced to the beginning of its character with marks. */
ya_status ya_nfc(ya_changed *out, const char *text, size_t size, ya_trace trace,
                 ya_error *err) YA_CHECK;

#endif
