/* The engine against PyTorch and PEFT: logits, losses and all gradients of the tiny models,
 * with the tolerances of shared/fixtures/README.md. */
#include "lora/params.h"
#include "model/engine.h"
#include "support/golden.h"

// clang-format off
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

static const char *const families[] = {
    "models/llama",        "models/llama3-tied",     "models/mistral",       "models/mistral-swa",
    "models/qwen2",        "models/qwen3",           "models/llama-sharded", "families/llama-yarn",
    "families/qwen2-yarn", "families/llama-dynamic", "families/mistral-nemo"};
/* The first ones have goldens of everything. */
enum { N_WHOLE = 7, N_FAMILIES = 11, MAX_TOKENS = 1024 };

/* A model with its goldens and, after `begin`, an engine around it. */
typedef struct {
    ya_tensor_set golden;
    json_t *numbers;
    ya_model *model;
    ya_params params;
    ya_arena arena;
    ya_engine *engine;
    char family[64];
} bench;

static void open_bench(bench *b, const char *family)
{
    char path[4096];
    ya_error err;
    memset(b, 0, sizeof *b);
    snprintf(b->family, sizeof b->family, "%s", family);
    if (ya_model_open(&b->model, shared_path(path, "fixtures/%s", family), &err) ||
        ya_safetensors_open(&b->golden, shared_path(path, "fixtures/%s/golden.safetensors", family),
                            &err) ||
        ya_json_read_file(shared_path(path, "fixtures/%s/golden.json", family), &b->numbers, &err))
        die(family, &err);
}

typedef struct {
    bool lora, full, rslora, checkpoint, bf16;
    double dropout;
    unsigned targets;
} setup;

static void lay_out(bench *b, const setup *s)
{
    static const char *const everything[] = {"*"};
    ya_error err;
    const json_t *lora = json_object_get(b->numbers, "lora");
    ya_lora_config config = {(int)json_integer_value(json_object_get(lora, "r")),
                             json_number_value(json_object_get(lora, "lora_alpha")),
                             s->rslora,
                             s->targets ? s->targets : 127u,
                             0,
                             NULL};
    ya_engine_config engine = {.train = true,
                               .bf16 = s->bf16,
                               .grad_checkpoint = s->checkpoint,
                               .pass_tokens = MAX_TOKENS,
                               .threads = 2,
                               .lora_dropout = s->dropout};
    for (int real = 0; real < 2; real++) {
        size_t planned = b->arena.used;
        if (!real)
            ya_arena_init_dry(&b->arena);
        else if (ya_arena_init(&b->arena, planned, &err))
            die("arena", &err);
        if (s->lora && ya_lora_layout(&b->params, b->model, &config, true, &b->arena, &err))
            die("lora", &err);
        if (s->full &&
            ya_trainable_layout(&b->params, b->model, everything, 1, true, &b->arena, &err))
            die("trainable", &err);
        if (ya_engine_layout(&b->engine, b->model, &engine, &b->arena, &err))
            die("engine", &err);
        if (real)
            assert_int_equal(b->arena.used, planned);
    }
}

static void load_adapter(bench *b, const char *name)
{
    char path[4096];
    ya_error err;
    ya_tensor_set set;
    if (ya_safetensors_open(
            &set, shared_path(path, "fixtures/%s/%s/adapter_model.safetensors", b->family, name),
            &err))
        die("adapter", &err);
    for (int i = 0; i < b->params.n_params; i++) {
        const ya_param *p = &b->params.params[i];
        const ya_tensor *t = golden(&set, p->name);
        assert_int_equal(t->shape[0], p->rows);
        assert_int_equal(t->shape[1], p->cols);
        memcpy(b->params.value + p->offset, t->data, (size_t)t->bytes);
    }
    assert_int_equal(set.n_tensors, b->params.n_params);
    ya_tensor_set_free(&set);
}

