/* Small tokenizers: what they give, and what is refused. */
#include "base/alloc.h"
#include "token/small.h"

static void merges_apply_lowest_rank_first_and_leftmost(void **state)
{
    (void)state;
    ya_tokenizer *t = open_small(SMALL);
    ya_error err;
    ya_ids ids = {0};
    assert_int_equal(ya_tokenizer_encode(t, "ababab aba", 10, true, &ids, &err), YA_OK);
    ASSERT_IDS(&ids, 8, 3, 2, 3, 0);
    ya_ids_free(&ids);
    ya_tokenizer_close(t);
}

static void a_long_word_gives_the_ids_of_short_ones(void **state)
{
    (void)state;
    ya_tokenizer *t = open_small(SMALL);
    ya_error err;
    enum { PAIRS = 50000 };
    char *text = ya_alloc(2 * PAIRS);
    ya_ids ids = {0};
    for (size_t i = 0; i < 2 * PAIRS; i++)
        text[i] = i % 2 ? 'b' : 'a';
    assert_int_equal(ya_tokenizer_encode(t, text, 2 * PAIRS, true, &ids, &err), YA_OK);
    assert_int_equal(ids.size, PAIRS / 2);
    for (size_t i = 0; i < ids.size; i++)
        assert_int_equal(ids.data[i], 8);
    ya_free(text);
    ya_ids_free(&ids);
    ya_tokenizer_close(t);
}

static void a_special_token_is_found_in_text_but_not_in_plain_text(void **state)
{
    (void)state;
    ya_tokenizer *t = open_small(SMALL);
    ya_error err;
    ya_ids ids = {0};
    assert_int_equal(ya_tokenizer_encode(t, "a<x>b", 5, false, &ids, &err), YA_OK);
    ASSERT_IDS(&ids, 0, 10, 1);
    ids.size = 0;
    assert_int_equal(ya_tokenizer_encode_plain(t, "a<x>b", 5, &ids, &err), YA_OK);
    /* '<' is its own pre-token, and so is '>'; the letters between stand alone. */
    ASSERT_IDS(&ids, 0, 5, 6, 7, 1);
    ids.size = 0;
    ya_span plain = {4, 7};
    assert_int_equal(
        ya_tokenizer_encode_spans(t, "<x>a<x><x>", 10, false, &plain, 1, &ids, NULL, &err), YA_OK);
    ASSERT_IDS(&ids, 10, 0, 5, 6, 7, 10);
    ya_ids_free(&ids);
    ya_tokenizer_close(t);
}

static void begins_are_the_bytes_where_tokens_begin(void **state)
{
    (void)state;
    ya_tokenizer *t = open_small(SMALL);
    ya_error err;
    ya_ids ids = {0}, begins = {0};
    /* 'c' has no token and disappears. */
    assert_int_equal(
        ya_tokenizer_encode_spans(t, "cab<x> acb", 10, true, NULL, 0, &ids, &begins, &err), YA_OK);
    ASSERT_IDS(&ids, 3, 10, 2, 3); /* a b before the space */
    ASSERT_IDS(&begins, 1, 3, 6, 7);
    ya_ids_free(&ids);
    ya_ids_free(&begins);
    ya_tokenizer_close(t);
}

static void ids_outside_of_the_vocabulary_are_refused_and_leave_the_text_alone(void **state)
{
    (void)state;
    ya_tokenizer *t = open_small(SMALL);
    ya_error err;
    ya_buffer out = {0};
    const int32_t high[] = {0, 11}, low[] = {-1};
    assert_int_equal(ya_tokenizer_decode(t, high, 2, false, &out, &err), YA_ERR_DATA);
    assert_int_equal(ya_tokenizer_decode(t, low, 1, false, &out, &err), YA_ERR_DATA);
    assert_int_equal(out.size, 0);
    assert_non_null(strstr(err.text, "-1"));
    ya_buffer_free(&out);
    ya_tokenizer_close(t);
}

