#include "io/record_table.h"

#include "base/alloc.h"
#include "base/chars.h"
#include "io/json.h"
#include "io/shown.h"

#include <stdlib.h>
#include <string.h>

enum { CELL_BLOCK = 1 << 14 };

/* Cells: --------------------------------------------------------------------------------------- */

static ya_status add_cell(ya_cells *cells, const char *text, size_t size, ya_error *err)
{
    if (cells->n == cells->room) {
        size_t room = 2 * cells->room + 16;
        size_t *bigger = ya_realloc_array(cells->ends, room, sizeof *bigger);
        if (!bigger)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu cells", room);
        cells->ends = bigger;
        cells->room = room;
    }
    ya_status status = ya_json_quote(&cells->text, text, size, err);
    if (!status)
        cells->ends[cells->n++] = cells->text.size;
    return status;
}

static const char *cell_at(const ya_cells *cells, size_t i, size_t *size)
{
    size_t from = i ? cells->ends[i - 1] : 0;
    *size = cells->ends[i] - from;
    return cells->text.data + from;
}

static void clear_cells(ya_cells *cells)
{
    cells->n = cells->text.size = 0;
}

static void free_cells(ya_cells *cells)
{
    ya_buffer_free(&cells->text);
    ya_free(cells->ends);
}

/* libcsv: -------------------------------------------------------------------------------------- */

static int never(unsigned char c)
{
    (void)c;
    return 0;
}

void ya_csv_set_up(struct csv_parser *parser, char delimiter)
{
    csv_init(parser, CSV_STRICT | CSV_STRICT_FINI); /* fails for NULL only */
    csv_set_delim(parser, (unsigned char)delimiter);
    csv_set_space_func(parser, never);
    csv_set_realloc_func(parser, ya_realloc);
    csv_set_free_func(parser, ya_free);
    csv_set_blk_size(parser, CELL_BLOCK);
}

static void on_cell(void *text, size_t size, void *context)
{
    ya_record_table *t = context;
    if (t->status)
        return;
    t->ill_formed = t->ill_formed || !ya_is_utf8(text, size);
    t->status = add_cell(&t->cells, text, size, t->err);
}

static void on_row(int terminator, void *context)
{
    ya_record_table *t = context;
    (void)terminator;
    t->row_done = true;
}

static ya_status broken(ya_record_table *t, ya_error *err)
{
    if (t->status) /* of a callback; its sentence stands */
        return t->status;
    if (csv_error(&t->parser) != CSV_EPARSE)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a cell of %s", t->window->path);
    return ya_fail(err, YA_ERR_FORMAT,
                   "%s:%llu: a stray quotation mark: a cell that holds one is written as \"...\" "
                   "with each of its own doubled (the row begins in line %llu)",
                   t->window->path, (unsigned long long)t->number, (unsigned long long)t->begins);
}

/* The end of the file: the last row may have no line break. */
static ya_status finish(ya_record_table *t, ya_error *err)
{
    t->finished = true;
    if (csv_fini(&t->parser, on_cell, on_row, t) == 0 && !t->status)
        return YA_OK;
    if (t->status || csv_error(&t->parser) != CSV_EPARSE)
        return broken(t, err);
    return ya_fail(err, YA_ERR_FORMAT,
                   "%s:%llu: the file ends within the row that begins here: a quotation mark is "
                   "not closed",
                   t->window->path, (unsigned long long)t->begins);
}

/* Bytes up to and with the first line break; all when there is none. One row ends there at most. */
static size_t piece_size(const char *text, size_t size)
{
    const char *lf = memchr(text, '\n', size);
    size_t n = lf ? (size_t)(lf - text) + 1 : size;
    const char *cr = memchr(text, '\r', n);
    return cr ? (size_t)(cr - text) + 1 : n;
}

static ya_status feed(ya_record_table *t, ya_error *err)
{
    ya_window *w = t->window;
    const char *text = w->data + w->begin;
    size_t n = piece_size(text, w->end - w->begin);
    if (t->row_bytes == 0)
        t->begins = t->number;
    if (t->row_bytes > 0 || (*text != '\n' && *text != '\r'))
        t->row_bytes += n;
    size_t used = csv_parse(&t->parser, text, n, on_cell, on_row, t);
    if (used != n || t->status)
        return broken(t, err);
    w->begin += n;
    t->number += text[n - 1] == '\n';
    if (t->row_bytes > YA_LINE_MAX_BYTES)
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s:%llu: the row that begins here is longer than %d MiB: a quotation mark "
                       "is not closed, or it is no record",
                       w->path, (unsigned long long)t->begins, YA_LINE_MAX_BYTES >> 20);
    return YA_OK;
}

