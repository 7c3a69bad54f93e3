#include "io/sha256.h"

#include "base/alloc.h"
#include "support/scratch.h"

static const char EMPTY[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char ABC[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/* FIPS 180-2, appendix B.3: a million times "a" */
static const char MILLION[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void sums_are_those_of_the_standard(void **state)
{
    (void)state;
    char hex[YA_SHA256_HEX];
    assert_int_equal(ya_sha256_bytes("", 0, hex, NULL), YA_OK);
    assert_string_equal(hex, EMPTY);
    assert_int_equal(ya_sha256_bytes("abc", 3, hex, NULL), YA_OK);
    assert_string_equal(hex, ABC);
}

static void files_of_any_size_are_streamed_without_our_heap(void **state)
{
    (void)state;
    char hex[YA_SHA256_HEX];
    static char many[1000000];
    memset(many, 'a', sizeof many);
    const char *path = scratch_write("million", many, sizeof many);
    uint64_t before = ya_alloc_count();
    assert_int_equal(ya_sha256_file(path, hex, NULL), YA_OK);
    assert_int_equal(ya_alloc_count(), before);
    assert_string_equal(hex, MILLION);
    assert_int_equal(ya_sha256_file(scratch_text("empty", ""), hex, NULL), YA_OK);
    assert_string_equal(hex, EMPTY);
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    char hex[YA_SHA256_HEX];
    ya_error err = {0};
    assert_int_equal(ya_sha256_file(scratch("absent"), hex, &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "absent"));
    assert_int_equal(ya_sha256_file(scratch_dir, hex, &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_standard),
        cmocka_unit_test(files_of_any_size_are_streamed_without_our_heap),
        cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
