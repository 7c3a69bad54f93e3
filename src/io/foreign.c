#include "io/foreign.h"

#include "base/chars.h"
#include "base/format.h"
#include "io/record_file.h"

#include <string.h>
#include <strings.h>

static const char expected[] =
    "records are JSON lines, a JSON array, or CSV or TSV with a header line";

/* In a command @ stands for the file, unpacked where # stands, ^ for its name without the last
 * ending, $ for that. */
typedef struct {
    const char *magic;
    size_t size, at;    /* of the magic */
    const char *within; /* a text that stands in the first bytes, too; NULL: none */
    const char *name;   /* or an end of the name that does as well; NULL: none */
    const char *what;
    const char *command; /* that converts or unpacks it; NULL: nothing does */
} format;

#define MAGIC(text) text, sizeof(text) - 1
#define CONVERT "convert it first, with  #"
#define UNPACK "unpack it first, with  #"
#define PANDAS(read)                                                                               \
    CONVERT "python3 -c \"import pandas; pandas." read                                             \
            "('@').to_json('^.jsonl', orient='records', lines=True)\""
#define DATASETS                                                                                   \
    CONVERT "python3 -c \"import datasets; "                                                       \
            "datasets.Dataset.from_file('@').to_json('^.jsonl')\""

static const format formats[] = {
    {MAGIC("PAR1\x15"), 0, NULL, NULL, "a Parquet file", PANDAS("read_parquet")},
    {MAGIC("PAR1"), 0, NULL, ".parquet", "a Parquet file", PANDAS("read_parquet")},
    {MAGIC("ARROW1\0\0"), 0, NULL, NULL, "an Arrow (Feather) file", PANDAS("read_feather")},
    {MAGIC("FEA1\0\0\0\0"), 0, NULL, NULL, "a Feather file", PANDAS("read_feather")},
    {MAGIC("\xFF\xFF\xFF\xFF"), 0, NULL, NULL, "an Arrow stream", DATASETS},
    {MAGIC("PK\3\4"), 0, "xl/", ".xlsx", "an Excel workbook (XLSX)", PANDAS("read_excel")},
    {MAGIC("PK\3\4"), 0, NULL, NULL, "a zip archive", UNPACK "unzip @"},
    {MAGIC("PK\5\6"), 0, NULL, NULL, "a zip archive without files", NULL},
    {MAGIC("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), 0, NULL, NULL, "an Excel workbook (XLS)",
     PANDAS("read_excel")},
    {MAGIC("SQLite format 3\0"), 0, NULL, NULL, "an SQLite database",
     CONVERT "sqlite3 -json @ 'SELECT * FROM a_table' > ^.json"},
    {MAGIC("BZh"), 0, "1AY&SY", NULL, "packed with bzip2", UNPACK "bunzip2 -k @"},
    {MAGIC("\xFD"
           "7zXZ\0"),
     0, NULL, NULL, "packed with xz", UNPACK "unxz -k @"},
    {MAGIC("7z\xBC\xAF\x27\x1C"), 0, NULL, NULL, "a 7z archive", UNPACK "7z x @"},
    {MAGIC("ustar\0"), 257, NULL, NULL, "a tar archive", UNPACK "tar -xf @"},
    {MAGIC("ustar  \0"), 257, NULL, NULL, "a tar archive", UNPACK "tar -xf @"},
    {MAGIC("%PDF-"), 0, NULL, NULL, "a PDF", NULL},
};

/* Whether a path may stand in a command as it is. */
static bool is_plain(const char *path)
{
    return *path != '-' && path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                             "0123456789/._-+=@%,:")] == '\0';
}

static bool has_ending(const char *ending, const char *wanted)
{
    return strcasecmp(ending, wanted) == 0;
}

/* The last ending of a name, with its dot; "" when it has none. */
static const char *ending_of(const char *name, size_t size)
{
    const char *end = name + size, *at = end;
    while (at > name && at[-1] != '/' && at[-1] != '.')
        at--;
    return at - name >= 2 && at[-1] == '.' && at[-2] != '/' ? at - 1 : end;
}

