/* Files that hold no records that can be read here, told by their contents: refused with the one
 * line that converts them. Inside io. */
#ifndef YA_IO_FOREIGN_H
#define YA_IO_FOREIGN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* `data`: the first bytes, unpacked. YA_ERR_UNSUPPORTED with the sentence when they are of another
 * format, or text that is not UTF-8; `path` is named in it. */
ya_status ya_refuse_foreign(const char *path, const char *data, size_t size,
                            ya_error *err) YA_CHECK;

/* The sentence for a text that is neither JSON nor a table: YA_ERR_FORMAT. */
ya_status ya_refuse_text(const char *path, const char *data, size_t size, ya_error *err) YA_CHECK;

#endif
