/* One rendering: what a template runs in, and what its parts call of each other. Functions that can
 * fail return false and have left the reason with ya_raise. */
#ifndef YA_TOKEN_CHAT_RUN_H
#define YA_TOKEN_CHAT_RUN_H

#include "base/error.h"
#include "token/chat/node.h"

/* What a conversation's texts are. */
typedef enum {
    YA_FROM_TEMPLATE,
    YA_FROM_ROLE, /* one that is no plain word; the others count as the template's own */
    YA_FROM_CONTENT,
    YA_FROM_REASONING,
    YA_FROM_CALL,
    YA_FROM_ARGUMENTS,
    YA_FROM_OTHER,
    YA_FROM_TOOLS
} ya_from;

typedef struct {
    ya_from from;
    uint32_t message;
    const char *text; /* of content and reasoning: what it is as a whole, or NULL */
    uint32_t size;
} ya_source;

typedef struct ya_frame {
    struct ya_frame *up;
    ya_value slots[];
} ya_frame;

enum {
    YA_VAR_MESSAGES,
    YA_VAR_TOOLS,
    YA_VAR_DOCUMENTS,
    YA_VAR_PROMPT,
    YA_VAR_BOS,
    YA_VAR_EOS,
    YA_N_VARIABLES
};

enum { YA_RUN_MAX_DEPTH = 1200, YA_RUN_MAX_TEXT = 1 << 30 };

typedef enum { YA_JUMP_NONE, YA_JUMP_BREAK, YA_JUMP_CONTINUE } ya_jump;

typedef struct {
    ya_memory memory;
    const ya_template *template;
    ya_value variables[YA_N_VARIABLES];
    ya_source *sources; /* [0] is the template */
    uint32_t n_sources, room_sources;
    ya_frame *frame;
    ya_writer *out;
    uint32_t flags; /* of what is written: YA_GENERATED */
    ya_jump jump;
    int depth;
    uint64_t steps, max_steps;
    const ya_node *at; /* what is evaluated */
    bool list_written; /* a message's list of parts was written as Python shows a list */
    ya_status status;
    ya_error *err;
} ya_run;

/* ---- Failing ---- */

/* YA_ERR_DATA: "the chat template, line 3: ...". Always false. */
bool ya_raise(ya_run *run, const char *format, ...) YA_PRINTF(2, 3);
bool ya_raise_memory(ya_run *run);
bool ya_raise_undefined(ya_run *run, ya_value undefined);
/* Counts `n` steps. */
bool ya_step(ya_run *run, uint64_t n);
const char *ya_type_name(ya_value v); /* as Python names it */

/* ---- Arguments ---- */

enum { YA_MAX_PARAMS = 6 };

/* Of a call: `rest` as they came, `v` by the function's parameters. */
typedef struct {
    ya_value v[YA_MAX_PARAMS];
    bool has[YA_MAX_PARAMS];
    const ya_value *rest;
    uint32_t n_rest;
    ya_dict *named; /* or NULL */
} ya_args;

struct ya_function {
    const char *name;
    const char
        *params; /* "width first blank", those that must be given with '!' behind; NULL: any */
    bool (*call)(ya_run *run, ya_value self, const ya_args *args, ya_value *out);
};
struct ya_method {
    ya_value self;
    const ya_function *function;
};

/* Binds and calls. */
bool ya_call_function(ya_run *run, const ya_function *function, ya_value self, ya_args *args,
                      ya_value *out);
/* Anything that can be called. */
bool ya_call_value(ya_run *run, ya_value callee, ya_args *args, ya_value *out);

const ya_function *ya_find_filter(const ya_str *name);
const ya_function *ya_find_test(const ya_str *name);
const ya_function *ya_find_global(const ya_str *name);
const ya_function *ya_find_method(ya_value self, const ya_str *name); /* or NULL */
bool ya_is_method(const ya_str *name);                                /* of any value */
bool ya_is_dict_method(const ya_function *function);
int ya_find_variable(const ya_str *name); /* YA_VAR_... or -1 */

/* ---- Values: ops.c, access.c, show.c ---- */