static void close_bench(bench *b)
{
    ya_engine_close(b->engine);
    ya_model_close(b->model);
    ya_params_free(&b->params);
    ya_arena_free(&b->arena);
    ya_tensor_set_free(&b->golden);
    json_decref(b->numbers);
}

/* A pass built from rows. */
typedef struct {
    int32_t ids[MAX_TOKENS], positions[MAX_TOKENS], row_start[64], target_at[MAX_TOKENS],
        target_id[MAX_TOKENS];
    float scale[MAX_TOKENS], ce[MAX_TOKENS];
    int record[MAX_TOKENS];
    ya_pass pass;
} batch;

static void begin_batch(batch *x)
{
    memset(x, 0, sizeof *x);
    x->pass = (ya_pass){.ids = x->ids,
                        .positions = x->positions,
                        .row_start = x->row_start,
                        .target_at = x->target_at,
                        .target_id = x->target_id,
                        .target_scale = x->scale,
                        .target_ce = x->ce};
}

/* labels NULL: every position is a target, of token 0 */
static void add_row(batch *x, const int32_t *ids, const int32_t *labels, int n, float scale,
                    int record)
{
    int at = x->pass.n_tokens;
    for (int t = 0; t < n; t++) {
        x->ids[at + t] = ids[t];
        x->positions[at + t] = t;
        bool counted = labels ? t + 1 < n && labels[t + 1] != -100 : true;
        if (!counted)
            continue;
        int i = x->pass.n_targets++;
        x->target_at[i] = at + t;
        x->target_id[i] = labels ? labels[t + 1] : 0;
        x->scale[i] = scale;
        x->record[i] = record;
    }
    x->pass.n_tokens += n;
    x->row_start[++x->pass.n_rows] = x->pass.n_tokens;
}

typedef struct {
    float *logits, *hidden;
    size_t vocab, d, last_token;
} looked;

static void keep_logits(void *user, int target, const float *logits)
{
    looked *l = user;
    memcpy(l->logits + (size_t)target * l->vocab, logits, l->vocab * sizeof *logits);
}

static void keep_hidden(void *user, int layer, const float *x)
{
    looked *l = user;
    memcpy(l->hidden + (size_t)layer * l->d, x + l->last_token * l->d, l->d * sizeof *x);
}

static float *run_logits(bench *b, looked *l)
{
    const ya_tensor *ids = golden(&b->golden, "inf.input_ids");
    int T = (int)ids->shape[1];
    l->vocab = (size_t)b->model->config.vocab_size;
    l->d = (size_t)b->model->config.hidden_size;
    l->last_token = (size_t)T - 1;
    l->logits = calloc(2 * (size_t)T * l->vocab, 4);
    l->hidden = calloc((size_t)(b->model->config.n_layers + 2) * l->d, 4);
    static batch x;
    begin_batch(&x);
    for (int s = 0; s < 2; s++)
        add_row(&x, (const int32_t *)ids->data + s * T, NULL, T, 0, s);
    x.pass.on_logits = keep_logits;
    x.pass.on_hidden = keep_hidden;
    x.pass.user = l;
    ya_engine_pass(b->engine, &x.pass, false);
    return l->logits;
}

static void within(const bench *b, const char *what, double found, double bound)
{
    if (!(found <= bound)) {
        fprintf(stderr, "%s %s: %.3g, allowed %.3g\n", b->family, what, found, bound);
        fail();
    }
}

static void check_base_logits(bench *b)
{
    looked l;
    const ya_tensor *want = golden(&b->golden, "inf.logits");
    size_t n = (size_t)ya_tensor_elements(want);
    run_logits(b, &l);
    within(b, "logits", max_difference(l.logits, want->data, n), 1e-4);
    const ya_tensor *hidden = golden(&b->golden, "inf.hidden_last");
    within(b, "hidden", max_difference(l.hidden, hidden->data, (size_t)ya_tensor_elements(hidden)),
           1e-4);
    within(b, "final norm",
           max_difference(l.hidden + ya_tensor_elements(hidden),
                          golden_f32(&b->golden, "inf.final_norm_last"), l.d),
           1e-4);
    free(l.logits);
    free(l.hidden);
}