static void special_tokens_are_left_out_when_skipped(void **state)
{
    (void)state;
    ya_tokenizer *t = open_small(SMALL);
    ya_error err;
    ya_buffer out = {0};
    const int32_t ids[] = {3, 10, 4};
    assert_int_equal(ya_tokenizer_decode(t, ids, 3, false, &out, &err), YA_OK);
    assert_string_equal(out.data, "ab<x> a");
    out.size = 0;
    assert_int_equal(ya_tokenizer_decode(t, ids, 3, true, &out, &err), YA_OK);
    assert_string_equal(out.data, "ab a");
    ya_buffer_free(&out);
    ya_tokenizer_close(t);
}

static void assert_refused(const char *document, ya_status wanted, const char *named)
{
    ya_tokenizer *t;
    ya_error err = {0};
    ya_status status = open_text(&t, document, &err);
    assert_null(t);
    assert_int_equal(status, wanted);
    if (!strstr(err.text, named))
        fail_msg("\"%s\" does not name \"%s\"", err.text, named);
}

static void what_is_not_known_is_refused_by_name(void **state)
{
    (void)state;
    assert_refused("{\"model\":{\"type\":\"Unigram\"}}", YA_ERR_UNSUPPORTED, "Unigram");
    assert_refused(DOCUMENT(BYTES_MODEL, "{\"type\":\"Whitespace\"}", ""), YA_ERR_UNSUPPORTED,
                   "Whitespace");
    assert_refused(DOCUMENT(BYTES_MODEL, "null", ",\"normalizer\":{\"type\":\"NFKC\"}"),
                   YA_ERR_UNSUPPORTED, "NFKC");
    assert_refused(DOCUMENT(BYTES_MODEL, "null", ",\"decoder\":{\"type\":\"WordPiece\"}"),
                   YA_ERR_UNSUPPORTED, "WordPiece");
    assert_refused(
        DOCUMENT(BYTES_MODEL, "null", ",\"post_processor\":{\"type\":\"BertProcessing\"}"),
        YA_ERR_UNSUPPORTED, "BertProcessing");
    assert_refused("{\"model\":{\"type\":\"BPE\",\"dropout\":0.1}}", YA_ERR_UNSUPPORTED, "dropout");
    assert_refused("{\"model\":{\"type\":\"BPE\",\"end_of_word_suffix\":\"</w>\"}}",
                   YA_ERR_UNSUPPORTED, "</w>");
    assert_refused(DOCUMENT(BYTES_MODEL,
                            "{\"type\":\"Sequence\",\"pretokenizers\":[" BYTE_LEVEL
                            ",{\"type\":\"Digits\"}]}",
                            ""),
                   YA_ERR_UNSUPPORTED, "Digits");
    assert_refused(DOCUMENT(BYTES_MODEL,
                            "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a\"},\"behavior\":"
                            "\"Isolated\"}",
                            ""),
                   YA_ERR_UNSUPPORTED, "(a");
}

static void inconsistent_documents_are_refused(void **state)
{
    (void)state;
    assert_refused("", YA_ERR_FORMAT, "JSON");
    assert_refused("{\"model\":", YA_ERR_FORMAT, "JSON");
    assert_refused("[]", YA_ERR_FORMAT, "model");
    assert_refused("{\"model\":{\"vocab\":{\"a\":0,\"b\":0},\"merges\":[]}}", YA_ERR_FORMAT,
                   "two tokens");
    assert_refused("{\"model\":{\"vocab\":{\"a\":-1},\"merges\":[]}}", YA_ERR_FORMAT, "\"a\"");
    assert_refused("{\"model\":{\"vocab\":{\"a\":4000000000},\"merges\":[]}}", YA_ERR_FORMAT,
                   "\"a\"");
    assert_refused("{\"model\":{\"vocab\":{\"a\":\"0\"},\"merges\":[]}}", YA_ERR_FORMAT, "\"a\"");
    assert_refused("{\"model\":{\"vocab\":{\"a\":0},\"merges\":[\"a a\"]}}", YA_ERR_FORMAT,
                   "merge 0");
    assert_refused("{\"model\":{\"vocab\":{\"a\":0},\"merges\":[\"a\"]}}", YA_ERR_FORMAT,
                   "merge 0");
    assert_refused("{\"model\":{\"vocab\":{\"a\":0},\"merges\":[7]}}", YA_ERR_FORMAT, "merge 0");
    assert_refused("{\"model\":{\"vocab\":{\"a\":0},\"merges\":[],\"unk_token\":\"u\"}}",
                   YA_ERR_FORMAT, "\"u\"");
    assert_refused(DOCUMENT(BYTES_MODEL, "null", ",\"added_tokens\":[" SPECIAL(12, "<y>") "]"),
                   YA_ERR_FORMAT, "<y>");
    assert_refused(DOCUMENT(BYTES_MODEL, "null",
                            ",\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{"
                            "\"SpecialToken\":{\"id\":\"<s>\"}},{\"Sequence\":{\"id\":\"A\"}}],"
                            "\"special_tokens\":{\"<s>\":{\"ids\":[99]}}}"),
                   YA_ERR_FORMAT, "99");
}

