/* The values of a template, as Python has them, and texts that know where they come from.
 *
 *     text      bytes, cut into runs; each run comes from one source (0: the template itself,
 *               otherwise something of the conversation, see run.h), at a place of it or, when it
 *               was changed on the way (`upper`, `tojson`), at no place that could be told
 *     rope      a text that was not put together yet: two others; ya_str_flat does it when the
 *               bytes are needed, so that a text built in a loop is copied once
 *
 * Everything lies in a ya_memory and is never changed once it is made, but namespaces, the state of
 * iterators and the flattening of a rope. */
#ifndef YA_TOKEN_CHAT_VALUE_H
#define YA_TOKEN_CHAT_VALUE_H

#include "token/chat/memory.h"

#include <stdint.h>

typedef enum {
    YA_V_UNDEFINED,
    YA_V_NONE,
    YA_V_BOOL,
    YA_V_INT,
    YA_V_FLOAT,
    YA_V_BIG, /* an integer beyond 64 bits: its digits, only to be written */
    YA_V_STR,
    YA_V_LIST, /* and tuples, views of dicts, ranges: ya_list.form */
    YA_V_DICT,
    YA_V_NAMESPACE,
    YA_V_ITERATOR, /* a generator: goes once */
    YA_V_LOOP,
    YA_V_MACRO,
    YA_V_FUNCTION,
    YA_V_METHOD
} ya_value_kind;

typedef struct ya_str ya_str;
typedef struct ya_list ya_list;
typedef struct ya_dict ya_dict;
typedef struct ya_iterator ya_iterator;
typedef struct ya_loop ya_loop;
typedef struct ya_macro ya_macro;
typedef struct ya_method ya_method;
typedef struct ya_absent ya_absent;
typedef struct ya_function ya_function;

typedef struct {
    ya_value_kind kind;
    union {
        bool truth;
        int64_t integer;
        double real;
        ya_str *str; /* YA_V_BIG too */
        ya_list *list;
        ya_dict *dict; /* YA_V_NAMESPACE too */
        ya_iterator *iterator;
        ya_loop *loop;
        const ya_macro *macro;
        const ya_function *function;
        const ya_method *method;
        const ya_absent *absent;
    };
} ya_value;

enum { YA_SOURCE_TEMPLATE = 0, YA_GENERATED = 1 << 30 }; /* flag: inside {% generation %} */
#define YA_AT_UNKNOWN UINT32_MAX

typedef struct {
    uint32_t end; /* in the text */
    uint32_t source;
    uint32_t at; /* of its first byte in the source, or YA_AT_UNKNOWN */
} ya_origin;

struct ya_str {
    const char *data; /* NULL: a rope */
    uint32_t size;
    bool safe;            /* a Markup of Python: what is added to it is escaped */
    bool ascii, measured; /* measured: `ascii` and `n_chars` are known */
    uint32_t n_chars;
    uint32_t n_runs; /* at least 1, of a rope 0 */
    union {
        ya_origin one; /* n_runs == 1 */
        ya_origin *runs;
        struct {
            ya_str *left, *right;
        };
    };
    const ya_value *parsed; /* of a call's arguments that were written as a JSON string */
};

typedef enum { YA_LIST, YA_TUPLE, YA_RANGE, YA_VIEW_KEYS, YA_VIEW_VALUES, YA_VIEW_ITEMS } ya_form;

struct ya_list {
    ya_value *items;
    uint32_t n;
    ya_form form;
    uint32_t source;
};

typedef struct {
    ya_value key, value;
    uint32_t hash;
} ya_entry;

/* In order of insertion; `slots` (1 + index, open addressing) from YA_DICT_LINEAR entries on. */
enum { YA_DICT_LINEAR = 12 };
struct ya_dict {
    ya_entry *entries;
    uint32_t n, room;
    uint32_t *slots;
    uint32_t n_slots;
    uint32_t source;
};

/* What an undefined value says when it is used. */
struct ya_absent {
    const char *unsafe; /* an attribute that the sandbox keeps away: its type's name */
    const char *hint;   /* a whole sentence, or NULL */
    const ya_value *of; /* NULL: a variable */
    ya_value name;
};

