/* Small tokenizers written to files, so that tests need no fixtures. */
#ifndef YA_TESTS_TOKEN_SMALL_H
#define YA_TESTS_TOKEN_SMALL_H

#include "support/cmocka_all.h"
#include "support/temp.h"
#include "token/tokenizer.h"

#include <stdio.h>
#include <string.h>

/* A byte-level vocabulary: ab = a b, abab = ab ab, " a" = ' ' a. */
#define BYTES_MODEL                                                                                \
    "{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"\\u0120\":2,\"ab\":3,\"\\u0120a\":4,"          \
    "\"<\":5,\"x\":6,\">\":7,\"abab\":8,\"<x\":9},\"merges\":[\"a b\",\"\\u0120 a\",\"ab ab\","    \
    "\"< x\"]}"
#define BYTE_LEVEL "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":true}"
#define SPECIAL(id, text)                                                                          \
    "{\"id\":" #id ",\"content\":\"" text "\",\"single_word\":false,\"lstrip\":false,"             \
    "\"rstrip\":false,\"normalized\":false,\"special\":true}"
#define DOCUMENT(model, pre, more) "{\"model\":" model ",\"pre_tokenizer\":" pre more "}"
#define SMALL                                                                                      \
    DOCUMENT(BYTES_MODEL, BYTE_LEVEL,                                                              \
             ",\"decoder\":" BYTE_LEVEL ",\"added_tokens\":[" SPECIAL(10, "<x>") "]")

static inline void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static inline ya_status open_text(ya_tokenizer **t, const char *text, ya_error *err)
{
    char dir[TEMP_PATH];
    temp_make(dir);
    write_text(temp_path(dir, "tokenizer.json"), text);
    ya_status status = ya_tokenizer_open(t, temp_path(dir, "tokenizer.json"), err);
    temp_remove(dir);
    return status;
}

static inline ya_tokenizer *open_small(const char *text)
{
    ya_tokenizer *t;
    ya_error err = {0};
    if (open_text(&t, text, &err) != YA_OK)
        fail_msg("%s", err.text);
    return t;
}

static inline void assert_ids(const ya_ids *ids, const int32_t *wanted, size_t n)
{
    assert_int_equal(ids->size, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(ids->data[i], wanted[i]);
}

#define ASSERT_IDS(ids, ...)                                                                       \
    do {                                                                                           \
        const int32_t wanted_ids[] = {__VA_ARGS__};                                                \
        assert_ids(ids, wanted_ids, sizeof wanted_ids / sizeof *wanted_ids);                       \
    } while (0)

#endif
