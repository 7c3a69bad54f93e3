/* What must hold of any tokenizer file: it is refused with a sentence, or gives ids of its
 * vocabulary for a text, and a text for them. */
#ifndef YA_FUZZ_TOKENIZER_H
#define YA_FUZZ_TOKENIZER_H

#include "fuzz_file.h"
#include "token/tokenizer.h"

#include <stdlib.h>
#include <string.h>

/* Ids are in the vocabulary, begins ascend within the text, and decoding as a whole and token by
 * token gives one text. */
static inline void fuzz_text(const ya_tokenizer *t, const char *text, size_t size)
{
    ya_error err = {0};
    ya_ids ids = {0}, begins = {0};
    ya_buffer whole = {0}, pieces = {0};
    ya_detokenizer *d = NULL;
    const char *part;
    size_t n;
    if (ya_tokenizer_encode_spans(t, text, size, true, NULL, 0, &ids, &begins, &err) != YA_OK) {
        fuzz_fail_unless(err.text[0] && ids.size == 0 && begins.size == 0);
        goto done;
    }
    fuzz_fail_unless(ids.size == begins.size);
    for (size_t i = 0; i < ids.size; i++) {
        fuzz_fail_unless(ya_tokenizer_token(t, ids.data[i]) != NULL);
        fuzz_fail_unless(begins.data[i] >= 0 && (size_t)begins.data[i] <= size);
    }
    fuzz_fail_unless(ya_tokenizer_decode(t, ids.data, ids.size, false, &whole, &err) == YA_OK);
    fuzz_fail_unless(ya_detokenizer_new(&d, t, false, &err) == YA_OK);
    for (size_t i = 0; i <= ids.size; i++) {
        ya_status status = i < ids.size ? ya_detokenizer_feed(d, ids.data[i], &part, &n, &err)
                                        : ya_detokenizer_finish(d, &part, &n, &err);
        fuzz_fail_unless(status == YA_OK && ya_buffer_add(&pieces, part, n, &err) == YA_OK);
    }
    fuzz_fail_unless(whole.size == pieces.size &&
                     (whole.size == 0 || memcmp(whole.data, pieces.data, whole.size) == 0));
done:
    ya_detokenizer_free(d);
    ya_ids_free(&ids);
    ya_ids_free(&begins);
    ya_buffer_free(&whole);
    ya_buffer_free(&pieces);
}

static inline void fuzz_open_tokenizer(const ya_tokenizer *t)
{
    static const char text[] = "Hello,  world's 123\n\n \xE2\x96\x81x <s>e\xCC\x81 "
                               "\xF0\x9F\x98\x80\xE4\xB8\xAD <|im_end|>a b";
    ya_error err = {0};
    ya_ids ids = {0};
    fuzz_text(t, text, sizeof text - 1);
    fuzz_text(t, "", 0);
    fuzz_fail_unless(ya_tokenizer_encode_plain(t, text, sizeof text - 1, &ids, &err) == YA_OK ||
                     err.text[0]);
    ya_ids_free(&ids);
    fuzz_fail_unless(ya_tokenizer_bos(t) < ya_tokenizer_vocab_size(t));
    fuzz_fail_unless(ya_tokenizer_eos(t) < ya_tokenizer_vocab_size(t));
}

static inline int fuzz_tokenizer_at(const char *path)
{
    ya_tokenizer *t;
    ya_error err = {0};
    ya_status status = ya_tokenizer_open(&t, path, &err);
    if (status != YA_OK) {
        fuzz_fail_unless(err.text[0] && !t);
        return 0;
    }
    fuzz_open_tokenizer(t);
    ya_tokenizer_close(t);
    return 0;
}

/* A file of these bytes; `ending` says which format its name claims. */
static inline int fuzz_tokenizer(const uint8_t *data, size_t size, const char *ending)
{
    return fuzz_tokenizer_at(fuzz_file(data, size, ending));
}

#endif
