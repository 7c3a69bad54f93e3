#include "token/regex.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "token/unicode.h"

#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct ya_regex {
    pcre2_code *code;
    char *pattern;
};

/* ---- Rewriting: classes become ranges ---- */

static ya_status add_range(ya_buffer *out, uint32_t first, uint32_t last, ya_error *err)
{
    return ya_buffer_printf(out, err, "\\x{%X}-\\x{%X}", first, last);
}

/* The ranges of the characters that have (or, negated, have not) `flag`, for inside a class. */
static ya_status add_class(ya_buffer *out, unsigned flag, bool negated, ya_error *err)
{
    ya_status status = YA_OK;
    uint32_t first = 0;
    bool inside = false;
    for (uint32_t c = 0; c <= YA_UC_LAST + 1; c++) {
        bool member = c <= YA_UC_LAST && ((ya_unicode_flags(c) & flag) != 0) != negated;
        if (member && !inside)
            first = c;
        if (!member && inside)
            YA_TRY(add_range(out, first, c - 1, err));
        inside = member;
    }
done:
    return status;
}

/* The flag that an escape at `at` names, and its length in the pattern; 0 when it is another. */
static unsigned escape_flag(const char *at, bool *negated, size_t *length)
{
    static const struct {
        const char *text;
        unsigned flag;
        bool negated;
    } escapes[] = {
        {"\\p{L}", YA_UC_LETTER, false}, {"\\P{L}", YA_UC_LETTER, true},
        {"\\pL", YA_UC_LETTER, false},   {"\\PL", YA_UC_LETTER, true},
        {"\\p{N}", YA_UC_NUMBER, false}, {"\\P{N}", YA_UC_NUMBER, true},
        {"\\pN", YA_UC_NUMBER, false},   {"\\PN", YA_UC_NUMBER, true},
        {"\\s", YA_UC_SPACE, false},     {"\\S", YA_UC_SPACE, true},
    };
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        *length = strlen(escapes[i].text);
        *negated = escapes[i].negated;
        if (strncmp(at, escapes[i].text, *length) == 0)
            return escapes[i].flag;
    }
    return 0;
}

static ya_status rewrite_escape(ya_buffer *out, const char **at, bool in_class, ya_error *err)
{
    ya_status status = YA_OK;
    bool negated;
    size_t length;
    unsigned flag = escape_flag(*at, &negated, &length);
    if (!flag) {
        length = (*at)[1] ? 2 : 1;
        YA_TRY(ya_buffer_add(out, *at, length, err));
    } else if (in_class) {
        YA_TRY(add_class(out, flag, negated, err));
    } else {
        YA_TRY(ya_buffer_add(out, negated ? "[^" : "[", negated ? 2 : 1, err));
        YA_TRY(add_class(out, flag, false, err));
        YA_TRY(ya_buffer_add(out, "]", 1, err));
    }
    *at += length;
done:
    return status;
}

static ya_status rewrite(ya_buffer *out, const char *pattern, ya_error *err)
{
    ya_status status = YA_OK;
    const char *opened = NULL; /* behind the '[' or '[^' of the class we are in */
    for (const char *at = pattern; *at;) {
        if (*at == '\\') {
            YA_TRY(rewrite_escape(out, &at, opened != NULL, err));
            continue;
        }
        if (opened && (*at == '[' || strncmp(at, "&&", 2) == 0))
            return ya_fail(err, YA_ERR_UNSUPPORTED,
                           "the expression \"%.200s\" has a class inside a class, which is not "
                           "supported",
                           pattern);
        if (!opened && *at == '[') {
            size_t bracket = at[1] == '^' ? 2 : 1;
            YA_TRY(ya_buffer_add(out, at, bracket, err));
            at += bracket;
            opened = at;
            continue;
        }
        if (opened && *at == ']' && at != opened)
            opened = NULL;
        YA_TRY(ya_buffer_add(out, at++, 1, err));
    }
done:
    return status;
}

/* ---- Matching ---- */

ya_status ya_regex_open(ya_regex **out, const char *pattern, ya_error *err)
{
    ya_buffer rewritten = {0};
    ya_status status = YA_OK;
    *out = NULL;
    ya_unicode_init();
    YA_TRY(rewrite(&rewritten, pattern, err));
    ya_regex *regex = ya_alloc_zero(1, sizeof *regex);
    if (!regex || !(regex->pattern = ya_strdup(pattern))) {
        ya_free(regex);
        status = ya_fail(err, YA_ERR_MEMORY, "out of memory for a regular expression");
        goto done;
    }
    int code;
    PCRE2_SIZE at;
    /* Oniguruma's ^ and $ match at lines. */
    regex->code = pcre2_compile((PCRE2_SPTR)(rewritten.data ? rewritten.data : ""), rewritten.size,
                                PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE, &code, &at, NULL);
    if (!regex->code) {
        char reason[128] = "";
        (void)pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof reason);
        status = ya_fail(err, YA_ERR_UNSUPPORTED, "the expression \"%.200s\" does not compile: %s",
                         pattern, reason);
        ya_free(regex->pattern);
        ya_free(regex);
        goto done;
    }
    /* Without a JIT (no such processor, no executable memory) the interpreter does the same. */
    (void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
    *out = regex;
done:
    ya_buffer_free(&rewritten);
    return status;
}

void ya_regex_close(ya_regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    ya_free(regex->pattern);
    ya_free(regex);
}

const char *ya_regex_pattern(const ya_regex *regex)
{
    return regex->pattern;
}

ya_status ya_regex_find(const ya_regex *regex, const char *text, size_t size, size_t from,
                        bool *found, size_t *begin, size_t *end, ya_error *err)
{
    *found = false;
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    if (!data)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a regular expression");
    int result =
        pcre2_match(regex->code, (PCRE2_SPTR)text, size, from, PCRE2_NO_UTF_CHECK, data, NULL);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) /* long runs: the interpreter uses the heap */
        result = pcre2_match(regex->code, (PCRE2_SPTR)text, size, from,
                             PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data, NULL);
    const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(data);
    if (result >= 0 && bounds[0] <= bounds[1]) {
        *found = true;
        *begin = bounds[0];
        *end = bounds[1];
    }
    pcre2_match_data_free(data);
    if (result < 0 && result != PCRE2_ERROR_NOMATCH)
        return ya_fail(err, YA_ERR_DATA,
                       "the tokenizer's regular expression gives up on a text of %zu bytes (PCRE2 "
                       "error %d)",
                       size, result);
    return YA_OK;
}
