/* Pre-tokenizers: stages that each cut a piece of normalized text into smaller ones, the last of
 * which are the words that BPE sees. */
#ifndef YA_TOKEN_PRETOKENIZE_H
#define YA_TOKEN_PRETOKENIZE_H

#include "token/regex.h"
#include "token/split.h"
#include "token/trace.h"

typedef enum {
    YA_STAGE_SPLIT,     /* at a pattern */
    YA_STAGE_CLASS,     /* at characters of a class, each a match */
    YA_STAGE_METASPACE, /* ' ' becomes the replacement; cut before each if split */
    YA_STAGE_PREFIX     /* ByteLevel's add_prefix_space: ' ' in front of a piece without one */
} ya_stage_kind;

/* What happens to the matches of a pattern (tokenizers: SplitDelimiterBehavior). */
typedef enum {
    YA_SPLIT_REMOVED,
    YA_SPLIT_ISOLATED,
    YA_SPLIT_MERGED_WITH_PREVIOUS,
    YA_SPLIT_MERGED_WITH_NEXT,
    YA_SPLIT_CONTIGUOUS
} ya_split_behavior;

typedef enum { YA_PREPEND_ALWAYS, YA_PREPEND_FIRST, YA_PREPEND_NEVER } ya_prepend_scheme;

typedef struct {
    ya_stage_kind kind;
    ya_split_behavior behavior;
    bool invert;
    unsigned flag;       /* of CLASS: YA_UC_DIGIT ... */
    ya_matcher *matcher; /* one of these three finds the matches of SPLIT; this one tiles the text
                            and is for ISOLATED only */
    ya_regex *regex;     /* owned */
    char *literal;       /* owned; of METASPACE the replacement */
    size_t literal_size;
    ya_prepend_scheme scheme;
    bool split;
} ya_stage;

typedef struct {
    ya_stage *stages;
    size_t n_stages;
} ya_pretokenizer;

/* Appends a stage, whose pointers then belong to the pre-tokenizer, also on failure. */
ya_status ya_pretokenizer_add(ya_pretokenizer *p, ya_stage stage, ya_error *err) YA_CHECK;
void ya_pretokenizer_free(ya_pretokenizer *p);

/* Receives the words in order; `trace` maps bytes of `word` to the original text. */
typedef ya_status ya_word_sink(void *context, const char *word, size_t size, ya_trace trace,
                               ya_error *err);

/* Cuts a piece into words. `traced`: keep traces right where a stage changes the text (else they
 * mean nothing there). `first`: the piece begins where the original text begins. */
ya_status ya_pretokenize(const ya_pretokenizer *p, const char *text, size_t size, ya_trace trace,
                         bool traced, bool first, ya_word_sink *sink, void *context,
                         ya_error *err) YA_CHECK;

#endif
