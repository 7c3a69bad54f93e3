/* What the renderings of all families are written with. */
#ifndef YA_TOKEN_CHAT_WRITER_H
#define YA_TOKEN_CHAT_WRITER_H

#include "token/chat_internal.h"

/* One call of ya_chat_render. */
typedef struct {
    const ya_chat *chat;
    const ya_message *messages; /* [n], n > 0, well-formed */
    size_t n;
    bool prompt;
    ya_rendered *out;
    ya_error *err;
} ya_rendering;

/* A piece of a message, not NUL-terminated. */
typedef struct {
    const char *text;
    size_t size;
} ya_slice;

ya_slice ya_content_of(const ya_message *m); /* empty when NULL */
bool ya_is_role(const ya_message *m, const char *role);
bool ya_chat_has(const ya_rendering *r, unsigned feature);

/* Appends the template's own text; what somebody else wrote (noted as content); a role. */
ya_status ya_chat_add(ya_rendering *r, const char *text) YA_CHECK;
ya_status ya_chat_add_content(ya_rendering *r, ya_slice s) YA_CHECK;
ya_status ya_chat_add_role(ya_rendering *r, const ya_message *m) YA_CHECK;

/* If `m` is the assistant's: what was appended since `begin` is what it says. */
ya_status ya_chat_end_answer(ya_rendering *r, const ya_message *m, size_t begin) YA_CHECK;

/* Python's str.strip(), rstrip(), lstrip('\n'), rstrip('\n'); split(what)[0] and [-1]; find,
 * startswith, endswith. */
ya_slice ya_strip(ya_slice s);
ya_slice ya_strip_right(ya_slice s);
ya_slice ya_strip_lines_left(ya_slice s);
ya_slice ya_strip_lines_right(ya_slice s);
ya_slice ya_before_first(ya_slice s, const char *what);
ya_slice ya_behind_last(ya_slice s, const char *what);
const char *ya_slice_find(ya_slice s, const char *what); /* NULL: not there */
bool ya_slice_starts(ya_slice s, const char *what);
bool ya_slice_ends(ya_slice s, const char *what);

/* Families with [INST]: chat_inst.c. */
ya_status ya_render_llama2(ya_rendering *r) YA_CHECK;
ya_status ya_render_mistral(ya_rendering *r) YA_CHECK;

#endif