bool ya_is_true(ya_value v);
bool ya_same_key(ya_value a, ya_value b);
bool ya_equal(ya_run *run, ya_value a, ya_value b, bool *equal);
/* <, <=, >, >= */
bool ya_order(ya_run *run, ya_op op, ya_value a, ya_value b, bool *holds);
bool ya_contains(ya_run *run, ya_value item, ya_value in, bool *contains);
bool ya_binary(ya_run *run, ya_op op, ya_value a, ya_value b, ya_value *out);
bool ya_compare_values(ya_run *run, ya_op op, ya_value a, ya_value b, bool *holds);

bool ya_get_attr(ya_run *run, ya_value of, const ya_str *name, ya_value *out);
bool ya_get_item(ya_run *run, ya_value of, ya_value key, ya_value *out);
/* of[from:to:step]; NULL where not written. */
bool ya_get_slice(ya_run *run, ya_value of, const ya_value *from, const ya_value *to,
                  const ya_value *step, ya_value *out);
bool ya_undefined(ya_run *run, const ya_value *of, ya_value name, ya_value *out);
/* What a loop over it gives: a list that is not to be changed. */
bool ya_items(ya_run *run, ya_value of, ya_list **out);
bool ya_length(ya_run *run, ya_value of, int64_t *out);
bool ya_iterator_of(ya_run *run, ya_list *list, ya_value *out);
struct ya_iterator {
    ya_list *list;
    uint32_t at;
};

/* str(v) and repr(v), flat. */
bool ya_to_str(ya_run *run, ya_value v, ya_str **out);
bool ya_write_value(ya_run *run, ya_writer *w, ya_value v);
bool ya_write_repr(ya_run *run, ya_writer *w, ya_value v, int depth);
typedef struct {
    bool ascii, sort;
    const ya_str *indent;     /* NULL: in one line */
    const ya_str *item, *key; /* separators */
} ya_json_style;
bool ya_write_json(ya_run *run, ya_writer *w, ya_value v, const ya_json_style *style);
/* A flat text, or raises that `what` must be one. */
bool ya_need_str(ya_run *run, ya_value v, const char *what, ya_str **out);
bool ya_need_whole(ya_run *run, ya_value v, const char *what, int64_t *out);

/* A string with &, <, >, ' and " as HTML entities, in place; marked as safe. */
bool ya_escape(ya_run *run, ya_value *v);
/* "..." % arguments, and "...".format(...): format.c */
bool ya_format_percent(ya_run *run, ya_value format, ya_value arguments, ya_value *out);
bool ya_format_braces(ya_run *run, ya_value format, const ya_args *args, ya_value *out);

/* Sorts in place, stably; `keys` [list->n] go along. */
bool ya_sort(ya_run *run, ya_value *items, ya_value *keys, uint32_t n, bool reverse);

/* ---- Running: eval.c, exec.c ---- */

struct ya_loop {
    const ya_node *node;
    ya_list *list;   /* what it goes over */
    uint32_t at;     /* the next item of the list */
    bool tried;      /* its `if` let all items of the list through */
    ya_frame *frame; /* the activation it runs in */
    ya_value current, before, after;
    bool has_before, has_after;
    int64_t index0;
    int64_t depth0;
    ya_list *changed; /* a tuple, or NULL */
};

bool ya_eval(ya_run *run, const ya_node *node, ya_value *out);
bool ya_exec(ya_run *run, const ya_node *list);
bool ya_assign(ya_run *run, const ya_node *target, ya_value value);
bool ya_call_macro(ya_run *run, const ya_macro *macro, ya_args *args, ya_value *out);
bool ya_call_loop(ya_run *run, ya_loop *loop, ya_value over, ya_value *out);
bool ya_loop_attr(ya_run *run, ya_loop *loop, const ya_str *name, ya_value *out);
bool ya_evaluate_args(ya_run *run, const ya_node *list, ya_args *args);
bool ya_filter_text(ya_run *run, const ya_node *filter, ya_value text, ya_value *out);
static inline ya_value *ya_slot(const ya_run *run, ya_place place)
{
    ya_frame *frame = run->frame;
    for (int i = 0; i < place.up; i++)
        frame = frame->up;
    return &frame->slots[place.slot];
}
/* Runs the whole template into `out`. */
bool ya_run_template(ya_run *run, ya_writer *out);

#endif
