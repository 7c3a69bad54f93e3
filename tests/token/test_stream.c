#include "support/cmocka_all.h"
#include "token/small.h"
#include "token/stream.h"

typedef ya_status stream_call(const ya_tokenizer *t, bool flag, FILE *in, FILE *out, ya_error *err);

/* Runs one way over `input`; the output goes to `result`. */
static ya_status run(stream_call *call, bool flag, const char *input, char result[256],
                     ya_error *err)
{
    ya_tokenizer *t = open_small(SMALL);
    FILE *in = tmpfile(), *out = tmpfile();
    assert_non_null(in);
    assert_non_null(out);
    fputs(input, in);
    rewind(in);
    ya_status status = call(t, flag, in, out, err);
    rewind(out);
    result[fread(result, 1, 255, out)] = '\0';
    fclose(in);
    fclose(out);
    ya_tokenizer_close(t);
    return status;
}

static void each_line_of_text_becomes_a_line_of_ids(void **state)
{
    (void)state;
    char result[256];
    ya_error err = {0};
    assert_int_equal(run(ya_tokenize_stream, true,
                         "{\"text\":\"ab<x>\"}\n\n  \r\n{\"more\":1,\"text\":\"\"}\r\n"
                         "{\"text\":\"a\\u0020a\"}",
                         result, &err),
                     YA_OK);
    assert_string_equal(result, "{\"ids\":[3,10]}\n{\"ids\":[]}\n{\"ids\":[0,4]}\n");
}

static void each_line_of_ids_becomes_a_line_of_text(void **state)
{
    (void)state;
    char result[256];
    ya_error err = {0};
    assert_int_equal(
        run(ya_detokenize_stream, true, "{\"ids\":[3,10,4]}\n{\"ids\":[]}\n", result, &err), YA_OK);
    assert_string_equal(result, "{\"text\":\"ab a\"}\n{\"text\":\"\"}\n");
}

static void assert_names_line_two(stream_call *call, const char *first, const char *bad)
{
    char input[256], result[256];
    ya_error err = {0};
    snprintf(input, sizeof input, "%s\n%s\n", first, bad);
    assert_int_equal(run(call, false, input, result, &err), YA_ERR_DATA);
    assert_int_equal(err.status, YA_ERR_DATA);
    assert_non_null(strchr(result, '\n')); /* what came before is written */
    if (!strstr(err.text, "line 2"))
        fail_msg("\"%s\" does not name line 2", err.text);
}

static void a_bad_line_is_named(void **state)
{
    (void)state;
    const char *text = "{\"text\":\"a\"}", *ids = "{\"ids\":[0]}";
    assert_names_line_two(ya_tokenize_stream, text, "{\"text\":7}");
    assert_names_line_two(ya_tokenize_stream, text, "{\"ids\":[1]}");
    assert_names_line_two(ya_tokenize_stream, text, "{\"text\":\"a\"");
    assert_names_line_two(ya_tokenize_stream, text, "[]");
    assert_names_line_two(ya_detokenize_stream, ids, "{\"ids\":[11]}");
    assert_names_line_two(ya_detokenize_stream, ids, "{\"ids\":[-1]}");
    assert_names_line_two(ya_detokenize_stream, ids, "{\"ids\":[1.5]}");
    assert_names_line_two(ya_detokenize_stream, ids, "{\"text\":\"a\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_of_text_becomes_a_line_of_ids),
        cmocka_unit_test(each_line_of_ids_becomes_a_line_of_text),
        cmocka_unit_test(a_bad_line_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
