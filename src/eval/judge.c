/* Free-form answers by their keywords. */
#include "eval/questions.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Case-folded and composed, to be freed with free; NULL when out of memory. Ill-formed UTF-8 is
 * left out. */
static char *fold(const char *text)
{
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t n =
        utf8proc_map((const utf8proc_uint8_t *)text, 0, &folded,
                     UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    if (n >= 0)
        return (char *)folded;
    char *plain = malloc(strlen(text) + 1);
    char *to = plain;
    for (const char *at = text; plain && *at; at++)
        if ((unsigned char)*at < 0x80)
            *to++ = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
    if (plain)
        *to = '\0';
    return plain;
}

/* A letter or digit begins at `at` (of a NUL-terminated text). */
static bool is_word(const char *at)
{
    utf8proc_int32_t c;
    if (!*at || utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &c) < 1)
        return false;
    utf8proc_category_t kind = utf8proc_category(c);
    return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_NO;
}

static const char *character_before(const char *text, const char *at)
{
    do
        at--;
    while (at > text && ((unsigned char)*at & 0xC0) == 0x80);
    return at;
}

/* `word` stands in `text` with no letter or digit right before or behind it. */
static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    if (n == 0)
        return false;
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
        bool inside = at > text && is_word(at) && is_word(character_before(text, at));
        bool goes_on = is_word(character_before(text, at + n)) && is_word(at + n);
        if (!inside && !goes_on)
            return true;
    }
    return false;
}

/* How many of the keywords the folded text has. */
static ya_status count_words(const char *text, const json_t *words, size_t *out, ya_error *err)
{
    *out = 0;
    for (size_t i = 0; i < json_array_size(words); i++) {
        char *word = fold(json_string_value(json_array_get(words, i)));
        if (!word)
            return ya_fail(err, YA_ERR_MEMORY, "out of memory for a keyword");
        *out += has_word(text, word);
        free(word);
    }
    return YA_OK;
}

ya_status ya_question_judge(const ya_question *q, const char *answer, bool *right, ya_error *err)
{
    size_t all = 0, any = 0, none = 0;
    char *text = fold(answer);
    ya_status status;
    if (!text)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for an answer");
    YA_TRY(count_words(text, q->all, &all, err));
    YA_TRY(count_words(text, q->any, &any, err));
    YA_TRY(count_words(text, q->none, &none, err));
    *right = all == json_array_size(q->all) && (!q->any || any > 0) && none == 0;
done:
    free(text);
    return status;
}
