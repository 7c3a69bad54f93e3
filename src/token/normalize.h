/* Normalizers of tokenizer.json, applied to each stretch of text between added tokens. */
#ifndef YA_TOKEN_NORMALIZE_H
#define YA_TOKEN_NORMALIZE_H

#include "token/changed.h"
#include "token/regex.h"

typedef enum {
    YA_NORMALIZE_NFC,
    YA_NORMALIZE_PREPEND, /* `content` in front of a text that is not empty */
    YA_NORMALIZE_REPLACE  /* every `pattern` (or match of `regex`) becomes `content` */
} ya_normalize_kind;

typedef struct {
    ya_normalize_kind kind;
    char *pattern; /* owned, NULL: regex */
    size_t pattern_size;
    ya_regex *regex; /* owned */
    char *content;   /* owned */
    size_t content_size;
} ya_normalize_step;

typedef struct {
    ya_normalize_step *steps;
    size_t n_steps;
} ya_normalizer;

/* Appends a step, whose pointers then belong to the normalizer, also on failure. */
ya_status ya_normalizer_add(ya_normalizer *normalizer, ya_normalize_step step,
                            ya_error *err) YA_CHECK;
void ya_normalizer_free(ya_normalizer *normalizer);

/* A text on its way: `text` is the caller's until a step changes it, then in one of the buffers. */
typedef struct {
    const char *text;
    size_t size;
    ya_trace trace;
    ya_changed buffers[2];
    int next; /* the buffer that does not hold the text */
} ya_normalized;

/* Normalizes well-formed UTF-8. `out` is {0} or used before; free it with ya_normalized_free. */
ya_status ya_normalize(const ya_normalizer *normalizer, const char *text, size_t size,
                       ya_trace trace, bool traced, ya_normalized *out, ya_error *err) YA_CHECK;
void ya_normalized_free(ya_normalized *normalized);

#endif