static inline ya_value ya_none(void)
{
    return (ya_value){.kind = YA_V_NONE};
}
static inline ya_value ya_truth(bool truth)
{
    return (ya_value){.kind = YA_V_BOOL, .truth = truth};
}
static inline ya_value ya_integer(int64_t integer)
{
    return (ya_value){.kind = YA_V_INT, .integer = integer};
}
static inline ya_value ya_real(double real)
{
    return (ya_value){.kind = YA_V_FLOAT, .real = real};
}
static inline ya_value ya_of_str(ya_str *str)
{
    return (ya_value){.kind = YA_V_STR, .str = str};
}
static inline ya_value ya_of_list(ya_list *list)
{
    return (ya_value){.kind = YA_V_LIST, .list = list};
}
static inline ya_value ya_of_dict(ya_dict *dict)
{
    return (ya_value){.kind = YA_V_DICT, .dict = dict};
}
static inline bool ya_is_number(ya_value v)
{
    return v.kind == YA_V_BOOL || v.kind == YA_V_INT || v.kind == YA_V_FLOAT;
}
/* bool counts as 0 or 1. */
static inline bool ya_is_whole(ya_value v)
{
    return v.kind == YA_V_BOOL || v.kind == YA_V_INT;
}
static inline int64_t ya_whole(ya_value v)
{
    return v.kind == YA_V_BOOL ? v.truth : v.integer;
}
static inline double ya_number(ya_value v)
{
    return v.kind == YA_V_FLOAT ? v.real : (double)ya_whole(v);
}

/* ---- Texts: str.c. NULL when out of memory (memory->failed). ---- */

ya_str *ya_str_view(ya_memory *memory, const char *data, size_t size, uint32_t source, uint32_t at);
ya_str *ya_str_literal(ya_memory *memory, const char *text); /* borrowed, of the template */
/* Bytes [begin, end) of a flat text. */
ya_str *ya_str_part(ya_memory *memory, ya_str *str, size_t begin, size_t end);
ya_str *ya_str_join(ya_memory *memory, ya_str *left, ya_str *right);
/* Makes a rope flat; false when out of memory. */
bool ya_str_flat(ya_memory *memory, ya_str *str);
const ya_origin *ya_str_runs(const ya_str *str); /* of a flat text */
/* Characters of a flat text; where the n-th begins (n <= their number). */
uint32_t ya_str_length(ya_str *str);
size_t ya_str_offset(ya_str *str, size_t n);
bool ya_str_is(const ya_str *str, const char *text);  /* flat */
int ya_str_compare(const ya_str *a, const ya_str *b); /* flat, by code points */

/* A text that grows, in pieces that keep their origin. {0} is empty. */
typedef struct {
    char *data;
    size_t size, room;
    ya_origin *runs;
    size_t n_runs, room_runs;
} ya_writer;

bool ya_write(ya_memory *memory, ya_writer *w, const char *text, size_t size, uint32_t source,
              uint32_t at);
/* A text, ropes too; `flags` (YA_GENERATED) are added to its sources. */
bool ya_write_str(ya_memory *memory, ya_writer *w, const ya_str *str, uint32_t flags);
bool ya_write_part(ya_memory *memory, ya_writer *w, const ya_str *str, size_t begin, size_t end);
ya_str *ya_written(ya_memory *memory, const ya_writer *w);

/* ---- Dicts: dict.c ---- */

ya_dict *ya_dict_new(ya_memory *memory, size_t room);
/* Sets a key, in place where it is already there; the key is hashable. */
bool ya_dict_set(ya_memory *memory, ya_dict *dict, ya_value key, ya_value value);
const ya_value *ya_dict_get(const ya_dict *dict, ya_value key);
const ya_value *ya_dict_text(const ya_dict *dict, const char *key);
ya_list *ya_list_new(ya_memory *memory, size_t n, ya_form form);
bool ya_hashable(ya_value v);

#endif
