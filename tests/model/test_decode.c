/* Decoding gives the logits of a whole pass, however the tokens are cut and whatever the number of
 * threads: bases of every stored type, with LoRA, with a window. */
#include "support/block_model.h"
#include "support/cmocka_all.h"
#include "support/engine_of.h"
#include "support/numbers.h"
#include "support/temp.h"

#include "model/engine.h"

#include <math.h>
#include <stdlib.h>

enum { TOKENS = 45, RANK = 3, CUTS = 6 };
static const double BOUND = 2e-5; /* f32 sums of up to 512 terms, in another order */

/* How many tokens go in at a time; 0: all at once. */
static const int cuts[CUTS] = {0, 1, 2, 3, 8, 13};

/* Matrices of LoRA for every layer and target. */
static float *adapt(ya_model *model)
{
    size_t most = (size_t)BM_LAYERS * YA_N_TARGETS * 2 * RANK * BM_MOST, used = 0;
    float *floats = malloc(most * sizeof *floats);
    assert_non_null(floats);
    fill(floats, most, 3, 0.1f);
    for (int l = 0; l < BM_LAYERS; l++)
        for (int t = 0; t < YA_N_TARGETS; t++) {
            ya_linear *linear = &model->layers[l].linear[t];
            linear->lora = (ya_lora_pair){.a = floats + used, .scale = 0.7f, .rank = RANK};
            used += (size_t)RANK * (size_t)linear->weight.cols;
            linear->lora.b = floats + used;
            used += (size_t)RANK * (size_t)linear->weight.rows;
        }
    return floats;
}

static void decode(ya_engine *engine, const int32_t *ids, int cut, float *logits)
{
    ya_error err;
    ya_engine_rewind(engine, 0);
    for (int at = 0; at < TOKENS;) {
        int n = cut == 0 || TOKENS - at < cut ? TOKENS - at : cut;
        bool last = at + n == TOKENS;
        assert_int_equal(ya_engine_decode(engine, ids + at, n, last ? logits : NULL, &err), YA_OK);
        at += n;
    }
}

/* Logits of the last token by a pass without a cache, kept where on_logits puts them. */
static void keep_logits(void *user, int target, const float *logits)
{
    assert_int_equal(target, 0);
    memcpy(user, logits, BM_VOCAB * sizeof *logits);
}

static void whole_pass(ya_model *model, const int32_t *ids, float *logits)
{
    const ya_engine_config config = {.pass_tokens = TOKENS, .threads = 2};
    const int32_t rows[] = {0, TOKENS}, at = TOKENS - 1, target = 0;
    int32_t positions[TOKENS];
    ya_arena arena;
    ya_engine *engine = engine_of(model, &config, &arena);
    for (int t = 0; t < TOKENS; t++)
        positions[t] = t;
    ya_pass pass = {.n_tokens = TOKENS,
                    .ids = ids,
                    .positions = positions,
                    .n_rows = 1,
                    .row_start = rows,
                    .n_targets = 1,
                    .target_at = &at,
                    .target_id = &target,
                    .on_logits = keep_logits,
                    .user = logits};
    ya_engine_pass(engine, &pass, false);
    ya_engine_close(engine);
    ya_arena_free(&arena);
}

static void check_model(ya_model *model, const char *what, int most_threads)
{
    float want[BM_VOCAB], found[BM_VOCAB], first[CUTS][BM_VOCAB];
    int32_t ids[TOKENS];
    for (int t = 0; t < TOKENS; t++)
        ids[t] = (int32_t)(ya_splitmix64(9, (uint64_t)t) % BM_VOCAB);
    whole_pass(model, ids, want);
    for (int threads = 1; threads <= most_threads; threads += 2) {
        ya_arena arena;
        const ya_engine_config config = {
            .pass_tokens = 32, .threads = threads, .cache_tokens = TOKENS};
        ya_engine *engine = engine_of(model, &config, &arena);
        for (int c = 0; c < CUTS; c++) {
            decode(engine, ids, cuts[c], found);
            for (int i = 0; i < BM_VOCAB; i++)
                if (!(fabs((double)found[i] - (double)want[i]) <=
                      BOUND * (1 + fabs((double)want[i]))))
                    fail_msg("%s, %d at a time, %d threads: logit %d is %g, expected %g", what,
                             cuts[c], threads, i, (double)found[i], (double)want[i]);
            if (threads == 1)
                memcpy(first[c], found, sizeof found);
            else if (cuts[c] > 0 && cuts[c] <= 8) /* the same sums on any number of threads */
                assert_memory_equal(first[c], found, sizeof found);
        }
        ya_engine_close(engine);
        ya_arena_free(&arena);
    }
}

static void decoding_gives_the_logits_of_a_pass(void **state)
{
    (void)state;
    for (int type = 0; type < YA_N_DTYPES; type++) {
        char dir[TEMP_PATH], what[64];
        ya_model *model;
        ya_error err;
        if (!ya_kernels_get()->times[type])
            continue;
        temp_make(dir);
        block_model_write(temp_path(dir, "base.gguf"), (ya_dtype)type, false);
        assert_int_equal(ya_model_open(&model, temp_path(dir, "base.gguf"), &err), YA_OK);
        snprintf(what, sizeof what, "%s", ya_dtype_get((ya_dtype)type)->name);
        check_model(model, what, 1);
        if (type == YA_F32 || type == YA_Q4_K) {
            float *floats = adapt(model);
            model->config.sliding_window = 11;
            snprintf(what, sizeof what, "%s, LoRA, window", ya_dtype_get((ya_dtype)type)->name);
            check_model(model, what, 5);
            free(floats);
        }
        ya_model_close(model);
        temp_remove(dir);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(decoding_gives_the_logits_of_a_pass)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
