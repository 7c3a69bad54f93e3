#include "io/gguf.h"

#include "base/alloc.h"
#include "support/gguf_maker.h"
#include "support/scratch.h"

static gguf_maker g;

static const char *save(void)
{
    return scratch_write("t.gguf", g.bytes, g.size);
}

static void expect(ya_status status, const char *text)
{
    ya_gguf *gguf;
    ya_error err = {0};
    assert_int_equal(ya_gguf_open(&gguf, save(), &err), status);
    assert_null(gguf);
    if (!strstr(err.text, text))
        fail_msg("'%s' does not say '%s'", err.text, text);
    assert_non_null(strstr(err.text, "t.gguf"));
}

/* A file with a key of every type and two tensors: 48 bytes of b, padding, 18 of w at 64. */
static void make_good(void)
{
    static const uint64_t wide[] = {32, 1}, narrow[] = {3, 2, 2};
    uint8_t u8 = 200;
    int8_t i8 = -5;
    uint16_t u16 = 60000;
    int16_t i16 = -300;
    int32_t i32 = -70000, ints[] = {1, -2, 3};
    float f32 = 0.5f;
    uint64_t u64 = UINT64_MAX;
    int64_t i64 = INT64_MIN;
    double f64 = 0.25;
    put_header(&g, 3, 2, 15);
    put_key(&g, "u8", YA_GGUF_U8, &u8, 1);
    put_key(&g, "i8", YA_GGUF_I8, &i8, 1);
    put_key(&g, "u16", YA_GGUF_U16, &u16, 2);
    put_key(&g, "i16", YA_GGUF_I16, &i16, 2);
    put_key_u32(&g, "u32", 4000000000u);
    put_key(&g, "i32", YA_GGUF_I32, &i32, 4);
    put_key(&g, "f32", YA_GGUF_F32, &f32, 4);
    put_key(&g, "yes", YA_GGUF_BOOL, "\1", 1);
    put_key(&g, "odd", YA_GGUF_BOOL, "\2", 1);
    put_text(&g, "text");
    put_u32(&g, YA_GGUF_STRING);
    put_text(&g, "hello");
    put_array(&g, "ints", YA_GGUF_I32, 3);
    put(&g, ints, sizeof ints);
    put_array(&g, "texts", YA_GGUF_STRING, 3);
    put_text(&g, "a");
    put_text(&g, "");
    put_text(&g, "bc");
    put_key(&g, "u64", YA_GGUF_U64, &u64, 8);
    put_key(&g, "i64", YA_GGUF_I64, &i64, 8);
    put_key(&g, "f64", YA_GGUF_F64, &f64, 8);
    put_info(&g, "w", 2, wide, 2, 64);  /* Q4_0 */
    put_info(&g, "b", 3, narrow, 0, 0); /* F32 */
    pad_to(&g, 32);
    for (int i = 0; i < 64 + 18; i++)
        g.bytes[g.size++] = (unsigned char)i;
}

static void tensors_have_row_major_shapes_and_their_bytes(void **state)
{
    (void)state;
    ya_gguf *gguf;
    make_good();
    assert_int_equal(ya_gguf_open(&gguf, save(), NULL), YA_OK);
    assert_int_equal(ya_gguf_version(gguf), 3);
    const ya_tensor_set *set = ya_gguf_tensors(gguf);
    assert_int_equal(set->n_tensors, 2);
    const ya_tensor *b = ya_tensor_find(set, "b"), *w = ya_tensor_find(set, "w");
    assert_int_equal(b->type, YA_F32);
    assert_int_equal(b->n_dims, 3);
    assert_int_equal(b->shape[0], 2);
    assert_int_equal(b->shape[1], 2);
    assert_int_equal(b->shape[2], 3);
    assert_int_equal(b->bytes, 48);
    assert_int_equal(*(const unsigned char *)b->data, 0);
    assert_int_equal(w->type, YA_Q4_0);
    assert_int_equal(w->shape[1], 32);
    assert_int_equal(w->bytes, 18);
    assert_int_equal(*(const unsigned char *)w->data, 64);
    ya_gguf_close(gguf);
}

