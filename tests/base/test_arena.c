#include "base/arena.h"

#include "base/alloc.h"
#include "support/cmocka_all.h"

#include <string.h>

static void lay_out(ya_arena *arena)
{
    ya_arena_take(arena, "adapter", "run", "trained", 100, sizeof(float));
    ya_arena_take(arena, "activations", "pass", "kept for backward", 7, 1);
    ya_arena_take(arena, "adapter", "run", "moments", 1, 1);
}

static void a_dry_run_asks_for_exactly_what_the_real_one_uses(void **state)
{
    (void)state;
    ya_arena dry, real;
    ya_arena_init_dry(&dry);
    lay_out(&dry);
    assert_false(dry.failed);
    assert_int_equal(ya_arena_init(&real, dry.used, NULL), YA_OK);
    lay_out(&real);
    assert_false(real.failed);
    assert_int_equal(real.used, dry.used);
    assert_int_equal(real.n_regions, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(real.regions[i].bytes, dry.regions[i].bytes);
    ya_arena_free(&real);
}

static void takes_of_one_name_add_up_and_the_regions_sum_to_the_use(void **state)
{
    (void)state;
    ya_arena arena;
    ya_arena_init_dry(&arena);
    lay_out(&arena);
    assert_int_equal(arena.n_regions, 2);
    assert_string_equal(arena.regions[0].reason, "trained");
    assert_int_equal(arena.regions[0].bytes, 448 + 64);
    assert_int_equal(arena.regions[1].bytes, 64);
    assert_int_equal(arena.used, arena.regions[0].bytes + arena.regions[1].bytes);
}

static void memory_is_zero_aligned_and_does_not_overlap(void **state)
{
    (void)state;
    ya_arena arena;
    assert_int_equal(ya_arena_init(&arena, 4096, NULL), YA_OK);
    unsigned char *a = ya_arena_take(&arena, "a", "run", "", 3, 1);
    unsigned char *b = ya_arena_take(&arena, "b", "run", "", 65, 1);
    unsigned char *c = ya_arena_take(&arena, "c", "run", "", 1, 1);
    assert_int_equal((uintptr_t)a % YA_ARENA_ALIGN, 0);
    assert_ptr_equal(b, a + 64);
    assert_ptr_equal(c, b + 128);
    for (int i = 0; i < 65; i++)
        assert_int_equal(b[i], 0);
    ya_arena_free(&arena);
}

static void a_take_that_does_not_fit_fails_for_good(void **state)
{
    (void)state;
    ya_arena arena;
    assert_int_equal(ya_arena_init(&arena, 4096, NULL), YA_OK);
    assert_non_null(ya_arena_take(&arena, "a", "run", "", 4096, 1));
    assert_null(ya_arena_take(&arena, "a", "run", "", 1, 1));
    assert_true(arena.failed);
    ya_arena_free(&arena);
}

static void a_product_or_sum_that_overflows_is_refused_even_dry(void **state)
{
    (void)state;
    ya_arena arena;
    ya_arena_init_dry(&arena);
    assert_null(ya_arena_take(&arena, "a", "run", "", SIZE_MAX / 2, 3));
    assert_true(arena.failed);
    ya_arena_init_dry(&arena);
    ya_arena_take(&arena, "a", "run", "", SIZE_MAX - 200, 1);
    assert_false(arena.failed);
    ya_arena_take(&arena, "a", "run", "", 1000, 1);
    assert_true(arena.failed);
}

static void more_regions_than_the_table_holds_are_refused(void **state)
{
    (void)state;
    ya_arena arena;
    static char names[YA_ARENA_MAX_REGIONS + 1][4];
    ya_arena_init_dry(&arena);
    for (int i = 0; i <= YA_ARENA_MAX_REGIONS; i++) {
        names[i][0] = (char)('A' + i / 26);
        names[i][1] = (char)('a' + i % 26);
        assert_int_equal(arena.failed, 0);
        ya_arena_take(&arena, names[i], "run", "", 1, 1);
    }
    assert_true(arena.failed);
}

static void an_impossible_size_is_an_error_with_a_sentence(void **state)
{
    (void)state;
    ya_arena arena;
    ya_error err = {0};
    assert_int_equal(ya_arena_init(&arena, (size_t)1 << 60, &err), YA_ERR_MEMORY);
    assert_non_null(strstr(err.text, "GB of address space"));
}

static void taking_makes_no_heap_allocation(void **state)
{
    (void)state;
    ya_arena arena;
    assert_int_equal(ya_arena_init(&arena, 4096, NULL), YA_OK);
    uint64_t before = ya_alloc_count();
    lay_out(&arena);
    assert_int_equal(ya_alloc_count(), before);
    ya_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dry_run_asks_for_exactly_what_the_real_one_uses),
        cmocka_unit_test(takes_of_one_name_add_up_and_the_regions_sum_to_the_use),
        cmocka_unit_test(memory_is_zero_aligned_and_does_not_overlap),
        cmocka_unit_test(a_take_that_does_not_fit_fails_for_good),
        cmocka_unit_test(a_product_or_sum_that_overflows_is_refused_even_dry),
        cmocka_unit_test(more_regions_than_the_table_holds_are_refused),
        cmocka_unit_test(an_impossible_size_is_an_error_with_a_sentence),
        cmocka_unit_test(taking_makes_no_heap_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