/* Both sequences of IDS as rows of one pass against WANT. */
static void check_rows(bench *b, const char *ids_name, const char *want_name)
{
    static batch x;
    const ya_tensor *ids = golden(&b->golden, ids_name), *want = golden(&b->golden, want_name);
    int T = (int)ids->shape[1];
    size_t n = (size_t)ya_tensor_elements(want);
    looked l = {.vocab = (size_t)b->model->config.vocab_size, .logits = calloc(n, 4)};
    begin_batch(&x);
    for (int s = 0; s < 2; s++)
        add_row(&x, (const int32_t *)ids->data + s * T, NULL, T, 0, s);
    x.pass.on_logits = keep_logits;
    x.pass.user = &l;
    ya_engine_pass(b->engine, &x.pass, false);
    within(b, want_name, max_difference(l.logits, want->data, n), 1e-4);
    free(l.logits);
}

/* The records as one pass; `coef` scales each target of record i. */
static void add_records(bench *b, batch *x, const double *coef)
{
    const ya_tensor *ids = golden(&b->golden, "rec.input_ids");
    int R = (int)ids->shape[0], T = (int)ids->shape[1];
    for (int i = 0; i < R; i++)
        add_row(x, (const int32_t *)ids->data + i * T, golden_i32(&b->golden, "rec.labels") + i * T,
                golden_i32(&b->golden, "rec.length")[i], (float)coef[i], i);
}

static void coefficients(bench *b, bool weighted, double *coef)
{
    const int32_t *n = golden_i32(&b->golden, "rec.n");
    const double *v = golden_f64(&b->golden, "dist.v");
    int R = (int)golden(&b->golden, "rec.n")->shape[0];
    double sum = 0, sum_v = 0;
    for (int i = 0; i < R; i++) {
        sum += n[i];
        sum_v += v[i] * n[i];
    }
    for (int i = 0; i < R; i++)
        coef[i] = weighted ? v[i] / sum_v : 1 / sum;
}

static void check_token_ce(bench *b)
{
    static batch x;
    double coef[64];
    coefficients(b, false, coef);
    begin_batch(&x);
    add_records(b, &x, coef);
    ya_engine_pass(b->engine, &x.pass, false);
    const ya_tensor *want = golden(&b->golden, "rec.token_ce");
    int T = (int)want->shape[1];
    double worst = 0, sums[64] = {0};
    for (int i = 0; i < x.pass.n_targets; i++) {
        int r = x.record[i], t = x.target_at[i] - x.row_start[r] + 1;
        worst = fmax(worst, fabs((double)x.ce[i] - (double)((const float *)want->data)[r * T + t]));
        sums[r] += (double)x.ce[i];
    }
    within(b, "token_ce", worst, 4e-5);
    const double *sum_ce = golden_f64(&b->golden, "rec.sum_ce");
    double most = 0, off = 0;
    for (int i = 0; i < (int)want->shape[0]; i++) {
        most = fmax(most, fabs(sum_ce[i]));
        off = fmax(off, fabs(sum_ce[i] - sums[i]));
    }
    within(b, "sum_ce of max", off / most, 1e-5);
}

static void check_gradients(bench *b, bool weighted, double bound, const char *prefix)
{
    static batch x;
    double coef[64];
    coefficients(b, weighted, coef);
    memset(b->params.grad, 0, b->params.n_values * sizeof(float));
    begin_batch(&x);
    add_records(b, &x, coef);
    ya_engine_pass(b->engine, &x.pass, true);
    for (int i = 0; i < b->params.n_params; i++) {
        const ya_param *p = &b->params.params[i];
        char name[256];
        snprintf(name, sizeof name, "%s%s", prefix, p->name);
        const ya_tensor *want = golden(&b->golden, name);
        size_t n = (size_t)ya_tensor_elements(want);
        within(b, name,
               max_difference(b->params.grad + p->offset, want->data, n) /
                   max_magnitude(want->data, n),
               bound);
    }
}

