/* Work on texts that filters and methods share; the results keep their origins. Texts are flat. */
#ifndef YA_TOKEN_CHAT_TEXTS_H
#define YA_TOKEN_CHAT_TEXTS_H

#include "token/chat/run.h"

enum { YA_STRIP_LEFT = 1, YA_STRIP_RIGHT = 2, YA_STRIP_BOTH = 3 };

/* `chars` NULL: white space. */
bool ya_text_strip(ya_run *run, ya_str *str, const ya_str *chars, int sides, ya_value *out);
bool ya_text_replace(ya_run *run, ya_str *str, ya_str *from, ya_str *to, int64_t count,
                     ya_value *out);
/* `by` NULL: at runs of white space; `limit` < 0: everywhere. */
bool ya_text_split(ya_run *run, ya_str *str, const ya_str *by, int64_t limit, bool from_right,
                   ya_value *out);
bool ya_text_lines(ya_run *run, ya_str *str, bool keep_ends, ya_list **out);
/* str(item) of each, with `by` between. */
bool ya_text_join(ya_run *run, const ya_str *by, const ya_list *items, bool strings_only,
                  ya_value *out);
/* Spaces around to `width` characters: before, behind, or as Python's center. */
bool ya_text_pad(ya_run *run, ya_str *str, int64_t width, uint32_t fill, int sides, ya_value *out);
typedef enum {
    YA_CASE_LOWER,
    YA_CASE_UPPER,
    YA_CASE_TITLE,       /* str.title: after each character that is no letter */
    YA_CASE_WORDS,       /* jinja's title: after white space, '-', '(', '{', '[', '<' */
    YA_CASE_CAPITALIZED, /* the first character */
    YA_CASE_SWAPPED
} ya_case;
bool ya_text_case(ya_run *run, const ya_str *str, ya_case to, ya_value *out);

#endif
