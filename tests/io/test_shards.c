#include "io/safetensors.h"

#include "base/alloc.h"
#include "support/scratch.h"

static const float NUMBERS[4] = {1, 2, 3, 4};

static void write_one(const char *file, const char *first, const char *second)
{
    const ya_tensor tensors[] = {{first, YA_F32, 1, {2}, NUMBERS, 8},
                                 {second, YA_F32, 1, {2}, NUMBERS + 2, 8}};
    assert_int_equal(
        ya_safetensors_write(scratch(file), tensors, second ? 2 : 1, NULL, 0, NULL, NULL), YA_OK);
}

static void index_is(const char *weight_map)
{
    char text[1000];
    snprintf(text, sizeof text, "{\"metadata\":{},\"weight_map\":%s}", weight_map);
    scratch_text("model.safetensors.index.json", text);
}

static void expect(const char *weight_map, ya_status status, const char *text)
{
    ya_tensor_set set;
    ya_error err = {0};
    index_is(weight_map);
    assert_int_equal(ya_safetensors_open_dir(&set, scratch_dir, &err), status);
    if (!strstr(err.text, text))
        fail_msg("'%s' does not say '%s'", err.text, text);
    assert_null(set.tensors);
    assert_null(set.maps);
}

static void tensors_come_from_the_shards_that_the_index_names(void **state)
{
    (void)state;
    ya_tensor_set set;
    write_one("1.safetensors", "a", "c");
    write_one("2.safetensors", "b", "unlisted");
    index_is("{\"c\":\"1.safetensors\",\"b\":\"2.safetensors\",\"a\":\"1.safetensors\"}");
    assert_int_equal(ya_safetensors_open_dir(&set, scratch_dir, NULL), YA_OK);
    assert_int_equal(set.n_tensors, 3);
    assert_int_equal(set.n_maps, 2);
    assert_null(ya_tensor_find(&set, "unlisted"));
    float value;
    memcpy(&value, ya_tensor_find(&set, "c")->data, sizeof value);
    assert_true(value == 3.0f);
    memcpy(&value, ya_tensor_find(&set, "b")->data, sizeof value);
    assert_true(value == 1.0f);
    ya_tensor_set_free(&set);
}

static void an_index_that_disagrees_with_the_shards_is_refused(void **state)
{
    (void)state;
    write_one("1.safetensors", "a", "c");
    expect("{\"a\":\"1.safetensors\",\"b\":\"1.safetensors\"}", YA_ERR_FORMAT,
           "lacks the tensor b");
    expect("{\"a\":\"3.safetensors\"}", YA_ERR_IO, "shard 3.safetensors");
    expect("{\"a\":7}", YA_ERR_FORMAT, "shard of a");
    expect("[]", YA_ERR_FORMAT, "weight_map");
    expect("{}", YA_ERR_FORMAT, "weight_map");
    expect("{\"a\":\"1.safetensors\"", YA_ERR_FORMAT, "not JSON");
}

static void shards_cannot_leave_the_directory(void **state)
{
    (void)state;
    static const char *const names[] = {"../1.safetensors",     "/etc/passwd", "..", ".", "", "x/1",
                                        "1.safetensors\\u0000x"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char map[100];
        snprintf(map, sizeof map, "{\"a\":\"%s\"}", names[i]);
        expect(map, YA_ERR_FORMAT, "not the name of a file in that directory");
    }
}

static void every_failing_allocation_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    ya_status status = YA_ERR_MEMORY;
    int n = 0;
    write_one("1.safetensors", "a", "c");
    write_one("2.safetensors", "b", NULL);
    index_is("{\"c\":\"1.safetensors\",\"b\":\"2.safetensors\",\"a\":\"1.safetensors\"}");
    while (status) {
        ya_tensor_set set;
        ya_alloc_fail_at((uint64_t)++n);
        status = ya_safetensors_open_dir(&set, scratch_dir, NULL);
        ya_alloc_fail_at(0);
        assert_true(status == YA_OK || status == YA_ERR_MEMORY);
        ya_tensor_set_free(&set);
    }
    assert_true(n > 10);
}

static void a_single_file_is_preferred_to_the_index(void **state)
{
    (void)state;
    ya_tensor_set set;
    write_one("model.safetensors", "only", NULL);
    index_is("{\"a\":\"missing\"}");
    assert_int_equal(ya_safetensors_open_dir(&set, scratch_dir, NULL), YA_OK);
    assert_int_equal(set.n_tensors, 1);
    assert_non_null(ya_tensor_find(&set, "only"));
    ya_tensor_set_free(&set);
}

static void a_directory_without_weights_is_named(void **state)
{
    (void)state;
    ya_tensor_set set;
    ya_error err = {0};
    remove(scratch("model.safetensors"));
    remove(scratch("model.safetensors.index.json"));
    assert_int_equal(ya_safetensors_open_dir(&set, scratch_dir, &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, scratch_dir));
    assert_null(strstr(err.text, "pytorch"));
    scratch_text("pytorch_model.bin", "x");
    assert_int_equal(ya_safetensors_open_dir(&set, scratch_dir, &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "save the model as safetensors"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_come_from_the_shards_that_the_index_names),
        cmocka_unit_test(an_index_that_disagrees_with_the_shards_is_refused),
        cmocka_unit_test(shards_cannot_leave_the_directory),
        cmocka_unit_test(every_failing_allocation_is_an_error_and_leaks_nothing),
        cmocka_unit_test(a_single_file_is_preferred_to_the_index),
        cmocka_unit_test(a_directory_without_weights_is_named),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