static void logits_and_losses_are_pytorchs(void **state)
{
    (void)state;
    for (int f = 0; f < N_FAMILIES; f++) {
        bench b;
        open_bench(&b, families[f]);
        lay_out(&b, &(setup){.lora = true});
        load_adapter(&b, "adapter-init");
        check_base_logits(&b);
        check_token_ce(&b);
        close_bench(&b);
    }
}

static void rows_beyond_the_original_context_stretch_their_own_frequencies(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, "families/llama-dynamic");
    lay_out(&b, &(setup){.lora = true});
    load_adapter(&b, "adapter-init");
    check_rows(&b, "long.input_ids", "long.logits");
    check_rows(&b, "inf.input_ids", "inf.logits"); /* short ones again: nothing is left over */
    close_bench(&b);
}

static void adapter_gradients_are_peft_s(void **state)
{
    (void)state;
    for (int f = 0; f < N_FAMILIES; f++)
        for (int checkpoint = 0; checkpoint < 2; checkpoint++) {
            bench b;
            open_bench(&b, families[f]);
            lay_out(&b, &(setup){.lora = true, .checkpoint = checkpoint});
            load_adapter(&b, "adapter");
            looked l;
            const ya_tensor *want = golden(&b.golden, "lora.logits");
            run_logits(&b, &l);
            within(&b, "adapter logits",
                   max_difference(l.logits, want->data, (size_t)ya_tensor_elements(want)), 1e-4);
            free(l.logits);
            free(l.hidden);
            check_gradients(&b, false, 3e-5, "lora.grad_ce.");
            check_gradients(&b, true, 3e-5, "lora.grad_weighted.");
            close_bench(&b);
        }
}

static void rslora_scales_by_the_root_of_the_rank(void **state)
{
    (void)state;
    for (int f = 0; f < N_WHOLE; f++) {
        bench b;
        open_bench(&b, families[f]);
        lay_out(&b, &(setup){.lora = true, .rslora = true});
        load_adapter(&b, "adapter");
        looked l;
        run_logits(&b, &l);
        size_t T = l.last_token + 1;
        const float *want = golden_f32(&b.golden, "lora.rslora_last_logits");
        for (size_t s = 0; s < 2; s++)
            within(
                &b, "rslora",
                max_difference(l.logits + (s * T + T - 1) * l.vocab, want + s * l.vocab, l.vocab),
                1e-4);
        free(l.logits);
        free(l.hidden);
        close_bench(&b);
    }
}

static void gradients_of_every_weight_are_pytorchs(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, "models/llama");
    lay_out(&b, &(setup){.full = true});
    check_gradients(&b, false, 3e-5, "full.grad.");
    close_bench(&b);
    for (int f = 0; f < N_WHOLE;
         f++) { /* elsewhere the norms: tied embeddings, biases, q and k norms */
        static batch x;
        double coef[64], total = 0;
        open_bench(&b, families[f]);
        lay_out(&b, &(setup){.full = true, .checkpoint = true});
        coefficients(&b, false, coef);
        begin_batch(&x);
        add_records(&b, &x, coef);
        ya_engine_pass(b.engine, &x.pass, true);
        const json_t *full = json_object_get(b.numbers, "full");
        const json_t *norms = json_object_get(full, "grad_norms");
        assert_int_equal(json_object_size(norms), b.params.n_params);
        for (int i = 0; i < b.params.n_params; i++) {
            const ya_param *p = &b.params.params[i];
            double sum = 0, want = json_number_value(json_object_get(norms, p->name));
            for (size_t j = 0; j < (size_t)(p->rows * p->cols); j++)
                sum += (double)b.params.grad[p->offset + j] * (double)b.params.grad[p->offset + j];
            total += sum;
            within(&b, p->name, fabs(sqrt(sum) - want) / want, 1e-5);
        }
        double want = json_number_value(json_object_get(full, "grad_norm"));
        within(&b, "norm of all", fabs(sqrt(total) - want) / want, 1e-5);
        close_bench(&b);
    }
}

