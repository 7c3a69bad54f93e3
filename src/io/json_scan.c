/* Invariants:
 *   1. `at` never passes `end`, and no byte at or behind `end` is read.
 *   2. A function that returns a place has checked every byte before it.
 * Nearly all bytes of a data set lie inside strings: plain_run() passes over those that need no
 * look, sixteen at a time where the processor has SSE2. */
#include "io/json_scan.h"

#include "base/chars.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* A byte that ends a run: quote, backslash, control character, or part of a longer UTF-8 sequence.
 */
static inline bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static inline const char *plain_run(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(0x20);
    for (; end - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        /* as signed numbers, bytes from 0x80 are below 0x20, too */
        __m128i stops = _mm_or_si128(
            _mm_cmplt_epi8(bytes, space),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        unsigned mask = (unsigned)_mm_movemask_epi8(stops);
        if (mask)
            return at + __builtin_ctz(mask);
    }
#endif
    while (at < end && is_plain((unsigned char)*at))
        at++;
    return at;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The number of four hexadecimal digits, or -1. */
static int hex4(const char *at, const char *end)
{
    int value = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static bool is_high_surrogate(int unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(int unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* Behind the escape whose backslash is at `at`, or NULL; both halves of a pair are one. */
static const char *escape(const char *at, const char *end)
{
    if (end - at < 2)
        return NULL;
    if (at[1] != 'u')
        return at[1] && strchr("\"\\/bfnrt", at[1]) ? at + 2 : NULL;
    int unit = hex4(at + 2, end);
    if (unit < 0 || is_low_surrogate(unit))
        return NULL;
    at += 6;
    if (!is_high_surrogate(unit))
        return at;
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u' || !is_low_surrogate(hex4(at + 2, end)))
        return NULL;
    return at + 6;
}

/* `at` is behind the opening quote. */
static const char *scan_string(const char *at, const char *end, ya_json_value *value)
{
    value->text = at;
    value->type = YA_JSON_STRING;
    value->escaped = false;
    for (;;) {
        at = plain_run(at, end);
        if (at == end)
            return NULL;
        unsigned char c = (unsigned char)*at;
        if (c == '"') {
            value->size = (uint32_t)(at - value->text);
            return at + 1;
        }
        if (c == '\\') {
            value->escaped = true;
            at = escape(at, end);
        } else {
            while (at && at < end && (unsigned char)*at >= 0x80)
                at = ya_utf8_sequence(at, end);
            if (c < 0x20)
                return NULL;
        }
        if (!at)
            return NULL;
    }
}

static const char *digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

static const char *scan_number(const char *at, const char *end)
{
    if (at < end && *at == '-')
        at++;
    const char *first = at;
    at = digits(at, end);
    if (at == first || (*first == '0' && at - first > 1))
        return NULL;
    if (at < end && *at == '.') {
        first = ++at;
        at = digits(at, end);
        if (at == first)
            return NULL;
    }
    if (at < end && (*at | 0x20) == 'e') {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        first = at;
        at = digits(at, end);
        if (at == first)
            return NULL;
    }
    return at;
}

static const char *scan_word(const char *at, const char *end, const char *word)
{
    size_t size = strlen(word);
    return (size_t)(end - at) >= size && memcmp(at, word, size) == 0 ? at + size : NULL;
}

const char *ya_json_skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

static const char *scan_container(const char *at, const char *end, int depth)
{
    ya_json_cursor cursor;
    ya_json_value name, value;
    if (!ya_json_enter(&cursor, at, end, depth))
        return NULL;
    if (cursor.close == '}')
        while (ya_json_next_member(&cursor, &name, &value))
            ;
    else
        while (ya_json_next_item(&cursor, &value))
            ;
    return cursor.bad ? NULL : cursor.at;
}

const char *ya_json_scan(const char *at, const char *end, int depth, ya_json_value *value)
{
    at = ya_json_skip_space(at, end);
    if (at == end)
        return NULL;
    const char *from = at;
    switch (*at) {
    case '"':
        return scan_string(at + 1, end, value);
    case '{':
        value->type = YA_JSON_OBJECT;
        at = scan_container(at, end, depth);
        break;
    case '[':
        value->type = YA_JSON_ARRAY;
        at = scan_container(at, end, depth);
        break;
    case 't':
        value->type = YA_JSON_BOOLEAN;
        at = scan_word(at, end, "true");
        break;
    case 'f':
        value->type = YA_JSON_BOOLEAN;
        at = scan_word(at, end, "false");
        break;
    case 'n':
        value->type = YA_JSON_NULL;
        at = scan_word(at, end, "null");
        break;
    default:
        value->type = YA_JSON_NUMBER;
        at = scan_number(at, end);
    }
    if (!at)
        return NULL;
    value->text = from;
    value->size = (uint32_t)(at - from);
    value->escaped = false;
    return at;
}

bool ya_json_enter(ya_json_cursor *cursor, const char *at, const char *end, int depth)
{
    at = ya_json_skip_space(at, end);
    *cursor = (ya_json_cursor){.at = at, .end = end, .depth = depth - 1, .first = true};
    cursor->bad = at == end || (*at != '{' && *at != '[') || depth <= 0;
    if (cursor->bad)
        return false;
    cursor->close = *at == '{' ? '}' : ']';
    cursor->at++;
    return true;
}

/* To the next member or item: false at the closing bracket, or when something else comes. */
static bool step(ya_json_cursor *c)
{
    if (c->bad || c->done)
        return false;
    c->at = ya_json_skip_space(c->at, c->end);
    if (c->at < c->end && *c->at == c->close) {
        c->at++;
        c->done = true;
        return false;
    }
    if (c->first) {
        c->first = false;
        return true;
    }
    if (c->at == c->end || *c->at != ',') {
        c->bad = true;
        return false;
    }
    c->at++;
    return true;
}

static bool take_value(ya_json_cursor *c, const char *at, ya_json_value *value)
{
    const char *behind = at ? ya_json_scan(at, c->end, c->depth, value) : NULL;
    c->bad = !behind;
    if (behind)
        c->at = behind;
    return !c->bad;
}

bool ya_json_next_item(ya_json_cursor *array, ya_json_value *value)
{
    return step(array) && take_value(array, array->at, value);
}

bool ya_json_next_member(ya_json_cursor *object, ya_json_value *name, ya_json_value *value)
{
    if (!step(object))
        return false;
    const char *at = ya_json_skip_space(object->at, object->end);
    at = at < object->end && *at == '"' ? scan_string(at + 1, object->end, name) : NULL;
    if (at)
        at = ya_json_skip_space(at, object->end);
    return take_value(object, at && at < object->end && *at == ':' ? at + 1 : NULL, value);
}

size_t ya_json_unescape(char *to, const char *text, size_t size)
{
    static const char from_names[] = "bfnrt", to_names[] = "\b\f\n\r\t";
    const char *end = text + size;
    char *out = to;
    for (;;) {
        const char *backslash = memchr(text, '\\', (size_t)(end - text));
        size_t plain = (size_t)((backslash ? backslash : end) - text);
        memcpy(out, text, plain);
        out += plain;
        if (!backslash)
            return (size_t)(out - to);
        char name = backslash[1];
        text = backslash + 2;
        const char *found = strchr(from_names, name);
        if (name != 'u') {
            *out++ = found ? to_names[found - from_names] : name;
            continue;
        }
        int unit = hex4(text, end);
        text += 4;
        if (is_high_surrogate(unit)) {
            unit = 0x10000 + ((unit - 0xD800) << 10) + (hex4(text + 2, end) - 0xDC00);
            text += 6;
        }
        out = ya_put_code_point(out, (unsigned)unit);
    }
}

const char *ya_json_type_name(ya_json_type type)
{
    static const char *const names[] = {
        [YA_JSON_STRING] = "a string",   [YA_JSON_NUMBER] = "a number",
        [YA_JSON_BOOLEAN] = "a boolean", [YA_JSON_NULL] = "null",
        [YA_JSON_ARRAY] = "a list",      [YA_JSON_OBJECT] = "an object",
    };
    return names[type];
}
