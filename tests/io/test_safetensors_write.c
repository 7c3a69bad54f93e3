#include "io/safetensors.h"

#include "base/alloc.h"
#include "support/scratch.h"

#include <signal.h>
#include <sys/resource.h>

static const float WIDE[6] = {1, 2, 3, 4, 5, 6};
static const uint16_t HALF[3] = {7, 8, 9};
static const double LARGE[1] = {0.5};

static const ya_tensor TENSORS[] = {
    {"odd \"name\"\n\xC3\xA9", YA_BF16, 1, {3}, HALF, 6},
    {"b", YA_F32, 2, {2, 3}, WIDE, 24},
    {"z", YA_F64, 0, {0}, LARGE, 8},
    {"a", YA_F32, 3, {1, 6, 1}, WIDE, 24},
    {"empty", YA_F32, 2, {0, 4}, WIDE, 0},
};
enum { N = sizeof TENSORS / sizeof *TENSORS };
static const char *const METADATA[][2] = {{"format", "pt"}, {"note", "a\tb"}};

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    ya_tensor_set set;
    const char *path = scratch("w.safetensors");
    assert_int_equal(ya_safetensors_write(path, TENSORS, N, METADATA, 2, NULL, NULL), YA_OK);
    assert_int_equal(ya_safetensors_open(&set, path, NULL), YA_OK);
    assert_int_equal(set.n_tensors, N);
    for (int i = 0; i < N; i++) {
        const ya_tensor *found = ya_tensor_find(&set, TENSORS[i].name);
        assert_non_null(found);
        assert_int_equal(found->type, TENSORS[i].type);
        assert_int_equal(found->n_dims, TENSORS[i].n_dims);
        for (int d = 0; d < found->n_dims; d++)
            assert_int_equal(found->shape[d], TENSORS[i].shape[d]);
        assert_int_equal(found->bytes, TENSORS[i].bytes);
        if (found->bytes)
            assert_memory_equal(found->data, TENSORS[i].data, found->bytes);
    }
    ya_tensor_set_free(&set);
}

static void data_is_aligned_and_the_order_is_that_of_the_reference(void **state)
{
    (void)state;
    size_t size;
    const char *path = scratch("w.safetensors");
    assert_int_equal(ya_safetensors_write(path, TENSORS, N, METADATA, 2, NULL, NULL), YA_OK);
    char *text = scratch_read(path, &size);
    assert_int_equal((8 + (unsigned char)text[0] + 256 * (unsigned char)text[1]) % 64, 0);
    const char *head = text + 8;
    assert_memory_equal(head,
                        "{\"__metadata__\":{\"format\":\"pt\",\"note\":\"a\\tb\"},\"z\":", 50);
    assert_true(strstr(head, "\"z\"") < strstr(head, "\"a\""));
    assert_true(strstr(head, "\"a\"") < strstr(head, "\"b\""));
    assert_true(strstr(head, "\"b\"") < strstr(head, "\"odd"));
    free(text);
}

static void lent_scratch_of_the_size_asked_for_is_all_that_is_used(void **state)
{
    (void)state;
    size_t size, again_size;
    size_t needed = ya_safetensors_write_scratch(TENSORS, N, METADATA, 2);
    ya_scratch lent = {malloc(needed), needed};
    const char *path = scratch("lent.safetensors");
    uint64_t before = ya_alloc_count();
    assert_int_equal(ya_safetensors_write(path, TENSORS, N, METADATA, 2, &lent, NULL), YA_OK);
    assert_int_equal(ya_alloc_count(), before);
    const char *other = scratch("own.safetensors");
    assert_int_equal(ya_safetensors_write(other, TENSORS, N, METADATA, 2, NULL, NULL), YA_OK);
    char *a = scratch_read(path, &size), *b = scratch_read(other, &again_size);
    assert_int_equal(size, again_size);
    assert_memory_equal(a, b, size);
    free(a);
    free(b);
    lent.bytes--;
    assert_int_equal(ya_safetensors_write(path, TENSORS, N, METADATA, 2, &lent, NULL),
                     YA_ERR_MEMORY);
    free(lent.data);
}

