/* Pre-tokenizers by the names that GGUF files give them. */
#ifndef YA_TOKEN_GGUF_PRE_H
#define YA_TOKEN_GGUF_PRE_H

#include "token/split.h"

#include <stdbool.h>

typedef struct {
    const char *names;              /* with spaces between */
    const char *const *expressions; /* NULL at the end; or NULL for */
    ya_matcher *matcher;
    bool nfc, digits, ignore_merges, add_bos;
} ya_gguf_pre;

/* NULL: nobody knows it. */
const ya_gguf_pre *ya_gguf_pre_find(const char *name, size_t size);

#endif