static void integers_of_any_width_are_read_when_in_range(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int64_t value;
    } cases[] = {{"u8", 200},         {"i8", -5},      {"u16", 60000},    {"i16", -300},
                 {"u32", 4000000000}, {"i32", -70000}, {"i64", INT64_MIN}};
    ya_gguf *gguf;
    int64_t value = 0;
    double real = 0;
    make_good();
    assert_int_equal(ya_gguf_open(&gguf, save(), NULL), YA_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(ya_gguf_get_i64(gguf, cases[i].key, &value));
        assert_int_equal(value, cases[i].value);
        assert_true(ya_gguf_get_f64(gguf, cases[i].key, &real));
        assert_true(real == (double)cases[i].value);
    }
    assert_false(ya_gguf_get_i64(gguf, "u64", &value));
    assert_false(ya_gguf_get_i64(gguf, "f32", &value));
    assert_false(ya_gguf_get_i64(gguf, "text", &value));
    assert_false(ya_gguf_get_i64(gguf, "yes", &value));
    assert_false(ya_gguf_get_i64(gguf, "absent", &value));
    assert_int_equal(value, INT64_MIN);
    assert_true(ya_gguf_get_f64(gguf, "f32", &real) && real == 0.5);
    assert_true(ya_gguf_get_f64(gguf, "f64", &real) && real == 0.25);
    assert_false(ya_gguf_get_f64(gguf, "ints", &real));
    ya_gguf_close(gguf);
}

static void texts_truths_and_arrays_are_read_in_place(void **state)
{
    (void)state;
    ya_gguf *gguf;
    ya_text text;
    bool truth = false;
    ya_gguf_type type;
    uint64_t count;
    ya_gguf_cursor cursor;
    int64_t integer;
    double real;
    make_good();
    assert_int_equal(ya_gguf_open(&gguf, save(), NULL), YA_OK);
    assert_true(ya_gguf_get_text(gguf, "text", &text));
    assert_int_equal(text.size, 5);
    assert_memory_equal(text.data, "hello", 5);
    assert_false(ya_gguf_get_text(gguf, "u8", &text));
    assert_true(ya_gguf_get_bool(gguf, "yes", &truth) && truth);
    assert_false(ya_gguf_get_bool(gguf, "odd", &truth));
    assert_false(ya_gguf_get_bool(gguf, "u8", &truth));
    assert_true(ya_gguf_get_array(gguf, "texts", &type, &count));
    assert_int_equal(type, YA_GGUF_STRING);
    assert_int_equal(count, 3);
    assert_false(ya_gguf_get_array(gguf, "text", &type, &count));
    assert_true(ya_gguf_walk(gguf, "texts", &cursor));
    assert_false(ya_gguf_next_i64(&cursor, &integer));
    assert_true(ya_gguf_next_text(&cursor, &text) && text.size == 1 && *text.data == 'a');
    assert_true(ya_gguf_next_text(&cursor, &text) && text.size == 0);
    assert_true(ya_gguf_next_text(&cursor, &text) && memcmp(text.data, "bc", 2) == 0);
    assert_false(ya_gguf_next_text(&cursor, &text));
    assert_true(ya_gguf_walk(gguf, "ints", &cursor));
    assert_true(ya_gguf_next_i64(&cursor, &integer) && integer == 1);
    assert_true(ya_gguf_next_f64(&cursor, &real) && real == -2.0);
    assert_true(ya_gguf_next_i64(&cursor, &integer) && integer == 3);
    assert_false(ya_gguf_next_i64(&cursor, &integer));
    ya_gguf_close(gguf);
}