static void names_that_swell_in_json_stay_within_the_scratch(void **state)
{
    (void)state;
    char name[2000];
    memset(name, 1, sizeof name);
    name[sizeof name - 1] = '\0';
    ya_tensor tensor = {name, YA_U8, 4, {1, 1, 1, 1}, WIDE, 1};
    size_t needed = ya_safetensors_write_scratch(&tensor, 1, NULL, 0);
    ya_scratch lent = {malloc(needed), needed};
    uint64_t before = ya_alloc_count();
    const char *path = scratch("w.safetensors");
    assert_int_equal(ya_safetensors_write(path, &tensor, 1, NULL, 0, &lent, NULL), YA_OK);
    assert_int_equal(ya_alloc_count(), before);
    free(lent.data);
}

static void what_the_format_cannot_hold_is_refused_before_a_file_appears(void **state)
{
    (void)state;
    ya_error err = {0};
    unsigned char block[18] = {0};
    ya_tensor quantised = {"q", YA_Q4_0, 1, {32}, block, 18};
    ya_tensor wrong = {"w", YA_F32, 1, {2}, WIDE, 9};
    ya_tensor twice[] = {{"t", YA_U8, 1, {1}, WIDE, 1}, {"t", YA_U8, 1, {1}, WIDE, 1}};
    const char *path = scratch("no.safetensors");
    assert_int_equal(ya_safetensors_write(path, &quantised, 1, NULL, 0, NULL, &err),
                     YA_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "Q4_0"));
    assert_int_equal(ya_safetensors_write(path, &wrong, 1, NULL, 0, NULL, &err), YA_ERR_FORMAT);
    assert_int_equal(ya_safetensors_write(path, twice, 2, NULL, 0, NULL, &err), YA_ERR_FORMAT);
    assert_non_null(strstr(err.text, "named t"));
    assert_false(scratch_exists("no.safetensors"));
}

static void many_tensors_come_out_sorted(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    static char names[MANY][8];
    static ya_tensor many[MANY];
    ya_tensor_set set;
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "%d", i * 7919 % MANY);
        many[i] = (ya_tensor){names[i], YA_U8, 1, {1}, WIDE, 1};
    }
    const char *path = scratch("many.safetensors");
    assert_int_equal(ya_safetensors_write(path, many, MANY, NULL, 0, NULL, NULL), YA_OK);
    assert_int_equal(ya_safetensors_open(&set, path, NULL), YA_OK);
    assert_int_equal(set.n_tensors, MANY);
    for (int i = 1; i < MANY; i++)
        assert_ptr_equal(set.tensors[i].data, (const char *)set.tensors[i - 1].data + 1);
    ya_tensor_set_free(&set);
}

static void a_full_disk_leaves_no_file(void **state)
{
    (void)state;
    ya_error err = {0};
    static unsigned char data[100000];
    ya_tensor tensor = {"t", YA_U8, 1, {sizeof data}, data, sizeof data};
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 50000;
    signal(SIGXFSZ, SIG_IGN);
    const char *path = scratch("full.safetensors");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    ya_status status = ya_safetensors_write(path, &tensor, 1, NULL, 0, NULL, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, YA_ERR_IO);
    assert_non_null(strstr(err.text, "full.safetensors"));
    assert_false(scratch_exists("full.safetensors"));
    assert_int_equal(ya_safetensors_write("/dev/full", &tensor, 1, NULL, 0, NULL, &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "No space left"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(data_is_aligned_and_the_order_is_that_of_the_reference),
        cmocka_unit_test(lent_scratch_of_the_size_asked_for_is_all_that_is_used),
        cmocka_unit_test(names_that_swell_in_json_stay_within_the_scratch),
        cmocka_unit_test(what_the_format_cannot_hold_is_refused_before_a_file_appears),
        cmocka_unit_test(many_tensors_come_out_sorted),
        cmocka_unit_test(a_full_disk_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
