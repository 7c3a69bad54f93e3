#include "io/dtype.h"
#include "io/tensors.h"

#include "support/cmocka_all.h"

#include <string.h>

static void names_and_numbers_lead_back_to_their_type(void **state)
{
    (void)state;
    for (int i = 0; i < YA_N_DTYPES; i++) {
        const ya_dtype_info *info = ya_dtype_get((ya_dtype)i);
        ya_dtype found = YA_N_DTYPES;
        assert_non_null(info->name);
        assert_true(info->block_size >= 1 && info->block_bytes >= 1);
        if (info->gguf_type >= 0) {
            assert_true(ya_dtype_from_gguf((uint32_t)info->gguf_type, &found));
            assert_int_equal(found, i);
        }
        if (info->safetensors) {
            assert_true(
                ya_dtype_from_safetensors(info->safetensors, strlen(info->safetensors), &found));
            assert_int_equal(found, i);
        }
        assert_true(info->gguf_type >= 0 || info->safetensors);
    }
}

static void unknown_names_and_numbers_have_no_type(void **state)
{
    (void)state;
    ya_dtype type;
    assert_false(ya_dtype_from_gguf(4, &type));
    assert_false(ya_dtype_from_gguf(UINT32_MAX, &type));
    assert_false(ya_dtype_from_safetensors("F3", 2, &type));
    assert_false(ya_dtype_from_safetensors("F322", 4, &type));
    assert_false(ya_dtype_from_safetensors("", 0, &type));
    assert_true(ya_dtype_from_safetensors("F322", 3, &type));
}

/* Sizes of ggml-common.h, by hand: scales, minima and quants of each block. */
static void blocks_have_the_bytes_of_their_fields(void **state)
{
    (void)state;
    assert_int_equal(ya_dtype_get(YA_Q4_0)->block_bytes, 2 + 16);
    assert_int_equal(ya_dtype_get(YA_Q4_1)->block_bytes, 2 + 2 + 16);
    assert_int_equal(ya_dtype_get(YA_Q5_0)->block_bytes, 2 + 4 + 16);
    assert_int_equal(ya_dtype_get(YA_Q5_1)->block_bytes, 2 + 2 + 4 + 16);
    assert_int_equal(ya_dtype_get(YA_Q8_0)->block_bytes, 2 + 32);
    assert_int_equal(ya_dtype_get(YA_Q2_K)->block_bytes, 16 + 64 + 2 + 2);
    assert_int_equal(ya_dtype_get(YA_Q3_K)->block_bytes, 32 + 64 + 12 + 2);
    assert_int_equal(ya_dtype_get(YA_Q4_K)->block_bytes, 2 + 2 + 12 + 128);
    assert_int_equal(ya_dtype_get(YA_Q5_K)->block_bytes, 2 + 2 + 12 + 32 + 128);
    assert_int_equal(ya_dtype_get(YA_Q6_K)->block_bytes, 128 + 64 + 16 + 2);
    assert_int_equal(ya_dtype_get(YA_IQ4_NL)->block_bytes, 2 + 16);
    assert_int_equal(ya_dtype_get(YA_IQ4_XS)->block_bytes, 2 + 2 + 4 + 128);
}

static void bytes_are_counted_in_whole_blocks(void **state)
{
    (void)state;
    uint64_t bytes;
    assert_true(ya_dtype_bytes(YA_Q4_0, 64, &bytes));
    assert_int_equal(bytes, 36);
    assert_true(ya_dtype_bytes(YA_F64, 3, &bytes));
    assert_int_equal(bytes, 24);
    assert_true(ya_dtype_bytes(YA_Q6_K, 0, &bytes));
    assert_int_equal(bytes, 0);
    assert_false(ya_dtype_bytes(YA_Q4_0, 33, &bytes));
    assert_false(ya_dtype_bytes(YA_F64, UINT64_MAX / 4, &bytes));
}

static void a_row_must_be_whole_blocks_even_when_the_product_is(void **state)
{
    (void)state;
    ya_tensor tensor = {"t", YA_Q4_0, 2, {32, 16}, NULL, 0};
    assert_false(ya_tensor_measure(&tensor));
    tensor = (ya_tensor){"t", YA_Q4_0, 2, {16, 32}, NULL, 0};
    assert_true(ya_tensor_measure(&tensor));
    assert_int_equal(tensor.bytes, 16 * 18);
    tensor = (ya_tensor){"t", YA_Q4_0, 0, {0}, NULL, 0};
    assert_false(ya_tensor_measure(&tensor));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_numbers_lead_back_to_their_type),
        cmocka_unit_test(unknown_names_and_numbers_have_no_type),
        cmocka_unit_test(blocks_have_the_bytes_of_their_fields),
        cmocka_unit_test(bytes_are_counted_in_whole_blocks),
        cmocka_unit_test(a_row_must_be_whole_blocks_even_when_the_product_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
