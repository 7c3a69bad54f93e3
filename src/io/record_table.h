/* Tables as records: CSV and TSV with a header line (RFC 4180, also with ";"), quoted line breaks
 * included. A row becomes {"column": "cell", ...}. Memory: one row. Inside io.
 *
 * Quotation marks are taken strictly: where one stands in a cell that does not begin with one, or
 * behind a cell something else than a delimiter, the file is broken. Spaces are part of cells. */
#ifndef YA_IO_RECORD_TABLE_H
#define YA_IO_RECORD_TABLE_H

#include "base/buffer.h"
#include "io/jsonl.h"
#include "io/window.h"

#include <csv.h>

/* Cells of the row at hand, each as a JSON string. */
typedef struct {
    ya_buffer text;
    size_t *ends; /* of each in `text` */
    size_t n, room;
} ya_cells;

typedef struct {
    ya_window *window;
    struct csv_parser parser;
    ya_cells header, cells;
    ya_buffer record;
    uint64_t number;  /* the line of the next byte */
    uint64_t begins;  /* of the row at hand */
    size_t row_bytes; /* of it that were read */
    bool row_done, ill_formed, finished;
    ya_status status; /* of the callbacks, with its sentence in `err` */
    ya_error *err;
} ya_record_table;

/* libcsv as it is used here. */
void ya_csv_set_up(struct csv_parser *parser, char delimiter);

/* The delimiter of what is in the window, which begins with its header: ',', ';' or TAB; 0 when it
 * is no table. `named`: ',' or TAB that its name promises, 0: none; without that promise the rows
 * have to look like a table's. */
ya_status ya_record_table_look(const ya_window *window, char named, char *delimiter,
                               ya_error *err) YA_CHECK;

/* Reads the header: YA_ERR_FORMAT when a column has no name or one that another has. Whatever is
 * returned, ya_record_table_end is due. */
ya_status ya_record_table_begin(ya_record_table *table, ya_window *window, char delimiter,
                                ya_error *err) YA_CHECK;
void ya_record_table_end(ya_record_table *table);

/* As ya_record_file_next. */
ya_status ya_record_table_next(ya_record_table *table, ya_line *line, ya_error *err) YA_CHECK;

#endif
