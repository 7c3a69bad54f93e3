#include "io/safetensors.h"

#include "base/alloc.h"
#include "support/scratch.h"

/* A file of that header (the length in front is added) and `size` bytes of data 0, 1, 2, ... */
static const char *make(const char *header, size_t size)
{
    static unsigned char bytes[1 << 16];
    size_t length = strlen(header);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)length >> (8 * i));
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < size; i++)
        bytes[8 + length + i] = (unsigned char)i;
    return scratch_write("t.safetensors", bytes, 8 + length + size);
}

static void expect(const char *header, size_t size, ya_status status, const char *text)
{
    ya_tensor_set set;
    ya_error err = {0};
    assert_int_equal(ya_safetensors_open(&set, make(header, size), &err), status);
    assert_int_equal(err.status, status);
    if (!strstr(err.text, text))
        fail_msg("'%s' does not say '%s'", err.text, text);
    assert_non_null(strstr(err.text, "t.safetensors"));
    assert_null(set.tensors);
}

static void tensors_are_found_with_type_shape_and_bytes(void **state)
{
    (void)state;
    ya_tensor_set set;
    const char *path = make("{\"__metadata__\":{\"format\":\"pt\"},"
                            "\"b\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[2,26]},"
                            "\"a\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[0,2]},"
                            "\"s\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[26,34]}}  ",
                            34);
    assert_int_equal(ya_safetensors_open(&set, path, NULL), YA_OK);
    assert_int_equal(set.n_tensors, 3);
    assert_string_equal(set.tensors[0].name, "a");
    const ya_tensor *b = ya_tensor_find(&set, "b");
    assert_non_null(b);
    assert_int_equal(b->type, YA_F32);
    assert_int_equal(b->n_dims, 2);
    assert_int_equal(b->shape[0], 2);
    assert_int_equal(b->shape[1], 3);
    assert_int_equal(b->bytes, 24);
    assert_int_equal(*(const unsigned char *)b->data, 2);
    assert_int_equal(ya_tensor_elements(b), 6);
    assert_int_equal(ya_tensor_elements(ya_tensor_find(&set, "s")), 1);
    assert_null(ya_tensor_find(&set, "c"));
    assert_null(ya_tensor_find(&set, "__metadata__"));
    ya_tensor_set_free(&set);
}

static void tensors_without_elements_and_files_without_tensors_are_kept(void **state)
{
    (void)state;
    ya_tensor_set set;
    const char *path = make("{\"e\":{\"dtype\":\"F32\",\"shape\":[0,5],\"data_offsets\":[0,0]},"
                            "\"f\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
                            1);
    assert_int_equal(ya_safetensors_open(&set, path, NULL), YA_OK);
    assert_int_equal(set.n_tensors, 2);
    assert_int_equal(ya_tensor_elements(ya_tensor_find(&set, "e")), 0);
    ya_tensor_set_free(&set);
    assert_int_equal(ya_safetensors_open(&set, make("{}", 0), NULL), YA_OK);
    assert_int_equal(set.n_tensors, 0);
    assert_null(ya_tensor_find(&set, "e"));
    ya_tensor_set_free(&set);
}

#define ONE(dtype, shape, offsets)                                                                 \
    "{\"w\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static void offsets_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    expect(ONE("F32", "[2]", "[0,9]"), 9, YA_ERR_FORMAT,
           "tensor w has 9 bytes, its type and shape ask for 8");
    expect(ONE("F32", "[2]", "[0,8]"), 7, YA_ERR_FORMAT, "truncated");
    expect(ONE("F32", "[2]", "[8,0]"), 8, YA_ERR_FORMAT, "no range");
    expect(ONE("F32", "[2]", "[-8,0]"), 8, YA_ERR_FORMAT, "no range");
    expect(ONE("F32", "[2]", "[9223372036854775799,9223372036854775807]"), 8, YA_ERR_FORMAT,
           "truncated");
    expect(ONE("F32", "[2]", "[0,18446744073709551615]"), 8, YA_ERR_FORMAT, "header is not valid");
    expect(ONE("F32", "[2]", "[0.0,8.0]"), 8, YA_ERR_FORMAT, "data_offsets");
    expect(ONE("F32", "[2]", "[0,8,8]"), 8, YA_ERR_FORMAT, "data_offsets");
    expect(ONE("F32", "[2]", "null"), 8, YA_ERR_FORMAT, "data_offsets");
}

static void shapes_that_overflow_are_refused(void **state)
{
    (void)state;
    expect(ONE("F32", "[4294967296,4294967296]", "[0,0]"), 0, YA_ERR_FORMAT, "overflows");
    expect(ONE("F32", "[9223372036854775807]", "[0,0]"), 0, YA_ERR_FORMAT, "overflows");
    expect(ONE("F32", "[0,4294967296,4294967296,16]", "[0,0]"), 0, YA_ERR_FORMAT, "overflows");
    expect(ONE("F32", "[-1]", "[0,0]"), 0, YA_ERR_FORMAT, "no count");
    expect(ONE("F32", "[\"2\"]", "[0,8]"), 8, YA_ERR_FORMAT, "no count");
    expect(ONE("F32", "{}", "[0,8]"), 8, YA_ERR_FORMAT, "\"shape\"");
    expect(ONE("F32", "[1,1,1,1,1]", "[0,4]"), 4, YA_ERR_UNSUPPORTED, "5 dimensions");
}