static void keys_are_listed_in_the_order_of_the_file(void **state)
{
    (void)state;
    ya_gguf *gguf;
    ya_text key;
    ya_gguf_type type;
    make_good();
    assert_int_equal(ya_gguf_open(&gguf, save(), NULL), YA_OK);
    assert_true(ya_gguf_key(gguf, 0, &key, &type));
    assert_memory_equal(key.data, "u8", 2);
    assert_int_equal(type, YA_GGUF_U8);
    assert_true(ya_gguf_key(gguf, 14, &key, &type));
    assert_int_equal(type, YA_GGUF_F64);
    assert_false(ya_gguf_key(gguf, 15, &key, &type));
    assert_true(ya_gguf_has(gguf, "texts", &type));
    assert_int_equal(type, YA_GGUF_ARRAY);
    assert_false(ya_gguf_has(gguf, "text2", &type));
    ya_gguf_close(gguf);
}

static void every_cut_of_a_good_file_is_refused(void **state)
{
    (void)state;
    make_good();
    size_t whole = g.size;
    for (g.size = 0; g.size < whole; g.size++) {
        ya_gguf *gguf;
        assert_int_equal(ya_gguf_open(&gguf, save(), NULL), YA_ERR_FORMAT);
    }
}

static void every_failing_allocation_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    ya_status status = YA_ERR_MEMORY;
    int n = 0;
    make_good();
    save();
    while (status) {
        ya_gguf *gguf;
        ya_alloc_fail_at((uint64_t)++n);
        status = ya_gguf_open(&gguf, scratch("t.gguf"), NULL);
        ya_alloc_fail_at(0);
        assert_true(status == YA_OK || status == YA_ERR_MEMORY);
        ya_gguf_close(gguf);
    }
    assert_true(n > 6);
}

static void other_versions_and_byte_orders_are_refused_by_name(void **state)
{
    (void)state;
    put_header(&g, 1, 0, 0);
    expect(YA_ERR_UNSUPPORTED, "GGUF version 1");
    put_header(&g, 4, 0, 0);
    expect(YA_ERR_UNSUPPORTED, "GGUF version 4");
    put_header(&g, 0, 0, 0);
    expect(YA_ERR_UNSUPPORTED, "GGUF version 0");
    put_header(&g, 3u << 24, 0, 0);
    expect(YA_ERR_UNSUPPORTED, "big-endian");
    put_header(&g, 3, 0, 0);
    memcpy(g.bytes, "GGML", 4);
    expect(YA_ERR_FORMAT, "does not begin with");
    g.size = 0;
    expect(YA_ERR_FORMAT, "empty");
}

static void counts_that_the_file_cannot_hold_are_refused_without_allocating_for_them(void **state)
{
    (void)state;
    static const uint64_t one = 1;
    put_header(&g, 3, 0, UINT64_MAX);
    expect(YA_ERR_FORMAT, "18446744073709551615 keys");
    put_header(&g, 3, UINT64_MAX / 2, 0);
    expect(YA_ERR_FORMAT, "tensors, which cannot fit");
    put_header(&g, 3, 0, 1);
    put_array(&g, "a", YA_GGUF_U64, UINT64_MAX / 4);
    expect(YA_ERR_FORMAT, "value of key a");
    put_header(&g, 3, 0, 1);
    put_array(&g, "a", YA_GGUF_STRING, UINT64_MAX);
    expect(YA_ERR_FORMAT, "value of key a");
    put_header(&g, 3, 0, 1);
    put_u64(&g, UINT64_MAX);
    put(&g, "abcdefgh", 8);
    expect(YA_ERR_FORMAT, "key table");
    put_header(&g, 3, 1, 0);
    put_info(&g, "t", 1, &one, 0, UINT64_MAX - 31);
    expect(YA_ERR_FORMAT, "tensor t");
    put_header(&g, 3, 1, 0);
    put_text(&g, "t");
    put_u32(&g, UINT32_MAX);
    put(&g, "0123456789012345", 16);
    expect(YA_ERR_FORMAT, "4294967295 dimensions");
}

