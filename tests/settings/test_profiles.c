/* The profiles of configs/hardware against the table of shared/spec/hardware.md. */
#include "settings/fixture.h"

#include <stdio.h>

typedef struct {
    const char *name;
    int memory_gb, budget_gb, rank, layers, batch, accumulation, seq;
    bool checkpoint;
    int tiers[4][3]; /* rank, layers, batch of small ... xlarge; rank 0: no such tier */
} profile;

static const profile profiles[] = {
    {"base_16gb", 16, 12, 32, 8, 1, 16, 512, true, {{32, 8, 1}}},
    {"pro_32gb", 32, 25, 64, 16, 2, 8, 1024, true, {{64, 16, 4}, {48, 12, 2}}},
    {"max_64gb", 64, 51, 128, 20, 4, 4, 1024, false, {{64, 16, 2}, {64, 16, 2}, {96, 20, 2}}},
    {"ultra_96gb",
     96,
     76,
     128,
     24,
     4,
     4,
     1024,
     true,
     {{64, 16, 2}, {64, 16, 2}, {96, 20, 2}, {128, 24, 2}}},
    {"ultra_192gb",
     192,
     153,
     256,
     32,
     8,
     2,
     2048,
     false,
     {{64, 16, 16}, {96, 20, 8}, {128, 24, 8}, {256, 32, 8}}},
};
enum { N_PROFILES = sizeof profiles / sizeof *profiles };

static void load(const profile *p)
{
    char path[128];
    snprintf(path, sizeof path, "configs/hardware/%s.yaml", p->name);
    ya_settings_free(&s);
    assert_int_equal(ya_settings_init(&s, &err), YA_OK);
    if (ya_settings_read_yaml(&s, path, &err) != YA_OK)
        fail_msg("%s", err.text);
    assert_int_equal(ya_settings_set(&s, YA_SET_model, "m", YA_FROM_FLAG, &err), YA_OK);
    assert_int_equal(ya_settings_finish(&s, YA_FOR_PLAN, &err), YA_OK);
}

static void every_profile_holds_the_figures_of_the_table(void **state)
{
    (void)state;
    for (int i = 0; i < N_PROFILES; i++) {
        const profile *p = &profiles[i];
        load(p);
        assert_true(s.memory_gb == p->memory_gb);
        assert_true(s.max_memory == (uint64_t)p->budget_gb << 30);
        assert_int_equal(s.lora_rank, p->rank);
        assert_true(s.lora_alpha == 2.0 * p->rank);
        assert_int_equal(s.lora_num_layers, p->layers);
        assert_int_equal(s.lora_targets, 15);
        assert_int_equal(s.batch_size, p->batch);
        assert_int_equal(s.gradient_accumulation_steps, p->accumulation);
        assert_int_equal(s.max_seq_length, p->seq);
        assert_int_equal(s.grad_checkpoint, p->checkpoint);
        assert_true(s.max_grad_norm == 1.0 && s.learning_rate == 2e-4);
        assert_true(s.recommended_models.n > 0);
    }
}

static void every_tier_of_a_profile_holds_the_figures_of_the_table(void **state)
{
    (void)state;
    static const uint64_t sizes[4] = {8000000000, 14000000000, 32000000000, 70000000000};
    for (int i = 0; i < N_PROFILES; i++) {
        for (int tier = 0; tier < 4; tier++) {
            const int *want = profiles[i].tiers[tier];
            int changed = -1;
            load(&profiles[i]);
            assert_int_equal(ya_settings_apply_tier(&s, sizes[tier], YA_FOR_PLAN, &changed, &err),
                             YA_OK);
            assert_int_equal(changed, want[0] ? 4 : 0);
            if (!want[0])
                continue;
            assert_int_equal(s.lora_rank, want[0]);
            assert_true(s.lora_alpha == 2.0 * want[0]);
            assert_int_equal(s.lora_num_layers, want[1]);
            assert_int_equal(s.batch_size, want[2]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_profile_holds_the_figures_of_the_table),
        CASE(every_tier_of_a_profile_holds_the_figures_of_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
