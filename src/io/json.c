#include "io/json.h"

#include "base/alloc.h"
#include "io/map.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { JSON_FILE_MAX = 1 << 30 };

/* Integers of more digits than an int64 certainly holds. */
enum { MAX_DIGITS = 18 };

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

/* Copies `text` with ".0" behind each integer of more than MAX_DIGITS digits. Hugging Face writes
 * int(1e30) for a length without limit; jansson would not read the file. */
static ya_status widen_integers(const char *text, size_t size, ya_buffer *out)
{
    bool inside = false; /* a string */
    size_t kept = 0;     /* text[0..kept) is copied */
    ya_status status = YA_OK;
    for (size_t i = 0; i < size;) {
        if (inside || text[i] < '0' || text[i] > '9') {
            inside ^= text[i] == '"';
            i += inside && text[i] == '\\' ? 2 : 1;
            continue;
        }
        size_t first = i;
        while (i < size && text[i] >= '0' && text[i] <= '9')
            i++;
        bool is_real = (i < size && is_one_of(text[i], ".eE")) ||
                       (first > 0 && is_one_of(text[first - 1], ".eE+")) ||
                       (first > 1 && text[first - 1] == '-' && is_one_of(text[first - 2], "eE"));
        if (i - first <= MAX_DIGITS || is_real)
            continue;
        YA_TRY(ya_buffer_add(out, text + kept, i - kept, NULL));
        YA_TRY(ya_buffer_add(out, ".0", 2, NULL));
        kept = i;
    }
    YA_TRY(ya_buffer_add(out, text + kept, size - kept, NULL));
done:
    return status;
}

json_t *ya_json_load(const char *text, size_t size, size_t flags, json_error_t *error)
{
    json_t *json = json_loadb(text, size, flags, error);
    if (json || json_error_code(error) != json_error_numeric_overflow)
        return json;
    ya_buffer wide = {0};
    if (widen_integers(text, size, &wide) == YA_OK)
        json = json_loadb(wide.data, wide.size, flags, error);
    else
        snprintf(error->text, sizeof error->text - 1, "out of memory");
    ya_buffer_free(&wide);
    return json;
}

ya_status ya_json_parse(const char *text, size_t size, const char *what, json_t **out,
                        ya_error *err)
{
    json_error_t error;
    *out = ya_json_load(text, size, JSON_ALLOW_NUL, &error);
    if (!*out)
        return ya_fail(err, YA_ERR_FORMAT, "%s:%d:%d: not JSON: %s", what, error.line, error.column,
                       error.text);
    return YA_OK;
}

ya_status ya_json_read_file(const char *path, json_t **out, ya_error *err)
{
    char *text;
    size_t size;
    *out = NULL;
    ya_status status = ya_read_file(path, JSON_FILE_MAX, &text, &size, err);
    if (status)
        return status;
    status = ya_json_parse(text, size, path, out, err);
    ya_free(text);
    return status;
}

bool ya_json_get_i64(const json_t *object, const char *key, int64_t *out)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value))
        return false;
    *out = json_integer_value(value);
    return true;
}

bool ya_json_get_f64(const json_t *object, const char *key, double *out)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_number(value))
        return false;
    *out = json_number_value(value);
    return true;
}

bool ya_json_get_bool(const json_t *object, const char *key, bool *out)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_boolean(value))
        return false;
    *out = json_is_true(value);
    return true;
}

const char *ya_json_get_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* Bytes of the UTF-8 sequence at `s` (Unicode 15, table 3-7); of an ill-formed one, those that one
 * U+FFFD stands for: the longest beginning of a well-formed one (section 3.9, as Python does), at
 * least one. */
static size_t utf8_length(const unsigned char *s, size_t left, bool *good)
{
    static const struct {
        unsigned char from, to, low, high, length;
    } rows[] = {
        {0x00, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    *good = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (*s < rows[i].from || *s > rows[i].to)
            continue;
        size_t k = 1;
        if (k < rows[i].length && k < left && s[1] >= rows[i].low && s[1] <= rows[i].high)
            for (k = 2; k < rows[i].length && k < left && (s[k] & 0xC0) == 0x80;)
                k++;
        *good = k == rows[i].length;
        return k;
    }
    return 1;
}

/* The escape of a byte that may not stand as it is, NULL for one that may. */
static const char *escape_of(unsigned char c, char room[8])
{
    static const char short_names[] = "btn?fr"; /* 0x08 to 0x0D without 0x0B */
    static const char digits[] = "0123456789abcdef";
    if (c == '"' || c == '\\' || (c >= 0x08 && c <= 0x0D && c != 0x0B)) {
        room[0] = '\\';
        room[1] = c < 0x20 ? short_names[c - 0x08] : (char)c;
        room[2] = '\0';
        return room;
    }
    if (c >= 0x20)
        return NULL;
    memcpy(room, "\\u00", 4);
    room[4] = digits[c >> 4];
    room[5] = digits[c & 15];
    room[6] = '\0';
    return room;
}

ya_status ya_json_quote(ya_buffer *out, const char *text, size_t size, ya_error *err)
{
    size_t before = out->size;
    size_t kept = 0; /* text[kept..i) is to be copied as it is */
    char room[8];
    ya_status status;
    YA_TRY(ya_buffer_add(out, "\"", 1, err));
    for (size_t i = 0; i < size;) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
            i++;
            continue;
        }
        bool good;
        size_t length = utf8_length((const unsigned char *)text + i, size - i, &good);
        const char *instead = good ? escape_of(c, room) : "\xEF\xBF\xBD";
        if (instead) {
            YA_TRY(ya_buffer_add(out, text + kept, i - kept, err));
            YA_TRY(ya_buffer_add(out, instead, strlen(instead), err));
            kept = i + length;
        }
        i += length;
    }
    YA_TRY(ya_buffer_add(out, text + kept, size - kept, err));
    YA_TRY(ya_buffer_add(out, "\"", 1, err));
done:
    if (status && out->data) {
        out->size = before;
        out->data[before] = '\0';
    }
    return status;
}
