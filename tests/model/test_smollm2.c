/* A real model, stored in 4 and 8 bits, against PyTorch on the same weights expanded to f32:
 * logits, losses and greedy text. Tolerances: shared/fixtures/smollm2/README.md. */
#include "model/engine.h"
#include "support/smollm2.h"

// clang-format off
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

enum { MAX_TOKENS = 128 };

static ya_model *model;
static ya_tensor_set tensors;
static json_t *numbers;

typedef struct {
    float logits[MAX_TOKENS][64];
    float *last;
    int n_tokens, vocab;
} seen;

static void keep(void *user, int target, const float *logits)
{
    seen *s = user;
    memcpy(s->logits[target], logits, sizeof s->logits[0]);
    if (target == s->n_tokens - 1)
        memcpy(s->last, logits, (size_t)s->vocab * sizeof *logits);
}

static ya_engine *make_engine(ya_arena *arena, const ya_engine_config *config)
{
    ya_error err;
    ya_engine *engine;
    ya_arena_init_dry(arena);
    if (ya_engine_layout(&engine, model, config, arena, &err) ||
        ya_arena_init(arena, arena->used, &err) ||
        ya_engine_layout(&engine, model, config, arena, &err))
        die("engine", &err);
    return engine;
}

static void logits_and_losses_hold_on_four_bit_weights(void **state)
{
    (void)state;
    ya_arena arena;
    ya_engine_config config = {.pass_tokens = MAX_TOKENS, .threads = 2};
    ya_engine *engine = make_engine(&arena, &config);
    const json_t *texts = json_object_get(numbers, "texts"), *text;
    size_t i;
    static seen s;
    s.vocab = model->config.vocab_size;
    s.last = malloc((size_t)s.vocab * sizeof *s.last);
    json_array_foreach(texts, i, text)
    {
        int32_t ids[MAX_TOKENS], at[MAX_TOKENS], next[MAX_TOKENS], rows[2] = {0};
        float ce[MAX_TOKENS];
        const json_t *list = json_object_get(text, "ids");
        int n = s.n_tokens = (int)json_array_size(list);
        for (int t = 0; t < n; t++) {
            ids[t] = (int32_t)json_integer_value(json_array_get(list, (size_t)t));
            at[t] = t;
        }
        for (int t = 0; t < n; t++)
            next[t] = t + 1 < n ? ids[t + 1] : 0;
        rows[1] = n;
        ya_pass pass = {.n_tokens = n,
                        .ids = ids,
                        .positions = at,
                        .n_rows = 1,
                        .row_start = rows,
                        .n_targets = n,
                        .target_at = at,
                        .target_id = next,
                        .target_ce = ce,
                        .on_logits = keep,
                        .user = &s};
        ya_engine_pass(engine, &pass, false);
        double sum = 0, want = json_number_value(json_object_get(text, "sum_ce"));
        for (int t = 0; t + 1 < n; t++)
            sum += (double)ce[t];
        assert_true(fabs(sum - want) <= 1e-5 * fabs(want));
        char name[64];
        snprintf(name, sizeof name, "text%zu.logits_last", i);
        assert_true(max_difference(s.last, golden_f32(&tensors, name), (size_t)s.vocab) <= 5e-4);
        snprintf(name, sizeof name, "text%zu.logits_first64", i);
        assert_true(max_difference(s.logits[0], golden_f32(&tensors, name), (size_t)n * 64) <=
                    5e-4);
    }
    free(s.last);
    ya_engine_close(engine);
    ya_arena_free(&arena);
}

static void greedy_text_is_that_of_transformers(void **state)
{
    (void)state;
    ya_arena arena;
    ya_error err;
    ya_engine_config config = {.pass_tokens = 32, .threads = 2, .cache_tokens = MAX_TOKENS};
    ya_engine *engine = make_engine(&arena, &config);
    const json_t *greedy = json_object_get(numbers, "greedy");
    const json_t *prompt = json_object_get(greedy, "prompt_ids"),
                 *want = json_object_get(greedy, "new_ids");
    int vocab = model->config.vocab_size, n = (int)json_array_size(prompt);
    int32_t ids[MAX_TOKENS];
    float *logits = malloc((size_t)vocab * sizeof *logits);
    for (int i = 0; i < n; i++)
        ids[i] = (int32_t)json_integer_value(json_array_get(prompt, (size_t)i));
    for (size_t k = 0; k < json_array_size(want); k++) {
        if (ya_engine_decode(engine, ids, n, logits, &err))
            die("decode", &err);
        int best = 0;
        for (int i = 1; i < vocab; i++)
            best = logits[i] > logits[best] ? i : best;
        assert_int_equal(best, json_integer_value(json_array_get(want, k)));
        ids[0] = best;
        n = 1;
    }
    free(logits);
    ya_engine_close(engine);
    ya_arena_free(&arena);
}

int main(void)
{
    char path[4096];
    ya_error err;
    need_shared();
    if (ya_model_open(&model, need_smollm2(path), &err) ||
        ya_safetensors_open(&tensors, shared_path(path, "fixtures/smollm2/golden.safetensors"),
                            &err) ||
        ya_json_read_file(shared_path(path, "fixtures/smollm2/golden.json"), &numbers, &err))
        die("SmolLM2", &err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_and_losses_hold_on_four_bit_weights),
        cmocka_unit_test(greedy_text_is_that_of_transformers),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ya_model_close(model);
    ya_tensor_set_free(&tensors);
    json_decref(numbers);
    return failed;
}