static void packed_records_do_not_see_each_other(void **state)
{
    (void)state;
    for (int f = 0; f < N_WHOLE; f++) {
        static batch x;
        bench b;
        open_bench(&b, families[f]);
        lay_out(&b, &(setup){.lora = true});
        load_adapter(&b, "adapter-init");
        begin_batch(&x);
        const int32_t *segment = golden_i32(&b.golden, "pack.segment_ids");
        const int32_t *ids = golden_i32(&b.golden, "pack.input_ids");
        const int32_t *labels = golden_i32(&b.golden, "pack.labels");
        int S = (int)golden(&b.golden, "pack.input_ids")->shape[1];
        for (int at = 0, end; at < S && segment[at] >= 0; at = end) {
            for (end = at; end < S && segment[end] == segment[at];)
                end++;
            add_row(&x, ids + at, labels + at, end - at, 0, segment[at]);
        }
        ya_engine_pass(b.engine, &x.pass, false);
        double sums[3] = {0};
        for (int i = 0; i < x.pass.n_targets; i++)
            sums[x.record[i]] += (double)x.ce[i];
        const double *want = golden_f64(&b.golden, "pack.sum_ce");
        for (int i = 0; i < 3; i++)
            within(&b, "packed sum_ce", fabs(sums[i] - want[i]) / fabs(want[i]), 1e-5);
        close_bench(&b);
    }
}

/* The guide of the fixtures for bf16 matmuls: logits 0.1, gradients 3 % in L2. */
static void bf16_stays_within_its_rounding(void **state)
{
    (void)state;
    if (!ya_engine_has_bf16())
        skip();
    for (int f = 0; f < N_FAMILIES; f++) {
        bench b;
        open_bench(&b, families[f]);
        lay_out(&b, &(setup){.lora = true, .bf16 = true});
        load_adapter(&b, "adapter");
        looked l;
        const ya_tensor *want = golden(&b.golden, "lora.logits");
        size_t n = (size_t)ya_tensor_elements(want);
        run_logits(&b, &l);
        within(&b, "bf16 logits", max_difference(l.logits, want->data, n), 0.1);
        within(&b, "bf16 logits of max",
               max_difference(l.logits, want->data, n) / max_magnitude(want->data, n), 0.02);
        free(l.logits);
        free(l.hidden);
        check_gradients(&b, true, 0.06, "lora.grad_weighted.");
        close_bench(&b);
    }
}

/* Mean CE of the records with the dropout masks of `key`; gradients are left in params.grad. */
static double dropped_ce(bench *b, uint64_t key)
{
    static batch x;
    double coef[64], sum = 0;
    coefficients(b, false, coef);
    memset(b->params.grad, 0, b->params.n_values * sizeof(float));
    begin_batch(&x);
    add_records(b, &x, coef);
    x.pass.dropout_key = key;
    ya_engine_pass(b->engine, &x.pass, true);
    for (int i = 0; i < x.pass.n_targets; i++)
        sum += (double)x.scale[i] * (double)x.ce[i];
    return sum;
}

