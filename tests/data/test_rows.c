#include "data/rows.h"

#include "base/random.h"
#include "data/dataset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 512, TOKENS = 4096 };
static uint32_t tokens[TOKENS];
static ya_row rows[ROWS];
static int32_t scratch[ROWS];

static void all_counted(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        tokens[i] = i | (i > 0 ? YA_TOKEN_COUNTED : 0);
}

static void a_short_record_is_one_row_that_feeds_all_but_its_last_token(void **state)
{
    (void)state;
    all_counted(10);
    assert_int_equal(ya_rows_cut(tokens, 100, 10, 10, false, 7, rows), 1);
    assert_int_equal(rows[0].at, 100);
    assert_int_equal(rows[0].length, 9);
    assert_int_equal(rows[0].n_targets, 9);
    assert_int_equal(rows[0].record, 7);
}

static void rows_of_a_long_record_count_every_target_once(void **state)
{
    (void)state;
    for (uint32_t length = 2; length < 60; length++)
        for (int limit = 2; limit < 20; limit++) {
            int seen[64] = {0};
            all_counted(length);
            int n = ya_rows_cut(tokens, 0, length, limit, false, 0, rows);
            assert_true((uint64_t)n <= ya_rows_bound(length, limit));
            for (int i = 0; i < n; i++) {
                assert_true(rows[i].length <= limit - 1);
                for (int t = 1; t <= rows[i].length; t++)
                    seen[rows[i].at + (uint64_t)t]++;
            }
            assert_int_equal(seen[0], 0);
            for (uint32_t t = 1; t < length; t++)
                assert_int_equal(seen[t], 1);
        }
}

static void what_follows_the_last_target_is_not_fed(void **state)
{
    (void)state;
    all_counted(0);
    for (uint32_t i = 0; i < 30; i++)
        tokens[i] = i | (i == 4 || i == 6 || i == 25 ? YA_TOKEN_COUNTED : 0);
    /* rows over 0..9, 9..18, 18..27, 27..29: only the first and the third have targets */
    assert_int_equal(ya_rows_cut(tokens, 0, 30, 10, false, 0, rows), 2);
    assert_int_equal(rows[0].length, 6);
    assert_int_equal(rows[0].n_targets, 2);
    assert_int_equal(rows[1].at, 18);
    assert_int_equal(rows[1].length, 7);
}

static void records_without_a_target_have_no_rows(void **state)
{
    (void)state;
    all_counted(4);
    assert_int_equal(ya_rows_cut(tokens, 0, 0, 8, false, 0, rows), 0);
    assert_int_equal(ya_rows_cut(tokens, 0, 1, 8, false, 0, rows), 0);
    memset(tokens, 0, 4 * sizeof *tokens);
    assert_int_equal(ya_rows_cut(tokens, 0, 4, 8, false, 0, rows), 0);
}

static int make_rows(uint64_t seed, int capacity)
{
    int n = 1 + (int)(ya_splitmix64(seed, 0) % 60);
    for (int i = 0; i < n; i++) {
        uint64_t draw = ya_splitmix64(seed, (uint64_t)i + 1);
        rows[i] = (ya_row){.at = (uint64_t)i * 1000,
                           .length = 1 + (int)(draw % (uint64_t)capacity),
                           .n_targets = 1,
                           .record = i};
    }
    return n;
}

static void check_plan(int n, int n_passes, int capacity, bool packing)
{
    int sum[ROWS] = {0}, longest[ROWS] = {0}, count[ROWS] = {0}, seen[ROWS] = {0};
    for (int i = 0; i < n; i++) {
        int pass = rows[i].pass;
        assert_true(pass >= 0 && pass < n_passes);
        assert_int_equal(seen[rows[i].record]++, 0);
        sum[pass] += rows[i].length;
        count[pass]++;
        if (rows[i].length > longest[pass])
            longest[pass] = rows[i].length;
        if (i > 0) {
            assert_true(pass >= rows[i - 1].pass);
            assert_true(pass > rows[i - 1].pass || rows[i].record > rows[i - 1].record);
        }
    }
    for (int p = 0; p < n_passes; p++) {
        assert_true(count[p] > 0);
        assert_true((packing ? sum[p] : count[p] * longest[p]) <= capacity);
    }
}

static void every_row_lies_in_one_pass_that_holds_it(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 500; seed++)
        for (int packing = 0; packing < 2; packing++) {
            int capacity = 10 + (int)(seed % 50);
            int n = make_rows(seed, capacity);
            int n_passes = ya_rows_plan(rows, n, capacity, packing, scratch);
            check_plan(n, n_passes, capacity, packing);
        }
}

static void packing_first_fit_decreasing_fills_passes_well(void **state)
{
    (void)state;
    static const int lengths[] = {5, 4, 6, 7, 3, 5}; /* fits in three passes of 10 */
    for (int i = 0; i < 6; i++)
        rows[i] = (ya_row){.length = lengths[i], .n_targets = 1, .record = i};
    assert_int_equal(ya_rows_plan(rows, 6, 10, true, scratch), 3);
    assert_int_equal(ya_rows_plan(rows, 0, 10, true, scratch), 0);
}

static void without_packing_rows_keep_their_order(void **state)
{
    (void)state;
    static const int lengths[] = {2, 3, 9, 1};
    for (int i = 0; i < 4; i++)
        rows[i] = (ya_row){.length = lengths[i], .n_targets = 1, .record = i};
    assert_int_equal(ya_rows_plan(rows, 4, 10, false, scratch), 3);
    for (int i = 0; i < 4; i++)
        assert_int_equal(rows[i].record, i);
    assert_int_equal(rows[1].pass, 0);
    assert_int_equal(rows[2].pass, 1);
    assert_int_equal(rows[3].pass, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_record_is_one_row_that_feeds_all_but_its_last_token),
        cmocka_unit_test(rows_of_a_long_record_count_every_target_once),
        cmocka_unit_test(what_follows_the_last_target_is_not_fed),
        cmocka_unit_test(records_without_a_target_have_no_rows),
        cmocka_unit_test(every_row_lies_in_one_pass_that_holds_it),
        cmocka_unit_test(packing_first_fit_decreasing_fills_passes_well),
        cmocka_unit_test(without_packing_rows_keep_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
