/* Telling whether a text is a table. */
#include "io/record_table.h"

#include "base/chars.h"

typedef struct {
    size_t cells;        /* of the row at hand */
    size_t header, rows; /* cells of the first row; rows behind it */
    size_t fitting;      /* of them with as many cells */
    bool begun, blank;   /* the row at hand is one cell of white space */
} shape;

static void on_cell(void *text, size_t size, void *context)
{
    shape *s = context;
    const char *end = (const char *)text + size;
    s->blank = s->cells == 0 && ya_skip_space(text, end) == end;
    s->cells++;
}

static void on_row(int terminator, void *context)
{
    shape *s = context;
    (void)terminator;
    if (s->begun && s->blank) { /* a line of white space */
        s->cells = 0;
        return;
    }
    if (!s->begun)
        s->header = s->cells;
    s->rows += s->begun;
    s->fitting += s->begun && s->cells == s->header;
    s->begun = true;
    s->cells = 0;
}

/* The shape of what is in the window, as far as its rows are whole; header 0: no table. */
static ya_status measure(const ya_window *w, char delimiter, shape *s, ya_error *err)
{
    struct csv_parser parser;
    size_t size = w->end - w->begin;
    *s = (shape){0};
    ya_csv_set_up(&parser, delimiter);
    size_t used = csv_parse(&parser, w->data + w->begin, size, on_cell, on_row, s);
    bool fits = used == size;
    if (fits && w->at_end)
        fits = csv_fini(&parser, on_cell, on_row, s) == 0;
    int error = csv_error(&parser);
    csv_free(&parser);
    if (!fits && error != CSV_EPARSE)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a cell of %s", w->path);
    if (!fits)
        s->fitting = 0;
    return YA_OK;
}

ya_status ya_record_table_look(const ya_window *window, char named, char *delimiter, ya_error *err)
{
    static const char candidates[] = {'\t', ',', ';'};
    size_t most = 1;
    *delimiter = named;
    for (size_t i = 0; i < sizeof candidates; i++) {
        shape s;
        ya_status status = measure(window, candidates[i], &s, err);
        if (status)
            return status;
        bool looks_right = s.fitting > 0 && 4 * s.fitting >= 3 * s.rows;
        bool better = s.header > most || (s.header == most && most > 1 && candidates[i] == named);
        if (!better || (!named && !looks_right))
            continue;
        most = s.header;
        *delimiter = candidates[i];
    }
    return YA_OK;
}