static void unknown_types_are_named(void **state)
{
    (void)state;
    static const uint64_t dims[] = {256};
    put_header(&g, 3, 0, 1);
    put_key(&g, "k", 13, "x", 1);
    expect(YA_ERR_FORMAT, "key k has the unknown type 13");
    put_header(&g, 3, 0, 1);
    put_array(&g, "k", 99, 0);
    expect(YA_ERR_FORMAT, "value of key k");
    put_header(&g, 3, 1, 0);
    put_info(&g, "t", 1, dims, 16, 0);
    expect(YA_ERR_UNSUPPORTED, "tensor t has the type IQ2_XXS (16)");
    put_header(&g, 3, 1, 0);
    put_info(&g, "t", 1, dims, 1000, 0);
    expect(YA_ERR_UNSUPPORTED, "unknown (1000)");
}

static void one_tensor(uint64_t a, uint64_t b, uint32_t type, uint64_t offset, size_t data)
{
    const uint64_t dims[] = {a, b};
    put_header(&g, 3, 1, 0);
    put_info(&g, "t", 2, dims, type, offset);
    pad_to(&g, 32);
    memset(g.bytes + g.size, 0, data);
    g.size += data;
}

static void shapes_that_cannot_be_are_refused(void **state)
{
    (void)state;
    one_tensor(0, 4, 0, 0, 64);
    expect(YA_ERR_FORMAT, "dimension of 0");
    one_tensor(UINT64_MAX, 1, 0, 0, 64);
    expect(YA_ERR_FORMAT, "dimension of 18446744073709551615");
    one_tensor((uint64_t)1 << 32, (uint64_t)1 << 32, 24, 0, 64);
    expect(YA_ERR_FORMAT, "overflows");
    one_tensor((uint64_t)1 << 40, (uint64_t)1 << 22, 0, 0, 64);
    expect(YA_ERR_FORMAT, "overflows");
    one_tensor(16, 2, 2, 0, 64);
    expect(YA_ERR_FORMAT, "rows of 16 elements, which do not divide into the blocks of 32 of Q4_0");
    one_tensor(4, 4, 0, 16, 128);
    expect(YA_ERR_FORMAT, "general.alignment = 32");
    one_tensor(4, 4, 0, 0, 63);
    expect(YA_ERR_FORMAT, "truncated");
    one_tensor(4, 4, 0, 32, 64);
    expect(YA_ERR_FORMAT, "truncated");
}

static void names_and_places_that_collide_are_refused(void **state)
{
    (void)state;
    static const uint64_t dims[] = {16};
    put_header(&g, 3, 2, 0);
    put_info(&g, "t", 1, dims, 0, 0);
    put_info(&g, "t", 1, dims, 0, 64);
    pad_to(&g, 32);
    g.size += 128;
    expect(YA_ERR_FORMAT, "tensor t is there twice");
    put_header(&g, 3, 2, 0);
    put_info(&g, "t", 1, dims, 0, 0);
    put_info(&g, "u", 1, dims, 0, 32);
    pad_to(&g, 32);
    g.size += 128;
    expect(YA_ERR_FORMAT, "tensor u overlaps t");
    put_header(&g, 3, 0, 2);
    put_key_u32(&g, "k", 1);
    put_key_u32(&g, "k", 1);
    expect(YA_ERR_FORMAT, "key k is there twice");
    put_header(&g, 3, 1, 0);
    put_info(&g, "", 1, dims, 0, 0);
    expect(YA_ERR_FORMAT, "empty name");
    put_header(&g, 3, 1, 0);
    put_u64(&g, 3);
    put(&g, "a\0b", 3);
    put(&g, "0123456789012345678901234567", 28);
    expect(YA_ERR_FORMAT, "NUL");
}