/* Reads a row into `cells`; none at the end of the file. */
static ya_status read_row(ya_record_table *t, ya_error *err)
{
    ya_window *w = t->window;
    ya_status status = YA_OK;
    clear_cells(&t->cells);
    t->row_done = t->ill_formed = false;
    t->row_bytes = 0;
    t->err = err;
    while (!t->row_done && !t->finished) {
        if (w->begin < w->end)
            YA_TRY(feed(t, err));
        else if (w->at_end)
            YA_TRY(finish(t, err));
        else
            YA_TRY(ya_window_fill(w, YA_WINDOW_FIRST, err));
    }
done:
    return status;
}

/* The header: ---------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of columns, sorted; *names[n_names], each and all to be freed. */
static ya_status copy_names(const ya_cells *header, char **names, ya_error *err)
{
    for (size_t i = 0; i < header->n; i++) {
        size_t size;
        const char *name = cell_at(header, i, &size);
        names[i] = ya_strndup(name, size);
        if (!names[i])
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for the names of %zu columns",
                           header->n);
    }
    qsort(names, header->n, sizeof *names, by_text);
    return YA_OK;
}

static ya_status check_header(const ya_record_table *t, ya_error *err)
{
    const ya_cells *header = &t->header;
    const char *path = t->window->path;
    ya_status status;
    for (size_t i = 0, size; i < header->n; i++)
        if (cell_at(header, i, &size), size == 2)
            return ya_fail(err, YA_ERR_FORMAT,
                           "%s:%llu: column %zu has no name in the header: name it, or leave the "
                           "column out",
                           path, (unsigned long long)t->begins, i + 1);
    char **names = ya_alloc_zero(header->n, sizeof *names);
    if (!names)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the names of %zu columns", header->n);
    YA_TRY(copy_names(header, names, err));
    for (size_t i = 1; i < header->n; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            YA_TRY(ya_fail(err, YA_ERR_FORMAT, "%s:%llu: two columns of the header are named %s",
                           path, (unsigned long long)t->begins,
                           ya_show(names[i], strlen(names[i])).text));
done:
    for (size_t i = 0; i < header->n; i++)
        ya_free(names[i]);
    ya_free(names);
    return status;
}

ya_status ya_record_table_begin(ya_record_table *t, ya_window *window, char delimiter,
                                ya_error *err)
{
    *t = (ya_record_table){.window = window, .number = 1};
    ya_csv_set_up(&t->parser, delimiter);
    ya_status status;
    YA_TRY(read_row(t, err));
    if (t->ill_formed)
        return ya_fail(err, YA_ERR_FORMAT, "%s:%llu: the header is not UTF-8", window->path,
                       (unsigned long long)t->begins);
    t->header = t->cells;
    t->cells = (ya_cells){0};
    status = check_header(t, err);
done:
    return status;
}

void ya_record_table_end(ya_record_table *t)
{
    csv_free(&t->parser);
    free_cells(&t->header);
    free_cells(&t->cells);
    ya_buffer_free(&t->record);
    *t = (ya_record_table){0};
}

/* Rows: ---------------------------------------------------------------------------------------- */

/* {"column": "cell", ...}, or of a row that fits no header ["cell", ...], which is no record. */
static ya_status build(ya_record_table *t, bool fits, ya_error *err)
{
    ya_buffer *out = &t->record;
    ya_status status;
    out->size = 0;
    for (size_t i = 0, size; i < t->cells.n; i++) {
        YA_TRY(ya_buffer_add(out, i ? ", " : fits ? "{" : "[", i ? 2 : 1, err));
        const char *text;
        if (fits) {
            text = cell_at(&t->header, i, &size);
            YA_TRY(ya_buffer_add(out, text, size, err));
            YA_TRY(ya_buffer_add(out, ": ", 2, err));
        }
        text = cell_at(&t->cells, i, &size);
        YA_TRY(ya_buffer_add(out, text, size, err));
    }
    status = ya_buffer_add(out, fits ? "}" : "]", 1, err);
done:
    return status;
}

/* A line of white space, which stands for no row. */
static bool is_blank(const ya_record_table *t)
{
    if (t->cells.n != 1 || t->header.n == 1)
        return false;
    size_t size;
    const char *text = cell_at(&t->cells, 0, &size), *end = text + size - 1;
    return t->row_bytes > 0 && ya_skip_space(text + 1, end) == end;
}

ya_status ya_record_table_next(ya_record_table *t, ya_line *line, ya_error *err)
{
    ya_status status;
    *line = (ya_line){.number = t->number};
    do
        YA_TRY(read_row(t, err));
    while (t->row_done && is_blank(t));
    if (!t->row_done)
        return YA_OK;
    line->table = true;
    line->number = t->begins;
    if (t->ill_formed)
        line->bad = "the row is not UTF-8";
    else if (t->cells.n < t->header.n)
        line->bad = "the row has fewer cells than the header";
    else if (t->cells.n > t->header.n)
        line->bad = "the row has more cells than the header";
    YA_TRY(build(t, !line->bad, err));
    line->text = t->record.data;
    line->size = t->record.size;
    line->too_long = line->size > YA_LINE_MAX_BYTES;
    if (line->too_long)
        line->size = YA_LINE_KEPT_BYTES;
done:
    return status;
}