static void a_path_without_a_tokenizer_is_named(void **state)
{
    (void)state;
    ya_tokenizer *t;
    ya_error err = {0};
    assert_int_equal(ya_tokenizer_open(&t, "/no/such/model", &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "/no/such/model"));
    char dir[TEMP_PATH];
    temp_make(dir);
    assert_int_equal(ya_tokenizer_open(&t, dir, &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "tokenizer.json"));
    temp_remove(dir);
}

static void a_directory_gives_the_tokens_and_the_template_of_its_configuration(void **state)
{
    (void)state;
    char dir[TEMP_PATH];
    ya_tokenizer *t;
    ya_error err = {0};
    ya_ids ids = {0};
    temp_make(dir);
    write_text(temp_path(dir, "tokenizer.json"), SMALL);
    write_text(temp_path(dir, "tokenizer_config.json"),
               "{\"bos_token\":{\"content\":\"<x>\"},\"add_bos_token\":true,\"eos_token\":\"b\","
               "\"model_max_length\":1000000000000000019884624838656,"
               "\"chat_template\":[{\"name\":\"rag\",\"template\":\"R\"},"
               "{\"name\":\"default\",\"template\":\"D\"}]}");
    write_text(temp_path(dir, "generation_config.json"), "{\"eos_token_id\":[1,3,77]}");
    if (ya_tokenizer_open(&t, dir, &err) != YA_OK)
        fail_msg("%s", err.text);
    assert_int_equal(ya_tokenizer_bos(t), 10);
    assert_int_equal(ya_tokenizer_eos(t), 1);
    assert_true(ya_tokenizer_is_stop(t, 1) && ya_tokenizer_is_stop(t, 3));
    assert_false(ya_tokenizer_is_stop(t, 0) || ya_tokenizer_is_stop(t, 77) ||
                 ya_tokenizer_is_stop(t, -1));
    assert_string_equal(ya_tokenizer_chat_template(t), "D");
    assert_int_equal(ya_tokenizer_encode(t, "ab", 2, true, &ids, &err), YA_OK);
    ASSERT_IDS(&ids, 10, 3);
    ya_tokenizer_close(t);
    write_text(temp_path(dir, "chat_template.jinja"), "file");
    assert_int_equal(ya_tokenizer_open(&t, dir, &err), YA_OK);
    assert_string_equal(ya_tokenizer_chat_template(t), "file");
    ya_tokenizer_close(t);
    ya_ids_free(&ids);
    temp_remove(dir);
}

static void assert_affixes(const char *config, const int32_t *wanted, size_t n)
{
    char dir[TEMP_PATH];
    ya_tokenizer *t;
    ya_error err = {0};
    ya_ids ids = {0};
    temp_make(dir);
    write_text(temp_path(dir, "tokenizer.json"), SMALL);
    write_text(temp_path(dir, "tokenizer_config.json"), config);
    if (ya_tokenizer_open(&t, dir, &err) != YA_OK)
        fail_msg("%s", err.text);
    assert_int_equal(ya_tokenizer_encode(t, "ab", 2, true, &ids, &err), YA_OK);
    assert_ids(&ids, wanted, n);
    ya_ids_free(&ids);
    ya_tokenizer_close(t);
    temp_remove(dir);
}