static void gradients_under_dropout_are_those_of_the_dropped_loss(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, "models/llama");
    lay_out(&b, &(setup){.lora = true, .dropout = 0.3});
    load_adapter(&b, "adapter");
    double first = dropped_ce(&b, 7);
    assert_true(dropped_ce(&b, 7) == first);
    assert_true(fabs(dropped_ce(&b, 8) - first) > 1e-4);
    dropped_ce(&b, 7);
    for (int i = 0; i < b.params.n_params;
         i++) { /* along the gradient of each matrix, f32 differences */
        const ya_param *p = &b.params.params[i];
        size_t n = (size_t)(p->rows * p->cols);
        float *value = b.params.value + p->offset, *kept = malloc(2 * n * sizeof *kept),
              *g = kept + n;
        double norm2 = 0;
        memcpy(kept, value, n * sizeof *kept);
        dropped_ce(&b, 7);
        memcpy(g, b.params.grad + p->offset, n * sizeof *g);
        for (size_t j = 0; j < n; j++)
            norm2 += (double)g[j] * (double)g[j];
        double h = 2e-3 / sqrt(norm2), ce[2];
        for (int side = 0; side < 2; side++) {
            for (size_t j = 0; j < n; j++)
                value[j] = kept[j] + (float)((side ? h : -h) * (double)g[j] / sqrt(norm2));
            ce[side] = dropped_ce(&b, 7);
        }
        memcpy(value, kept, n * sizeof *kept);
        double slope = (ce[1] - ce[0]) / (2 * h);
        within(&b, p->name, fabs(slope - sqrt(norm2)) / sqrt(norm2), 0.02);
        free(kept);
    }
    close_bench(&b);
}

/* The best next token after `n` ids, decoded in stretches of `step`. */
static int32_t best_after(ya_engine *engine, const int32_t *ids, int n, int step, size_t vocab)
{
    ya_error err;
    float *logits = malloc(vocab * sizeof *logits);
    for (int at = 0; at < n; at += step)
        if (ya_engine_decode(engine, ids + at, n - at < step ? n - at : step, logits, &err))
            die("decode", &err);
    size_t best = 0;
    for (size_t i = 1; i < vocab; i++)
        best = logits[i] > logits[best] ? i : best;
    free(logits);
    return (int32_t)best;
}

static void greedy_decoding_with_a_cache_gives_the_ids_of_transformers(void **state)
{
    (void)state;
    for (int f = 0; f < N_FAMILIES; f++)
        for (int step = 1; step <= 7; step += 2) {
            bench b;
            ya_error err;
            open_bench(&b, families[f]);
            ya_engine_config config = {.pass_tokens = 4, .threads = 2, .cache_tokens = 23};
            ya_arena_init_dry(&b.arena);
            if (ya_engine_layout(&b.engine, b.model, &config, &b.arena, &err) ||
                ya_arena_init(&b.arena, b.arena.used, &err) ||
                ya_engine_layout(&b.engine, b.model, &config, &b.arena, &err))
                die("engine", &err);
            const int32_t *want = golden_i32(&b.golden, "gen.output_ids");
            size_t vocab = (size_t)b.model->config.vocab_size;
            int32_t next =
                best_after(b.engine, golden_i32(&b.golden, "gen.prompt_ids"), 7, step, vocab);
            for (int i = 0; i < 16; i++) {
                assert_int_equal(next, want[i]);
                next = best_after(b.engine, &want[i], 1, 1, vocab);
            }
            assert_int_equal(ya_engine_position(b.engine), 23);
            assert_int_equal(ya_engine_decode(b.engine, want, 1, NULL, &err), YA_ERR_DATA);
            ya_engine_rewind(b.engine, 7); /* and again from the middle */
            next = best_after(b.engine, want, 1, 1, vocab);
            assert_int_equal(next, want[1]);
            close_bench(&b);
        }
}

int main(void)
{
    need_shared();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_and_losses_are_pytorchs),
        cmocka_unit_test(rows_beyond_the_original_context_stretch_their_own_frequencies),
        cmocka_unit_test(adapter_gradients_are_peft_s),
        cmocka_unit_test(rslora_scales_by_the_root_of_the_rank),
        cmocka_unit_test(gradients_of_every_weight_are_pytorchs),
        cmocka_unit_test(packed_records_do_not_see_each_other),
        cmocka_unit_test(greedy_decoding_with_a_cache_gives_the_ids_of_transformers),
        cmocka_unit_test(gradients_under_dropout_are_those_of_the_dropped_loss),
        cmocka_unit_test(bf16_stays_within_its_rounding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
