#include "base/buffer.h"

#include "base/alloc.h"
#include "support/cmocka_all.h"

#include <string.h>

static void a_buffer_grows_and_stays_terminated(void **state)
{
    (void)state;
    ya_buffer buffer = {0};
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(ya_buffer_add(&buffer, "ab", 2, NULL), YA_OK);
        assert_int_equal(buffer.data[buffer.size], '\0');
    }
    assert_int_equal(buffer.size, 2000);
    for (size_t i = 0; i < buffer.size; i++)
        assert_int_equal(buffer.data[i], i % 2 ? 'b' : 'a');
    ya_buffer_free(&buffer);
    assert_null(buffer.data);
}

static void adding_nothing_makes_an_empty_text(void **state)
{
    (void)state;
    ya_buffer buffer = {0};
    assert_int_equal(ya_buffer_add(&buffer, NULL, 0, NULL), YA_OK);
    assert_string_equal(buffer.data, "");
    ya_buffer_free(&buffer);
}

static void printf_appends_texts_of_any_length(void **state)
{
    (void)state;
    ya_buffer buffer = {0};
    assert_int_equal(ya_buffer_printf(&buffer, NULL, "%d-%s;", 7, "x"), YA_OK);
    assert_int_equal(ya_buffer_printf(&buffer, NULL, "%*d", 5000, 1), YA_OK);
    assert_int_equal(buffer.size, 4 + 5000);
    assert_memory_equal(buffer.data, "7-x;    ", 8);
    assert_int_equal(buffer.data[5003], '1');
    ya_buffer_free(&buffer);
}

static void when_memory_is_out_the_buffer_is_as_it_was(void **state)
{
    (void)state;
    ya_buffer buffer = {0};
    ya_error err = {0};
    char big[4096] = {0};
    assert_int_equal(ya_buffer_add(&buffer, "kept", 4, NULL), YA_OK);
    ya_alloc_fail_at(1);
    assert_int_equal(ya_buffer_add(&buffer, big, sizeof big, &err), YA_ERR_MEMORY);
    assert_int_equal(ya_buffer_printf(&buffer, &err, "%4096d", 1), YA_ERR_MEMORY);
    ya_alloc_fail_at(0);
    assert_non_null(strstr(err.text, "out of memory"));
    assert_int_equal(buffer.size, 4);
    assert_string_equal(buffer.data, "kept");
    ya_buffer_free(&buffer);
}

static void a_size_that_overflows_is_refused(void **state)
{
    (void)state;
    ya_buffer buffer = {0};
    assert_int_equal(ya_buffer_add(&buffer, "a", 1, NULL), YA_OK);
    assert_int_equal(ya_buffer_add(&buffer, "", SIZE_MAX, NULL), YA_ERR_MEMORY);
    assert_string_equal(buffer.data, "a");
    ya_buffer_free(&buffer);
}

static void ids_keep_their_order(void **state)
{
    (void)state;
    ya_ids ids = {0};
    for (int32_t i = 0; i < 1000; i++)
        assert_int_equal(ya_ids_add(&ids, -i, NULL), YA_OK);
    assert_int_equal(ids.size, 1000);
    for (int32_t i = 0; i < 1000; i++)
        assert_int_equal(ids.data[i], -i);
    ya_alloc_fail_at(1);
    ya_status status = YA_OK;
    while (!status && ids.size < 100000)
        status = ya_ids_add(&ids, 1, NULL);
    ya_alloc_fail_at(0);
    assert_int_equal(status, YA_ERR_MEMORY);
    ya_ids_free(&ids);
}

static void failing_from_the_nth_allocation_counts_from_now(void **state)
{
    (void)state;
    uint64_t before = ya_alloc_count();
    ya_alloc_fail_at(2);
    void *first = ya_alloc(1), *second = ya_alloc(1), *third = ya_strdup("x");
    ya_alloc_fail_at(0);
    void *fourth = ya_alloc_zero(3, 4);
    assert_non_null(first);
    assert_null(second);
    assert_null(third);
    assert_non_null(fourth);
    assert_int_equal(ya_alloc_count() - before, 4);
    assert_null(ya_realloc_array(NULL, SIZE_MAX, 2));
    ya_free(first);
    ya_free(fourth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_grows_and_stays_terminated),
        cmocka_unit_test(adding_nothing_makes_an_empty_text),
        cmocka_unit_test(printf_appends_texts_of_any_length),
        cmocka_unit_test(when_memory_is_out_the_buffer_is_as_it_was),
        cmocka_unit_test(a_size_that_overflows_is_refused),
        cmocka_unit_test(ids_keep_their_order),
        cmocka_unit_test(failing_from_the_nth_allocation_counts_from_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
