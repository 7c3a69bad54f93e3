/* Steps 6 to 9 of prepare over records of known bands. */
#include "support/cmocka_all.h"

#include "data/selection.h"

#include <string.h>

enum { MOST = 400 };

typedef struct {
    ya_prepared records[MOST];
    ya_drawn order[MOST];
    uint32_t n;
} corpus;

static void add(corpus *c, int n, ya_band band, unsigned file)
{
    for (int i = 0; i < n; i++, c->n++)
        c->records[c->n] = (ya_prepared){
            .line = c->n + 1, .file = file & 1, .n_examples = 1, .band = (uint8_t)band};
}

static void select_from(corpus *c, bool rebalance, uint64_t cap, uint64_t train, uint64_t val)
{
    uint64_t caps[2] = {cap, cap};
    ya_error err;
    ya_selection s = {42, train, val, caps, 2, rebalance};
    assert_int_equal(ya_select(&s, c->records, c->n, c->order, &err), YA_OK);
}

static uint64_t count(const corpus *c, int band, ya_fate fate)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < c->n; i++)
        n += (band < 0 || c->records[i].band == band) && c->records[i].fate == fate;
    return n;
}

static uint64_t kept(const corpus *c, int band)
{
    return count(c, band, YA_FATE_TRAIN) + count(c, band, YA_FATE_VAL);
}

static void rebalancing_makes_low_a_quarter_and_high_35_percent(void **state)
{
    (void)state;
    corpus c = {0};
    add(&c, 20, YA_BAND_LOW, 0);
    add(&c, 150, YA_BAND_MID, 0);
    add(&c, 150, YA_BAND_HIGH, 1);
    select_from(&c, true, MOST, MOST, MOST);
    assert_int_equal(kept(&c, YA_BAND_LOW), 20);
    assert_int_equal(kept(&c, YA_BAND_HIGH), 28);
    assert_int_equal(kept(&c, YA_BAND_MID), 32); /* the rest of 4 x 20 */
    assert_int_equal(count(&c, -1, YA_FATE_REBALANCED), 320 - 80);
}

static void enough_of_low_is_not_rebalanced(void **state)
{
    (void)state;
    corpus c = {0};
    add(&c, 20, YA_BAND_LOW, 0);
    add(&c, 80, YA_BAND_MID, 0);
    select_from(&c, true, MOST, MOST, MOST);
    assert_int_equal(kept(&c, -1), 100);
}

static void files_are_capped_and_a_fifth_at_most_validates(void **state)
{
    (void)state;
    corpus c = {0};
    add(&c, 100, YA_BAND_MID, 0);
    add(&c, 100, YA_BAND_MID, 1);
    select_from(&c, false, 50, 70, MOST);
    assert_int_equal(count(&c, -1, YA_FATE_CAPPED), 100);
    assert_int_equal(count(&c, -1, YA_FATE_VAL), 20);
    assert_int_equal(count(&c, -1, YA_FATE_TRAIN), 70);
    assert_int_equal(count(&c, -1, YA_FATE_UNUSED), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rebalancing_makes_low_a_quarter_and_high_35_percent),
        cmocka_unit_test(enough_of_low_is_not_rebalanced),
        cmocka_unit_test(files_are_capped_and_a_fifth_at_most_validates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
