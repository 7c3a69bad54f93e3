/* A template compiled: a tree, names resolved to slots.
 *
 * Names are resolved as Jinja's compiler does it (jinja2.idtracking): the template, each macro and
 * each body of a loop, block or `with` is a scope; a name that is set somewhere in a scope belongs
 * to it as a whole, and has at its entry the value it has outside. Scopes share the slots of
 * their function (the template or a macro), whose activations are found through `up` links. */
#ifndef YA_TOKEN_CHAT_NODE_H
#define YA_TOKEN_CHAT_NODE_H

#include "base/error.h"
#include "token/chat/value.h"

typedef enum {
    /* expressions */
    YA_N_CONST, /* value */
    YA_N_NAME,  /* name, slot */
    YA_N_LIST,  /* a: items */
    YA_N_TUPLE,
    YA_N_DICT,   /* a: keys and values in turn */
    YA_N_ATTR,   /* a.name */
    YA_N_ITEM,   /* a[b] */
    YA_N_SLICE,  /* a[b:c:d], each of b, c, d may be NULL */
    YA_N_CALL,   /* a(args) */
    YA_N_FILTER, /* a | function(args); a NULL: the block's text */
    YA_N_TEST,   /* a is function(args) */
    YA_N_NOT,
    YA_N_NEG,
    YA_N_POS,
    YA_N_BINARY,  /* a op b */
    YA_N_CONCAT,  /* a: parts */
    YA_N_COMPARE, /* a, then b: YA_N_OPERAND */
    YA_N_OPERAND, /* op a */
    YA_N_AND,
    YA_N_OR,
    YA_N_COND,    /* a if b else c; c may be NULL */
    YA_N_KEYWORD, /* name = a, of a call */
    YA_N_SPREAD,  /* *a */
    YA_N_SPREAD_DICT,
    YA_N_NS_REF, /* name.value of a namespace, to be set */
    /* statements */
    YA_N_DATA,         /* value */
    YA_N_OUTPUT,       /* a */
    YA_N_IF,           /* a: test; b, c: bodies */
    YA_N_FOR,          /* a: target, b: iterable, d: test; body, other */
    YA_N_SET,          /* a: target, b: value */
    YA_N_SET_BLOCK,    /* a: target, b: filter or NULL; body */
    YA_N_MACRO,        /* macro; body */
    YA_N_CALL_BLOCK,   /* a: call; macro: caller; body */
    YA_N_FILTER_BLOCK, /* a: filter; body */
    YA_N_WITH,         /* a: targets, b: values; body */
    YA_N_GENERATION,   /* body */
    YA_N_BREAK,
    YA_N_CONTINUE
} ya_node_kind;

typedef enum {
    YA_OP_ADD,
    YA_OP_SUB,
    YA_OP_MUL,
    YA_OP_DIV,
    YA_OP_FLOOR,
    YA_OP_MOD,
    YA_OP_POW,
    YA_OP_EQ,
    YA_OP_NE,
    YA_OP_LT,
    YA_OP_LE,
    YA_OP_GT,
    YA_OP_GE,
    YA_OP_IN,
    YA_OP_NOT_IN
} ya_op;

typedef struct ya_node ya_node;
typedef struct ya_scope ya_scope;

/* Where a variable lies: `up` functions out. */
typedef struct {
    uint16_t up, slot;
} ya_place;

/* What a scope's variable is at its entry. */
typedef struct ya_symbol {
    struct ya_symbol *next;
    const ya_str *name;
    uint16_t slot;
    bool param; /* set by whoever enters */
    bool used;
    bool alias; /* a copy of `outer`, else what the conversation or Jinja has of that name */
    ya_place outer;
    const ya_function *function; /* a global function, or NULL */
    int variable;                /* of ya_run.variables, or -1 */
} ya_symbol;

typedef struct ya_code ya_code;
struct ya_scope {
    ya_scope *parent;
    ya_code *function;
    ya_symbol *symbols, **end;
};
struct ya_code {
    uint16_t n_slots, depth;
};

struct ya_macro {
    const ya_node *node;
    ya_code code;
    const ya_str *name;
    ya_node *params;   /* YA_N_NAMEs */
    ya_node *defaults; /* of the last of them */
    uint16_t n_params, n_defaults;
    int caller, varargs, kwargs; /* slots */
    bool uses_caller, uses_varargs, uses_kwargs;
    struct ya_frame *home;    /* of a macro value: the activation it was made in */
    const ya_macro *compiled; /* of a macro value: what was compiled */
};

struct ya_node {
    uint8_t kind, op;
    bool recursive;
    bool target, asked; /* of a name: it is set here, or tested with `is defined` */
    uint32_t line, column;
    ya_node *next; /* of a list */
    ya_node *a, *b, *c, *d;
    ya_node *args;
    ya_node *body, *other;
    const ya_str *name;
    ya_value value;
    const ya_function *function;
    ya_place place;
    ya_scope *scope, *other_scope, *test_scope;
    ya_macro *macro;
    const ya_node *mention; /* the next of ya_template.mentioned */
};

typedef struct {
    ya_memory memory;
    ya_node *body;
    ya_scope *scope;
    ya_code code;
    bool generation;          /* has {% generation %} */
    const ya_node *mentioned; /* every name, attribute and text of it, by `mention` */
} ya_template;

enum { YA_TEMPLATE_MAX_BYTES = 1 << 20, YA_TEMPLATE_MAX_DEPTH = 150 };

/* Compiles `text`; what is wrong or not known is YA_ERR_UNSUPPORTED "line 3, column 7: ...".
 * Free with ya_memory_free(&template->memory), also on failure. */
ya_status ya_template_compile(ya_template *template, const char *text, ya_error *err) YA_CHECK;
/* Resolves the names of a parsed template: scope.c. */
ya_status ya_template_resolve(ya_template *template, ya_error *err) YA_CHECK;
ya_status ya_at_fault(ya_error *err, uint32_t line, uint32_t column, const char *format, ...)
    YA_PRINTF(4, 5);
/* Whether an attribute, a subscript or a text of the template is exactly, or has in it, `word`. */
bool ya_template_mentions(const ya_template *template, const char *word, bool inside);

#endif