/* `command` with the names in their places. */
static void put_names(char out[YA_ERROR_TEXT], const char *command, const char *path)
{
    const char *in = is_plain(path) && strlen(path) < 200 ? path : "FILE";
    const char *packed = ending_of(in, strlen(in));
    const char *unpack = has_ending(packed, ".gz")    ? "gunzip -k"
                         : has_ending(packed, ".zst") ? "unzstd"
                                                      : NULL;
    int size = (int)(unpack ? (size_t)(packed - in) : strlen(in));
    const char *ending = ending_of(in, (size_t)size);
    int stem = (int)(ending - in);
    ya_format text = {.data = out, .room = YA_ERROR_TEXT};
    for (const char *at = command; *at; at++) {
        if (*at == '@' || *at == '^')
            ya_format_add(&text, "%.*s", *at == '@' ? size : stem, in);
        else if (*at == '$')
            ya_format_add(&text, "%.*s", size - stem, ending);
        else if (*at != '#')
            ya_format_add(&text, "%c", *at);
        else if (unpack)
            ya_format_add(&text, "%s %s && ", unpack, in);
    }
}

static ya_status refuse(const char *path, const char *what, const char *command, ya_error *err)
{
    char line[YA_ERROR_TEXT];
    if (!command)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "%s is %s; %s", path, what, expected);
    put_names(line, command, path);
    return ya_fail(err, YA_ERR_UNSUPPORTED, "%s is %s: %s", path, what, line);
}

static bool is_of(const format *f, const char *path, const char *data, size_t size)
{
    if (size < f->at + f->size || memcmp(data + f->at, f->magic, f->size) != 0)
        return false;
    if (!f->within && !f->name)
        return true;
    return (f->within && memmem(data, size, f->within, strlen(f->within))) ||
           (f->name && ya_is_named(path, f->name));
}

/* Bytes from 0x80 on occur, and none of them are UTF-8. What the end cuts off does not count. */
static bool is_latin1(const char *data, size_t size)
{
    const char *end = data + size;
    size_t n_bytes = 0;
    for (const char *at = data; at < end; at++) {
        if ((signed char)*at >= 0)
            continue;
        if (ya_utf8_sequence(at, end))
            return false;
        n_bytes += end - at >= 4;
    }
    return n_bytes > 0;
}

/* Zeros in every other byte, as of Latin letters in UTF-16. */
static bool is_unmarked_utf16(const char *data, size_t size, size_t zero_at)
{
    enum { LOOKED_AT = 64 };
    if (size < 8)
        return false;
    for (size_t i = 0; i + 1 < size && i < LOOKED_AT; i += 2)
        if (data[i + zero_at] != 0 || data[i + 1 - zero_at] == 0)
            return false;
    return true;
}

static bool begins(const char *data, size_t size, const char *with)
{
    size_t n = strlen(with);
    return size >= n && strncasecmp(data, with, n) == 0;
}

ya_status ya_refuse_foreign(const char *path, const char *data, size_t size, ya_error *err)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (is_of(&formats[i], path, data, size))
            return refuse(path, formats[i].what, formats[i].command, err);
    if (is_unmarked_utf16(data, size, 1))
        return refuse(path, "UTF-16 without a byte order mark",
                      CONVERT "iconv -f UTF-16LE -t UTF-8 @ > ^.utf8$", err);
    if (is_unmarked_utf16(data, size, 0))
        return refuse(path, "UTF-16 without a byte order mark",
                      CONVERT "iconv -f UTF-16BE -t UTF-8 @ > ^.utf8$", err);
    if (!memchr(data, 0, size) && is_latin1(data, size))
        return refuse(path, "not UTF-8 (Latin-1 or Windows-1252, it seems)",
                      CONVERT "iconv -f WINDOWS-1252 -t UTF-8 @ > ^.utf8$", err);
    return YA_OK;
}

ya_status ya_refuse_text(const char *path, const char *data, size_t size, ya_error *err)
{
    const char *at = ya_skip_space(data, data + size);
    size_t n = (size_t)(data + size - at);
    if (memchr(data, 0, size))
        return ya_fail(err, YA_ERR_FORMAT, "%s is binary data; %s", path, expected);
    if (begins(at, n, "<?xml") || begins(at, n, "<!DOCTYPE") || begins(at, n, "<html"))
        return refuse(path, "XML or HTML", NULL, err);
    if (begins(at, n, "%YAML") || ya_is_named(path, ".yaml") || ya_is_named(path, ".yml"))
        return refuse(path, "YAML", CONVERT "yq -o=json . @ > ^.json", err);
    return ya_fail(err, YA_ERR_FORMAT, "%s is neither JSON nor a table; %s", path, expected);
}
