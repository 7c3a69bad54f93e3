/* Files of records of every form, each record as the JSON text of one line. spec/records.md
 * "Files". What a file holds is told by its contents: its name only breaks ties.
 *
 *     JSON lines                              a record a line
 *     one JSON array; an object that holds    records may span lines, and lines hold several
 *     one; objects one after another
 *     CSV, TSV with a header line             a row is {"column": "cell", ...}
 *
 * Each plain, gz (all members) or zst (all frames), in UTF-8 or, with a byte order mark, UTF-16.
 * Nothing is read twice: a pipe is as good. Memory: one record. One thread at a time. */
#ifndef YA_IO_RECORD_FILE_H
#define YA_IO_RECORD_FILE_H

#include "io/jsonl.h"

typedef enum {
    YA_FORM_LINES,
    YA_FORM_ARRAY, /* in an object, too */
    YA_FORM_CSV,   /* also with ";" */
    YA_FORM_TSV,
    YA_FORM_OBJECTS /* one after another, each over several lines */
} ya_record_form;

typedef struct {
    /* Names, to NULL, of which one among an object's members makes it a record, whatever lists it
     * holds: {"messages": [...]} is no file of many messages. NULL: none. */
    const char *const *record_members;
} ya_record_file_options;

typedef struct ya_record_file ya_record_file;

/* Opens a file and tells its form from its first bytes (256 KiB, of one that begins with an object
 * up to 8 MiB). `options` may be NULL. YA_ERR_UNSUPPORTED with the command that converts it: a file
 * of another format, or in another encoding. YA_ERR_FORMAT: neither JSON nor a table, a table whose
 * columns are not named. YA_ERR_DATA: an object with two lists of records. */
ya_status ya_record_file_open(ya_record_file **out, const char *path,
                              const ya_record_file_options *options, ya_error *err) YA_CHECK;
void ya_record_file_close(ya_record_file *file);

/* The next record, valid until the next call; `number` is the line of the file where it begins. Its
 * JSON is the caller's to check. Of a record above YA_LINE_MAX_BYTES only the first
 * YA_LINE_KEPT_BYTES are kept and `too_long` is set. At the end of the file *text is NULL. What is
 * broken between records, or ends early, is YA_ERR_FORMAT with file and line. */
ya_status ya_record_file_next(ya_record_file *file, ya_line *line, ya_error *err) YA_CHECK;

/* Bytes of the file, as it is on the disk, that have been read so far. */
uint64_t ya_record_file_position(const ya_record_file *file);
ya_record_form ya_record_file_form(const ya_record_file *file);
/* The name of the list that holds the records in the file's one object, or NULL; *others: the names
 * of the object's members before it, which are not read, "" for none. */
const char *ya_record_file_list(const ya_record_file *file, const char **others);

/* Whether a file's name ends in `end` (".csv"), of any case, .gz or .zst behind it aside. */
bool ya_is_named(const char *path, const char *end);

/* Reads a compressed regular file to its end, so that what is broken in it is known before anything
 * is written; others are not looked at. Errors as those of ya_record_file_next. */
ya_status ya_record_file_check(const char *path, ya_error *err) YA_CHECK;

/* The input files of a path: the file itself, or of a directory every *.jsonl, *.ndjson, *.json,
 * *.csv and *.tsv, each also with .gz or .zst, in byte order of names, except hidden ones,
 * rejected.*, what programs write beside data (summary.json, dataset_info.json, ...) and
 * subdirectories. None: YA_ERR_DATA. Free with ya_paths_free. */
typedef struct {
    char **paths;
    size_t n_paths;
} ya_paths;
ya_status ya_record_files_list(ya_paths *paths, const char *path, ya_error *err) YA_CHECK;
void ya_paths_free(ya_paths *paths);

#endif
