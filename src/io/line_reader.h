/* Lines of a window. Inside io; io/jsonl.h says what they are. */
#ifndef YA_IO_LINE_READER_H
#define YA_IO_LINE_READER_H

#include "io/jsonl.h"
#include "io/window.h"

typedef struct {
    ya_window *window;
    size_t scanned;  /* bytes from the window's begin that hold no LF */
    uint64_t number; /* of the last line */
} ya_line_reader;

/* As ya_jsonl_next. */
ya_status ya_line_reader_next(ya_line_reader *reader, ya_line *line, ya_error *err) YA_CHECK;

#endif
