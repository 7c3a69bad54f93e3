/* Streams of JSON lines: plain, gz (all members) and zst (all frames), told by their first bytes.
 * For what this program writes (metrics, suites, results); records of any form are read with
 * io/record_file.h. spec/data.md "Input". Memory: one line. */
#ifndef YA_IO_JSONL_H
#define YA_IO_JSONL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { YA_LINE_MAX_BYTES = 64 << 20, YA_LINE_KEPT_BYTES = 1000 };

typedef struct ya_jsonl ya_jsonl;

ya_status ya_jsonl_open(ya_jsonl **out, const char *path, ya_error *err) YA_CHECK;
void ya_jsonl_close(ya_jsonl *stream);

/* The next line that is not blank, without its LF or CR LF and without a BOM at the start of the
 * file; valid until the next call. `number` counts from 1, blank lines too. Of a line above
 * YA_LINE_MAX_BYTES only the first YA_LINE_KEPT_BYTES are kept and `too_long` is set. At the end of
 * the file *text is NULL. A broken gz or zst stream, or a read error, is YA_ERR_IO /
 * YA_ERR_FORMAT. The last two fields are set by io/record_file.h only. */
typedef struct {
    const char *text;
    size_t size;
    uint64_t number;
    bool too_long;
    bool table;      /* a row of a table: its values are cells, that is strings of any meaning */
    const char *bad; /* NULL, or a static sentence that says why this is no record */
} ya_line;
ya_status ya_jsonl_next(ya_jsonl *stream, ya_line *line, ya_error *err) YA_CHECK;

/* Bytes of the file, as it is on the disk, that have been read so far. */
uint64_t ya_jsonl_position(const ya_jsonl *stream);

#endif