static void overlaps_gaps_and_unnamed_bytes_are_refused(void **state)
{
    (void)state;
    expect("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
           "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[3,7]}}",
           7, YA_ERR_FORMAT, "tensor b overlaps");
    expect("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
           "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[5,9]}}",
           9, YA_ERR_FORMAT, "gap");
    expect(ONE("U8", "[4]", "[0,4]"), 5, YA_ERR_FORMAT, "account for 4");
}

static void unknown_types_are_named(void **state)
{
    (void)state;
    expect(ONE("F8_E4M3", "[1]", "[0,1]"), 1, YA_ERR_UNSUPPORTED, "tensor w has the type F8_E4M3");
    expect(ONE("Q4_0", "[32]", "[0,18]"), 18, YA_ERR_UNSUPPORTED, "Q4_0");
    expect("{\"w\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1, YA_ERR_FORMAT, "dtype");
    expect("{\"w\":7}", 0, YA_ERR_FORMAT, "tensor w is not described by an object");
}

static void headers_that_are_no_header_are_refused(void **state)
{
    (void)state;
    expect("[]", 0, YA_ERR_FORMAT, "no JSON object");
    expect("{", 0, YA_ERR_FORMAT, "header is not valid");
    expect("{\"a\":{},\"a\":{}}", 0, YA_ERR_FORMAT, "duplicate");
    expect("{\"a\\u0000\":{}}", 0, YA_ERR_FORMAT, "header is not valid");
    expect("", 0, YA_ERR_FORMAT, "header is not valid");
}

static void lengths_beyond_the_file_are_refused_without_an_allocation_of_that_size(void **state)
{
    (void)state;
    static const struct {
        unsigned char bytes[10];
        size_t size;
        const char *text;
    } cases[] = {
        {{0}, 0, "0 bytes"},
        {{5, 0, 0, 0, 0, 0, 0}, 7, "7 bytes"},
        {{3, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, 10, "truncated"},
        {{255, 255, 255, 255, 255, 255, 255, 255, '{', '}'}, 10, "no safetensors file"},
        {{1, 225, 245, 5, 0, 0, 0, 0, '{', '}'}, 10, "100000001 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ya_tensor_set set;
        ya_error err = {0};
        const char *path = scratch_write("t.safetensors", cases[i].bytes, cases[i].size);
        assert_int_equal(ya_safetensors_open(&set, path, &err), YA_ERR_FORMAT);
        assert_non_null(strstr(err.text, cases[i].text));
    }
}

static void control_bytes_of_a_name_do_not_reach_the_terminal(void **state)
{
    (void)state;
    ya_tensor_set set;
    ya_error err = {0};
    const char *path = make("{\"a\\u001b[31m\":7}", 0);
    assert_int_equal(ya_safetensors_open(&set, path, &err), YA_ERR_FORMAT);
    assert_null(strchr(err.text, '\033'));
    assert_non_null(strstr(err.text, "a?[31m"));
}

static void every_cut_of_a_good_file_is_refused(void **state)
{
    (void)state;
    size_t size;
    char *bytes = scratch_read(make(ONE("F32", "[2]", "[0,8]"), 8), &size);
    for (size_t cut = 0; cut < size; cut++) {
        ya_tensor_set set;
        const char *path = scratch_write("cut.safetensors", bytes, cut);
        assert_int_equal(ya_safetensors_open(&set, path, NULL), YA_ERR_FORMAT);
    }
    free(bytes);
}

static void every_failing_allocation_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    const char *path = make(ONE("F32", "[2]", "[0,8]"), 8);
    ya_status status = YA_ERR_MEMORY;
    int n = 0;
    while (status) {
        ya_tensor_set set;
        ya_alloc_fail_at((uint64_t)++n);
        status = ya_safetensors_open(&set, path, NULL);
        ya_alloc_fail_at(0);
        assert_true(status == YA_OK || status == YA_ERR_MEMORY);
        ya_tensor_set_free(&set);
    }
    assert_true(n > 3);
}

static void files_that_cannot_be_mapped_are_named(void **state)
{
    (void)state;
    ya_tensor_set set;
    ya_error err = {0};
    assert_int_equal(ya_safetensors_open(&set, scratch("none"), &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "No such file"));
    assert_int_equal(ya_safetensors_open(&set, scratch_dir, &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "is a directory"));
    assert_int_equal(ya_safetensors_open(&set, "/dev/null", &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "not a regular file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_are_found_with_type_shape_and_bytes),
        cmocka_unit_test(tensors_without_elements_and_files_without_tensors_are_kept),
        cmocka_unit_test(offsets_that_do_not_fit_are_refused),
        cmocka_unit_test(shapes_that_overflow_are_refused),
        cmocka_unit_test(overlaps_gaps_and_unnamed_bytes_are_refused),
        cmocka_unit_test(unknown_types_are_named),
        cmocka_unit_test(headers_that_are_no_header_are_refused),
        cmocka_unit_test(lengths_beyond_the_file_are_refused_without_an_allocation_of_that_size),
        cmocka_unit_test(control_bytes_of_a_name_do_not_reach_the_terminal),
        cmocka_unit_test(every_cut_of_a_good_file_is_refused),
        cmocka_unit_test(every_failing_allocation_is_an_error_and_leaks_nothing),
        cmocka_unit_test(files_that_cannot_be_mapped_are_named),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