static void alignment_is_obeyed_and_must_be_a_power_of_two(void **state)
{
    (void)state;
    static const uint64_t dims[] = {1};
    static const uint32_t bad[] = {0, 3, 48, UINT32_MAX};
    ya_gguf *gguf;
    put_header(&g, 2, 1, 1);
    put_key_u32(&g, "general.alignment", 256);
    put_info(&g, "t", 1, dims, 24, 0);
    pad_to(&g, 256);
    g.bytes[g.size++] = 77;
    assert_int_equal(ya_gguf_open(&gguf, save(), NULL), YA_OK);
    assert_int_equal(*(const unsigned char *)ya_gguf_tensors(gguf)->tensors[0].data, 77);
    ya_gguf_close(gguf);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_header(&g, 3, 0, 1);
        put_key_u32(&g, "general.alignment", bad[i]);
        expect(YA_ERR_FORMAT, "power of two");
    }
    put_header(&g, 3, 0, 1);
    put_key(&g, "general.alignment", YA_GGUF_BOOL, "\1", 1);
    expect(YA_ERR_FORMAT, "power of two");
}

/* Part `no` of `count`, which claims `total` tensors, under its name; the tensor t holds 4 * no. */
static void write_part(int number, int no, int count, int total, const char *tensor,
                       const char *key)
{
    char name[64];
    const uint64_t dims[] = {1};
    uint16_t no16 = (uint16_t)no, count16 = (uint16_t)count;
    int32_t total32 = total;
    float value = 4.0f * (float)number;
    put_header(&g, 3, tensor ? 1 : 0, key ? 4 : 3);
    put_key(&g, "split.no", YA_GGUF_U16, &no16, 2);
    put_key(&g, "split.count", YA_GGUF_U16, &count16, 2);
    put_key(&g, "split.tensors.count", YA_GGUF_I32, &total32, 4);
    if (key)
        put_key_u32(&g, key, 7);
    if (tensor)
        put_info(&g, tensor, 1, dims, 0, 0);
    pad_to(&g, 32);
    if (tensor)
        put(&g, &value, sizeof value);
    snprintf(name, sizeof name, "s-%05d-of-%05d.gguf", number + 1, count);
    scratch_write(name, g.bytes, g.size);
}

static void write_three(void)
{
    write_part(0, 0, 3, 3, "a", "first.key");
    write_part(1, 1, 3, 3, "c", NULL);
    write_part(2, 2, 3, 3, "b", NULL);
}

static void a_split_file_is_opened_as_one_by_any_of_its_parts(void **state)
{
    (void)state;
    write_three();
    for (int named = 1; named <= 3; named++) {
        char name[64];
        ya_gguf *gguf;
        ya_error err;
        int64_t value;
        float at[3];
        snprintf(name, sizeof name, "s-%05d-of-00003.gguf", named);
        if (ya_gguf_open(&gguf, scratch(name), &err))
            fail_msg("%s", err.text);
        const ya_tensor_set *set = ya_gguf_tensors(gguf);
        assert_int_equal(set->n_tensors, 3);
        assert_int_equal(set->n_maps, 3);
        for (int i = 0; i < 3; i++)
            memcpy(&at[i], set->tensors[i].data, sizeof at[i]);
        assert_true(at[0] == 0 && at[1] == 8 && at[2] == 4);
        assert_true(ya_gguf_get_i64(gguf, "first.key", &value) && value == 7);
        ya_gguf_close(gguf);
    }
}

static void split_refused(const char *name, ya_status status, const char *says)
{
    ya_gguf *gguf;
    ya_error err = {0};
    ya_status found = ya_gguf_open(&gguf, scratch(name), &err);
    if (found != status || !strstr(err.text, says) || gguf)
        fail_msg("%d \"%s\" does not say %s", found, err.text, says);
    write_three();
}

