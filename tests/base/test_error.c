#include "base/error.h"

#include "support/cmocka_all.h"

#include <errno.h>
#include <string.h>

static void a_failure_returns_its_status_and_keeps_the_sentence(void **state)
{
    (void)state;
    ya_error err = {0};
    assert_int_equal(ya_fail(&err, YA_ERR_DATA, "line %d: %s", 7, "bad"), YA_ERR_DATA);
    assert_int_equal(err.status, YA_ERR_DATA);
    assert_string_equal(err.text, "line 7: bad");
}

static void wrapping_puts_the_outer_sentence_in_front(void **state)
{
    (void)state;
    ya_error err = {0};
    ya_fail(&err, YA_ERR_IO, "cannot open x");
    assert_int_equal(ya_wrap(&err, YA_ERR_FORMAT, "reading %s", "model"), YA_ERR_FORMAT);
    assert_int_equal(err.status, YA_ERR_FORMAT);
    assert_string_equal(err.text, "reading model: cannot open x");
}

static void errno_is_told_in_words(void **state)
{
    (void)state;
    ya_error err = {0};
    errno = ENOENT;
    assert_int_equal(ya_fail_errno(&err, YA_ERR_IO, "cannot open %s", "f"), YA_ERR_IO);
    assert_string_equal(err.text, "cannot open f: No such file or directory");
}

static void sentences_too_long_are_cut_not_overrun(void **state)
{
    (void)state;
    struct {
        ya_error err;
        char guard;
    } box = {.guard = 42};
    char text[3000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    ya_fail(&box.err, YA_ERR_IO, "%s", text);
    assert_int_equal(strlen(box.err.text), YA_ERROR_TEXT - 1);
    ya_wrap(&box.err, YA_ERR_IO, "%s", text);
    assert_int_equal(strlen(box.err.text), YA_ERROR_TEXT - 1);
    ya_fail_errno(&box.err, YA_ERR_IO, "%s", text);
    assert_int_equal(strlen(box.err.text), YA_ERROR_TEXT - 1);
    assert_int_equal(box.guard, 42);
}

static void nobody_has_to_listen(void **state)
{
    (void)state;
    assert_int_equal(ya_fail(NULL, YA_ERR_IO, "x"), YA_ERR_IO);
    assert_int_equal(ya_wrap(NULL, YA_ERR_IO, "x"), YA_ERR_IO);
    assert_int_equal(ya_fail_errno(NULL, YA_ERR_IO, "x"), YA_ERR_IO);
}

static void exit_codes_are_those_of_the_specification(void **state)
{
    (void)state;
    assert_int_equal(ya_exit_code(YA_OK), 0);
    assert_int_equal(ya_exit_code(YA_ERR_IO), 1);
    assert_int_equal(ya_exit_code(YA_ERR_FORMAT), 1);
    assert_int_equal(ya_exit_code(YA_ERR_UNSUPPORTED), 1);
    assert_int_equal(ya_exit_code(YA_ERR_DATA), 1);
    assert_int_equal(ya_exit_code(YA_ERR_USAGE), 2);
    assert_int_equal(ya_exit_code(YA_ERR_MEMORY), 3);
    assert_int_equal(ya_exit_code(YA_ERR_GUARD), 4);
    assert_int_equal(ya_exit_code(YA_ERR_DIVERGED), 5);
    assert_int_equal(ya_exit_code(YA_ERR_INTERRUPTED), 130);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_returns_its_status_and_keeps_the_sentence),
        cmocka_unit_test(wrapping_puts_the_outer_sentence_in_front),
        cmocka_unit_test(errno_is_told_in_words),
        cmocka_unit_test(sentences_too_long_are_cut_not_overrun),
        cmocka_unit_test(nobody_has_to_listen),
        cmocka_unit_test(exit_codes_are_those_of_the_specification),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
