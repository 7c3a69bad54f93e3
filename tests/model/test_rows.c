/* What a row of a pass gets does not depend on the rows beside it, up to rounding; and only a pass
 * that trains has products that mix rows (tensor/strassen.h). */
#include "support/block_model.h"
#include "support/cmocka_all.h"
#include "support/engine_of.h"
#include "support/numbers.h"
#include "support/temp.h"

#include "model/engine.h"
#include "tensor/matmul.h"
#include "tensor/strassen.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS = 4, LENGTH = 64, TOKENS = ROWS * LENGTH, RANK = 16 };
enum { MOST = BM_LAYERS * YA_N_TARGETS * 2 * RANK * BM_MOST }; /* floats of adapters */

/* One of the products of a pass of all rows */
static const ya_matmul_shape mixed = {TOKENS,
                                      BM_FFN,
                                      BM_HIDDEN,
                                      BM_HIDDEN,
                                      BM_HIDDEN,
                                      BM_FFN,
                                      YA_F32,
                                      .b_transposed = true,
                                      .mixes_rows = true};

typedef struct {
    char dir[TEMP_PATH];
    ya_model *model;
    ya_arena arena;
    ya_engine *engine;
    size_t n_floats;
    float *floats, *gradients; /* of all adapters */
    int32_t ids[TOKENS], positions[TOKENS], at[TOKENS], next[TOKENS];
    float scale[TOKENS], ce[TOKENS];
} bench;

/* Matrices of LoRA and their gradients for every layer and target. */
static void adapt(bench *b)
{
    size_t at = 0;
    b->floats = numbers(3, MOST);
    b->gradients = calloc(MOST, sizeof *b->gradients);
    assert_non_null(b->gradients);
    for (size_t i = 0; i < MOST; i++)
        b->floats[i] *= 0.05f;
    for (int i = 0; i < BM_LAYERS * YA_N_TARGETS; i++) {
        ya_linear *l = &b->model->layers[i / YA_N_TARGETS].linear[i % YA_N_TARGETS];
        size_t a = at, low = a + (size_t)RANK * (size_t)l->weight.cols;
        l->lora = (ya_lora_pair){
            b->floats + a, b->floats + low, b->gradients + a, b->gradients + low, 0.5f, RANK};
        at = low + (size_t)RANK * (size_t)l->weight.rows;
    }
    b->n_floats = at;
}

static void begin(bench *b)
{
    const ya_engine_config config = {.pass_tokens = TOKENS, .threads = 2, .train = true};
    ya_error err;
    temp_make(b->dir);
    block_model_write(temp_path(b->dir, "base.gguf"), YA_F32, false);
    assert_int_equal(ya_model_open(&b->model, temp_path(b->dir, "base.gguf"), &err), YA_OK);
    adapt(b);
    b->engine = engine_of(b->model, &config, &b->arena);
    for (int t = 0; t < TOKENS; t++) {
        b->ids[t] = (int32_t)(ya_splitmix64(9, (uint64_t)t) % BM_VOCAB);
        b->next[t] = (int32_t)(ya_splitmix64(10, (uint64_t)t) % BM_VOCAB);
        b->positions[t] = t % LENGTH;
        b->at[t] = t;
        b->scale[t] = 1.0f / TOKENS;
    }
}

static void end(bench *b)
{
    ya_engine_close(b->engine);
    ya_arena_free(&b->arena);
    ya_model_close(b->model);
    temp_remove(b->dir);
    free(b->floats);
    free(b->gradients);
}

/* Rows first ... of the bench in one pass; their losses go to b->ce. */
static void pass_of(bench *b, int first, int n_rows, bool train)
{
    const int32_t starts[] = {0, LENGTH, 2 * LENGTH, 3 * LENGTH, 4 * LENGTH};
    int from = first * LENGTH;
    ya_pass pass = {.n_tokens = n_rows * LENGTH,
                    .ids = b->ids + from,
                    .positions = b->positions,
                    .n_rows = n_rows,
                    .row_start = starts,
                    .n_targets = n_rows * LENGTH,
                    .target_at = b->at,
                    .target_id = b->next + from,
                    .target_scale = train ? b->scale : NULL,
                    .target_ce = b->ce + from};
    ya_engine_pass(b->engine, &pass, train);
}

static void near_losses(const float *found, const float *expected)
{
    for (int t = 0; t < TOKENS; t++)
        assert_true(fabsf(found[t] - expected[t]) <= 2e-6f * (1 + fabsf(expected[t])));
}

static void near_gradients(const float *found, const float *expected, size_t n)
{
    double size = 0, difference = 0;
    for (size_t i = 0; i < n; i++) {
        double g = (double)expected[i], d = (double)found[i] - g;
        size += g * g;
        difference += d * d;
    }
    assert_true(size > 0 && sqrt(difference / size) < 2e-6);
}

static void alone_and_together(void **state)
{
    (void)state;
    static bench b;
    float alone[TOKENS], together[TOKENS];
    begin(&b);
    for (int r = 0; r < ROWS; r++)
        pass_of(&b, r, 1, false);
    memcpy(alone, b.ce, sizeof alone);
    pass_of(&b, 0, ROWS, false);
    memcpy(together, b.ce, sizeof together);
    near_losses(together, alone);

    float *apart = malloc(b.n_floats * sizeof *apart);
    assert_non_null(apart);
    for (int r = 0; r < ROWS; r++)
        pass_of(&b, r, 1, true);
    memcpy(apart, b.gradients, b.n_floats * sizeof *apart);
    memset(b.gradients, 0, b.n_floats * sizeof *apart);
    pass_of(&b, 0, ROWS, true);
    near_gradients(b.gradients, apart, b.n_floats);
    near_losses(b.ce, alone);
    int n_other = 0;
    for (int t = 0; t < TOKENS; t++)
        n_other += b.ce[t] != together[t];
    assert_true((n_other > 0) == ya_strassen_suits(&mixed));
    free(apart);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(alone_and_together)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
