#include "io/record_file.h"

#include "base/alloc.h"
#include "base/chars.h"
#include "io/foreign.h"
#include "io/json_scan.h"
#include "io/line_reader.h"
#include "io/record_list.h"
#include "io/record_table.h"

#include <string.h>

struct ya_record_file {
    ya_window window;
    ya_record_form form;
    ya_line_reader lines;  /* LINES */
    ya_record_list list;   /* ARRAY, OBJECTS */
    ya_record_table table; /* CSV, TSV */
    ya_record_note note;   /* list.text empty: there is none */
};

/* Fills the first window. */
static ya_status read_head(ya_window *w, ya_error *err)
{
    ya_status status = YA_OK;
    while (!status && !w->at_end && w->end - w->begin < YA_WINDOW_FIRST)
        status = ya_window_fill(w, YA_WINDOW_FIRST, err);
    return status;
}

static ya_status begin_list(ya_record_file *f, const ya_record_file_options *options, ya_error *err)
{
    ya_holds holds;
    ya_status status;
    YA_TRY(ya_record_list_look(&f->window, options ? options->record_members : NULL, &holds,
                               &f->note, err));
    if (holds == YA_HOLDS_LINES)
        return YA_OK;
    f->form = holds == YA_HOLDS_OBJECTS ? YA_FORM_OBJECTS : YA_FORM_ARRAY;
    status = ya_record_list_begin(&f->list, &f->window, holds, err);
done:
    return status;
}

/* Lines of which the first is no JSON are lines all the same when another begins like a record. */
static bool has_object_line(const char *text, const char *end)
{
    while (text && text < end) {
        text = ya_skip_space(text, end);
        if (text < end && *text == '{')
            return true;
        text = memchr(text, '\n', (size_t)(end - text));
    }
    return false;
}

static ya_status begin_text(ya_record_file *f, ya_error *err)
{
    const ya_window *w = &f->window;
    const char *text = w->data + w->begin;
    size_t size = w->end - w->begin;
    bool as_lines = ya_is_named(w->path, ".jsonl") || ya_is_named(w->path, ".ndjson") ||
                    has_object_line(text, text + size);
    char named = ya_is_named(w->path, ".csv") ? ',' : ya_is_named(w->path, ".tsv") ? '\t' : 0;
    char delimiter = 0;
    ya_status status = YA_OK;
    if (!memchr(text, 0, size))
        YA_TRY(ya_record_table_look(w, named, &delimiter, err));
    if (delimiter) {
        f->form = delimiter == '\t' ? YA_FORM_TSV : YA_FORM_CSV;
        status = ya_record_table_begin(&f->table, &f->window, delimiter, err);
    } else if (!as_lines) {
        status = ya_refuse_text(w->path, text, size, err);
    }
done:
    return status;
}

static ya_status tell_form(ya_record_file *f, const ya_record_file_options *options, ya_error *err)
{
    ya_window *w = &f->window;
    ya_status status;
    YA_TRY(read_head(w, err));
    const char *text = w->data + w->begin, *end = w->data + w->end;
    YA_TRY(ya_refuse_foreign(w->path, text, (size_t)(end - text), err));
    const char *first = ya_json_skip_space(text, end);
    if (first < end && (*first == '{' || *first == '['))
        status = begin_list(f, options, err);
    else if (ya_skip_space(text, end) < end)
        status = begin_text(f, err);
done:
    return status;
}

ya_status ya_record_file_open(ya_record_file **out, const char *path,
                              const ya_record_file_options *options, ya_error *err)
{
    ya_status status;
    *out = NULL;
    ya_record_file *f = ya_alloc_zero(1, sizeof *f);
    if (!f)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory opening %s", path);
    f->form = YA_FORM_LINES;
    f->lines.window = &f->window;
    YA_TRY(ya_window_open(&f->window, path, err));
    YA_TRY(tell_form(f, options, err));
    *out = f;
done:
    if (status)
        ya_record_file_close(f);
    return status;
}

void ya_record_file_close(ya_record_file *file)
{
    if (!file)
        return;
    if (file->form == YA_FORM_CSV || file->form == YA_FORM_TSV)
        ya_record_table_end(&file->table);
    ya_window_close(&file->window);
    ya_free(file);
}

ya_status ya_record_file_next(ya_record_file *file, ya_line *line, ya_error *err)
{
    switch (file->form) {
    case YA_FORM_ARRAY:
    case YA_FORM_OBJECTS:
        return ya_record_list_next(&file->list, line, err);
    case YA_FORM_CSV:
    case YA_FORM_TSV:
        return ya_record_table_next(&file->table, line, err);
    default:
        return ya_line_reader_next(&file->lines, line, err);
    }
}

uint64_t ya_record_file_position(const ya_record_file *file)
{
    return ya_text_stream_position(file->window.text);
}

ya_record_form ya_record_file_form(const ya_record_file *file)
{
    return file->form;
}

const char *ya_record_file_list(const ya_record_file *file, const char **others)
{
    *others = file->note.others;
    return file->note.list.text[0] ? file->note.list.text : NULL;
}