static void parts_that_do_not_make_a_whole_are_refused(void **state)
{
    (void)state;
    static const char first[] = "s-00001-of-00003.gguf", second[] = "s-00002-of-00003.gguf";
    write_three();
    remove(scratch("s-00003-of-00003.gguf"));
    split_refused(first, YA_ERR_IO, "s-00003-of-00003.gguf");
    remove(scratch(first));
    split_refused(second, YA_ERR_IO, first);
    write_part(1, 2, 3, 3, "c", NULL);
    split_refused(first, YA_ERR_FORMAT, "part 3 of 3, not 2 of 3");
    write_part(1, 1, 3, 3, "a", NULL);
    split_refused(first, YA_ERR_FORMAT, "tensor a is in two parts");
    write_part(1, 1, 3, 3, NULL, NULL);
    split_refused(first, YA_ERR_FORMAT, "2 tensors");
    write_part(1, 1, 3, 3, "c", "own.key");
    split_refused(first, YA_ERR_FORMAT, "own.key stands in a later part");
    write_part(1, 1, 3, 3, "c", "first.key"); /* says the same */
    ya_gguf *gguf;
    assert_int_equal(ya_gguf_open(&gguf, scratch(first), NULL), YA_OK);
    ya_gguf_close(gguf);
    write_part(0, 3, 3, 3, "a", NULL);
    split_refused(first, YA_ERR_FORMAT, "part 3 (split.no) of 3");
    write_part(0, 0, 2, 2, "a", NULL);
    assert_int_equal(rename(scratch("s-00001-of-00002.gguf"), scratch(first)), 0);
    split_refused(first, YA_ERR_FORMAT, "must end in -00001-of-00002.gguf");
    assert_int_equal(rename(scratch(first), scratch("other.gguf")), 0);
    split_refused("other.gguf", YA_ERR_FORMAT, "must end in -00001-of-00003.gguf");
    put_header(&g, 3, 0, 1);
    put_key(&g, "split.count", YA_GGUF_F32, "abcd", 4);
    expect(YA_ERR_FORMAT, "split.count");
    put_header(&g, 3, 0, 1);
    put_key_u32(&g, "split.count", 3);
    expect(YA_ERR_FORMAT, "split.no is missing");
    put_header(&g, 3, 0, 1);
    put_key_u32(&g, "split.count", 1);
    assert_int_equal(ya_gguf_open(&gguf, save(), NULL), YA_OK);
    ya_gguf_close(gguf);
}

static void arrays_of_arrays_are_stepped_over_to_a_depth(void **state)
{
    (void)state;
    ya_gguf *gguf;
    int64_t value = 0;
    put_header(&g, 3, 0, 2);
    put_array(&g, "nested", YA_GGUF_ARRAY, 2);
    for (int i = 0; i < 2; i++) {
        put_u32(&g, YA_GGUF_U8);
        put_u64(&g, 3);
        put(&g, "xyz", 3);
    }
    put_key_u32(&g, "after", 5);
    assert_int_equal(ya_gguf_open(&gguf, save(), NULL), YA_OK);
    assert_true(ya_gguf_get_i64(gguf, "after", &value) && value == 5);
    ya_gguf_close(gguf);
    put_header(&g, 3, 0, 1);
    put_array(&g, "deep", YA_GGUF_ARRAY, 1);
    for (int i = 0; i < 1000; i++) {
        put_u32(&g, YA_GGUF_ARRAY);
        put_u64(&g, 1);
    }
    expect(YA_ERR_FORMAT, "value of key deep");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_have_row_major_shapes_and_their_bytes),
        cmocka_unit_test(integers_of_any_width_are_read_when_in_range),
        cmocka_unit_test(texts_truths_and_arrays_are_read_in_place),
        cmocka_unit_test(keys_are_listed_in_the_order_of_the_file),
        cmocka_unit_test(every_cut_of_a_good_file_is_refused),
        cmocka_unit_test(every_failing_allocation_is_an_error_and_leaks_nothing),
        cmocka_unit_test(other_versions_and_byte_orders_are_refused_by_name),
        cmocka_unit_test(counts_that_the_file_cannot_hold_are_refused_without_allocating_for_them),
        cmocka_unit_test(unknown_types_are_named),
        cmocka_unit_test(shapes_that_cannot_be_are_refused),
        cmocka_unit_test(names_and_places_that_collide_are_refused),
        cmocka_unit_test(alignment_is_obeyed_and_must_be_a_power_of_two),
        cmocka_unit_test(a_split_file_is_opened_as_one_by_any_of_its_parts),
        cmocka_unit_test(parts_that_do_not_make_a_whole_are_refused),
        cmocka_unit_test(arrays_of_arrays_are_stepped_over_to_a_depth),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