/* As transformers 4.57.1 does: AutoTokenizer over such directories was asked. */
static void the_class_of_a_tokenizer_decides_whether_add_bos_token_counts(void **state)
{
    (void)state;
    assert_affixes("{\"tokenizer_class\":\"LlamaTokenizer\",\"bos_token\":\"<x>\"}",
                   (const int32_t[]){10, 3}, 2);
    assert_affixes("{\"tokenizer_class\":\"LlamaTokenizerFast\",\"bos_token\":\"<x>\","
                   "\"eos_token\":\"b\",\"add_bos_token\":false,\"add_eos_token\":true}",
                   (const int32_t[]){3, 1}, 2);
    assert_affixes("{\"tokenizer_class\":\"GPT2Tokenizer\",\"bos_token\":\"<x>\","
                   "\"add_bos_token\":true}",
                   (const int32_t[]){3}, 1);
}

static void streaming_holds_a_character_back_until_it_is_whole(void **state)
{
    (void)state;
    /* Two tokens that are the halves of U+00E9. */
    ya_tokenizer *t =
        open_small("{\"model\":{\"vocab\":{\"\\u00c3\":0,\"\\u00a9\":1},\"merges\":"
                   "[]},\"pre_tokenizer\":" BYTE_LEVEL ",\"decoder\":" BYTE_LEVEL "}");
    ya_detokenizer *d;
    ya_error err;
    const char *text;
    size_t size;
    assert_int_equal(ya_detokenizer_new(&d, t, false, &err), YA_OK);
    assert_int_equal(ya_detokenizer_feed(d, 0, &text, &size, &err), YA_OK);
    assert_int_equal(size, 0);
    assert_int_equal(ya_detokenizer_feed(d, 1, &text, &size, &err), YA_OK);
    assert_int_equal(size, 2);
    assert_memory_equal(text, "\xC3\xA9", 2);
    assert_int_equal(ya_detokenizer_feed(d, 0, &text, &size, &err), YA_OK);
    assert_int_equal(size, 0);
    assert_int_equal(ya_detokenizer_finish(d, &text, &size, &err), YA_OK);
    assert_int_equal(size, 3);
    assert_memory_equal(text, "\xEF\xBF\xBD", 3);
    ya_detokenizer_free(d);
    ya_tokenizer_close(t);
}

/* Every allocation fails once: an error or a right result, never a crash or a leak. */
static void running_out_of_memory_is_an_error_wherever_it_happens(void **state)
{
    (void)state;
    char dir[TEMP_PATH];
    ya_error err = {0};
    ya_status status = YA_ERR_MEMORY;
    temp_make(dir);
    write_text(temp_path(dir, "tokenizer.json"), SMALL);
    const char *path = temp_path(dir, "tokenizer.json");
    for (uint64_t n = 1; status != YA_OK && n < 100000; n++) {
        ya_tokenizer *t;
        ya_ids ids = {0};
        ya_buffer out = {0};
        ya_alloc_fail_at(n);
        status = ya_tokenizer_open(&t, path, &err);
        if (status == YA_OK)
            status = ya_tokenizer_encode(t, "abab <x>e\xCC\x81", 11, true, &ids, &err);
        if (status == YA_OK)
            status = ya_tokenizer_decode(t, ids.data, ids.size, false, &out, &err);
        ya_alloc_fail_at(0);
        assert_true(status == YA_OK || status == YA_ERR_MEMORY);
        ya_ids_free(&ids);
        ya_buffer_free(&out);
        ya_tokenizer_close(t);
    }
    assert_int_equal(status, YA_OK);
    temp_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merges_apply_lowest_rank_first_and_leftmost),
        cmocka_unit_test(a_long_word_gives_the_ids_of_short_ones),
        cmocka_unit_test(a_special_token_is_found_in_text_but_not_in_plain_text),
        cmocka_unit_test(begins_are_the_bytes_where_tokens_begin),
        cmocka_unit_test(ids_outside_of_the_vocabulary_are_refused_and_leave_the_text_alone),
        cmocka_unit_test(special_tokens_are_left_out_when_skipped),
        cmocka_unit_test(what_is_not_known_is_refused_by_name),
        cmocka_unit_test(inconsistent_documents_are_refused),
        cmocka_unit_test(a_path_without_a_tokenizer_is_named),
        cmocka_unit_test(a_directory_gives_the_tokens_and_the_template_of_its_configuration),
        cmocka_unit_test(the_class_of_a_tokenizer_decides_whether_add_bos_token_counts),
        cmocka_unit_test(streaming_holds_a_character_back_until_it_is_whole),
        cmocka_unit_test(running_out_of_memory_is_an_error_wherever_it_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
