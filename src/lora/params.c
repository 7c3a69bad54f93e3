#include "lora/params.h"

#include "base/alloc.h"
#include "base/random.h"
#include "tensor/expand.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ALIGN_FLOATS = 16, NAME_BYTES = 128 };

static size_t aligned(size_t floats)
{
    return (floats + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
}

ya_lora_module ya_lora_module_of(const ya_lora_config *config, int layer, ya_target target,
                                 int n_layers)
{
    if (config->modules)
        return config->modules[layer * YA_N_TARGETS + (int)target];
    bool adapted = config->n_layers <= 0 || layer >= n_layers - config->n_layers;
    if (!adapted || !(config->targets >> target & 1u))
        return (ya_lora_module){0};
    return (ya_lora_module){config->rank, config->alpha};
}

static bool same_module(ya_lora_module a, ya_lora_module b)
{
    return a.rank == b.rank && !(a.rank > 0 && (a.alpha < b.alpha || a.alpha > b.alpha));
}

ya_status ya_lora_take_modules(ya_lora_config *config, ya_lora_module *modules, int n_layers,
                               const char *what, ya_error *err)
{
    int first = n_layers;
    bool plain = true;
    config->rank = 0;
    config->targets = 0;
    for (int i = n_layers * YA_N_TARGETS; i-- > 0;) {
        if (modules[i].rank == 0)
            continue;
        first = i / YA_N_TARGETS;
        config->targets |= 1u << i % YA_N_TARGETS;
        if (modules[i].rank > config->rank) {
            config->rank = modules[i].rank;
            config->alpha = modules[i].alpha;
        }
    }
    config->n_layers = first > 0 ? n_layers - first : 0;
    config->modules = NULL;
    for (int i = 0; i < n_layers * YA_N_TARGETS; i++)
        plain = plain &&
                same_module(modules[i], ya_lora_module_of(config, i / YA_N_TARGETS,
                                                          (ya_target)(i % YA_N_TARGETS), n_layers));
    if (config->rank > 0 && !plain) {
        config->modules = modules;
        config->n_layers = 0;
        return YA_OK;
    }
    ya_free(modules);
    return config->rank > 0 ? YA_OK
                            : ya_fail(err, YA_ERR_FORMAT, "%s adapts no module of the model", what);
}

static ya_status make_list(ya_params *params, int n, ya_error *err)
{
    params->params = ya_alloc_zero((size_t)n, sizeof *params->params);
    params->names = ya_alloc_zero((size_t)n, NAME_BYTES);
    if (!params->params || !params->names)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a list of %d parameters", n);
    return YA_OK;
}

/* Appends a parameter; returns its name to be filled. */
static char *add(ya_params *params, int64_t rows, int64_t cols, bool is_vector)
{
    int i = params->n_params++;
    char *name = params->names + (size_t)i * NAME_BYTES;
    params->params[i] =
        (ya_param){name, rows, cols, params->n_values, is_vector, .decay = !is_vector};
    params->n_values += aligned((size_t)rows * (size_t)cols);
    return name;
}

/* The four flat arrays; gradients and moments only when training. */
static void take_arrays(ya_params *params, bool train, ya_arena *arena)
{
    static const char run[] = "run";
    size_t n = params->n_values;
    params->value = ya_arena_take(arena, "trained", run, "trained parameters, f32", n, 4);
    if (!train)
        return;
    params->grad = ya_arena_take(arena, "gradients", run, "their gradients over a step", n, 4);
    params->moment1 = ya_arena_take(arena, "moments", run, "Adam's two moments", n, 4);
    params->moment2 = ya_arena_take(arena, "moments", run, "Adam's two moments", n, 4);
}

static ya_status list_lora(ya_params *params, const ya_model *model, const ya_lora_config *config,
                           ya_error *err)
{
    const ya_model_config *c = &model->config;
    ya_status status = make_list(params, 2 * YA_N_TARGETS * c->n_layers, err);
    for (int layer = 0; !status && layer < c->n_layers; layer++)
        for (int t = 0; t < YA_N_TARGETS; t++) {
            int rank = ya_lora_module_of(config, layer, (ya_target)t, c->n_layers).rank;
            if (rank == 0)
                continue;
            const char *path = ya_target_path((ya_target)t);
            static const char form[] = "base_model.model.model.layers.%d.%s.lora_%c.weight";
            char *a = add(params, rank, ya_target_in(c, (ya_target)t), false);
            snprintf(a, NAME_BYTES, form, layer, path, 'A');
            char *b = add(params, ya_target_out(c, (ya_target)t), rank, false);
            snprintf(b, NAME_BYTES, form, layer, path, 'B');
        }
    return status;
}

/* Points the pairs of the model into the arrays, in the order of list_lora. */
static void attach(const ya_params *params, ya_model *model, const ya_lora_config *config)
{
    const ya_model_config *c = &model->config;
    const ya_param *p = params->params;
    for (int layer = 0; layer < c->n_layers; layer++)
        for (int t = 0; t < YA_N_TARGETS; t++) {
            ya_lora_pair *pair = &model->layers[layer].linear[t].lora;
            memset(pair, 0, sizeof *pair);
            ya_lora_module module = ya_lora_module_of(config, layer, (ya_target)t, c->n_layers);
            if (module.rank == 0)
                continue;
            pair->rank = module.rank;
            pair->scale =
                (float)(module.alpha / (config->use_rslora ? sqrt(module.rank) : module.rank));
            if (params->value) {
                pair->a = params->value + p[0].offset;
                pair->b = params->value + p[1].offset;
            }
            if (params->grad) {
                pair->da = params->grad + p[0].offset;
                pair->db = params->grad + p[1].offset;
            }
            p += 2;
        }
}

ya_status ya_lora_layout(ya_params *params, ya_model *model, const ya_lora_config *config,
                         bool train, ya_arena *arena, ya_error *err)
{
    if (config->rank < 1 || !(config->targets & ((1u << YA_N_TARGETS) - 1)))
        return ya_fail(err, YA_ERR_USAGE,
                       "LoRA needs a rank of at least 1 and a target; rank is %d", config->rank);
    if (!params->params) {
        ya_status status = list_lora(params, model, config, err);
        if (status)
            return status;
    }
    take_arrays(params, train, arena);
    attach(params, model, config);
    return YA_OK;
}

/* Full fine-tuning: what can be trained of a model, walked in a fixed order. */
typedef struct {
    char name[NAME_BYTES]; /* Hugging Face's */
    ya_matrix *matrix;     /* or */
    const float **vector;
    float **gradient;
    int vector_size;
} tensor_slot;

typedef void slot_visit(void *user, const tensor_slot *slot);

static void visit_vector(const char *name, const float **vector, float **gradient, int n,
                         slot_visit *visit, void *user)
{
    if (!*vector)
        return;
    tensor_slot slot = {.vector = vector, .gradient = gradient, .vector_size = n};
    snprintf(slot.name, sizeof slot.name, "%s", name);
    visit(user, &slot);
}

static void visit_matrix(const char *name, ya_matrix *matrix, float **gradient, slot_visit *visit,
                         void *user)
{
    tensor_slot slot = {.matrix = matrix, .gradient = gradient};
    snprintf(slot.name, sizeof slot.name, "%s", name);
    visit(user, &slot);
}

static void visit_layer(ya_model *m, int layer, slot_visit *visit, void *user)
{
    const ya_model_config *c = &m->config;
    ya_layer *l = &m->layers[layer];
    char name[NAME_BYTES];
    const struct {
        const char *name;
        ya_norm *norm;
        int size;
    } norms[] = {{"input_layernorm", &l->attention_norm, c->hidden_size},
                 {"post_attention_layernorm", &l->mlp_norm, c->hidden_size},
                 {"self_attn.q_norm", &l->q_norm, c->head_dim},
                 {"self_attn.k_norm", &l->k_norm, c->head_dim}};
    for (int t = 0; t < YA_N_TARGETS; t++) {
        ya_linear *linear = &l->linear[t];
        const char *path = ya_target_path((ya_target)t);
        snprintf(name, sizeof name, "model.layers.%d.%s.weight", layer, path);
        visit_matrix(name, &linear->weight, &linear->dweight, visit, user);
        snprintf(name, sizeof name, "model.layers.%d.%s.bias", layer, path);
        visit_vector(name, &linear->bias, &linear->dbias, linear->weight.rows, visit, user);
    }
    for (size_t i = 0; i < sizeof norms / sizeof *norms; i++) {
        snprintf(name, sizeof name, "model.layers.%d.%s.weight", layer, norms[i].name);
        visit_vector(name, &norms[i].norm->weight, &norms[i].norm->dweight, norms[i].size, visit,
                     user);
    }
}

static void visit_all(ya_model *m, slot_visit *visit, void *user)
{
    visit_matrix("model.embed_tokens.weight", &m->embedding, &m->dembedding, visit, user);
    for (int layer = 0; layer < m->config.n_layers; layer++)
        visit_layer(m, layer, visit, user);
    visit_vector("model.norm.weight", &m->final_norm.weight, &m->final_norm.dweight,
                 m->config.hidden_size, visit, user);
    if (!m->config.tied)
        visit_matrix("lm_head.weight", &m->head, &m->dhead, visit, user);
}

typedef struct {
    ya_params *params;
    const char *const *patterns;
    size_t n_patterns;
} selection;

static void select_slot(void *user, const tensor_slot *slot)
{
    selection *s = user;
    bool wanted = false;
    for (size_t i = 0; i < s->n_patterns && !wanted; i++)
        wanted = fnmatch(s->patterns[i], slot->name, 0) == 0;
    if (!wanted)
        return;
    int64_t rows = slot->matrix ? slot->matrix->rows : slot->vector_size;
    int64_t cols = slot->matrix ? slot->matrix->cols : 1;
    snprintf(add(s->params, rows, cols, !slot->matrix), NAME_BYTES, "%s", slot->name);
}

typedef struct {
    const char *pattern;
    bool found;
} search;

static void look_for(void *user, const tensor_slot *slot)
{
    search *s = user;
    s->found = s->found || fnmatch(s->pattern, slot->name, 0) == 0;
}

typedef struct {
    ya_params *params;
    int next;
    bool train;
} binding;

/* Copies a chosen tensor into the arena and points the model there. */
static void bind_slot(void *user, const tensor_slot *slot)
{
    binding *b = user;
    if (b->next == b->params->n_params || strcmp(b->params->params[b->next].name, slot->name) != 0)
        return;
    static float not_yet; /* on a dry arena: trained, but nowhere yet */
    ya_param *p = &b->params->params[b->next++];
    if (slot->matrix && !p->source.data)
        p->source = *slot->matrix;
    if (slot->vector && !p->source_vector)
        p->source_vector = *slot->vector;
    float *value = b->params->value ? b->params->value + p->offset : &not_yet;
    if (b->train)
        *slot->gradient = b->params->grad ? b->params->grad + p->offset : &not_yet;
    if (slot->matrix)
        *slot->matrix = (ya_matrix){value, YA_F32, (int)p->rows, (int)p->cols, 0};
    if (!b->params->value)
        return;
    if (slot->matrix) {
        ya_expand_rows(&p->source, 0, (int)p->rows, value, YA_F32);
    } else {
        memcpy(value, p->source_vector, (size_t)p->rows * sizeof *value);
        *slot->vector = value;
    }
}

ya_status ya_trainable_layout(ya_params *params, ya_model *model, const char *const *patterns,
                              size_t n_patterns, bool train, ya_arena *arena, ya_error *err)
{
    if (!params->params) {
        ya_status status =
            make_list(params, 3 + (2 * YA_N_TARGETS + 4) * model->config.n_layers, err);
        if (status)
            return status;
        selection s = {params, patterns, n_patterns};
        visit_all(model, select_slot, &s);
        for (size_t i = 0; i < n_patterns; i++) {
            search one = {patterns[i], false};
            visit_all(model, look_for, &one);
            if (!one.found)
                return ya_fail(err, YA_ERR_USAGE,
                               "trainable: no tensor of the model matches \"%s\"", patterns[i]);
        }
        if (params->n_params == 0)
            return ya_fail(err, YA_ERR_USAGE, "lora_rank 0 needs trainable, e.g. --trainable '*'");
    }
    take_arrays(params, train, arena);
    binding b = {params, 0, train};
    visit_all(model, bind_slot, &b);
    if (model->config.tied)
        model->head = model->embedding;
    return YA_OK;
}

void ya_lora_init(ya_params *params, uint64_t seed)
{
    for (int i = 0; i + 1 < params->n_params; i += 2) {
        const ya_param *a = &params->params[i], *b = &params->params[i + 1];
        size_t n = (size_t)a->rows * (size_t)a->cols;
        float bound = 1.0f / sqrtf((float)a->cols);
        uint64_t key = ya_splitmix64(seed, (uint64_t)i);
        for (size_t j = 0; j < n; j++)
            params->value[a->offset + j] =
                bound * (2.0f * ya_unit_float(ya_splitmix64(key, j)) - 1.0f);
        memset(params->value + b->offset, 0, (size_t)b->rows * (size_t)b->cols * sizeof(float));
    }
}

void ya_params_free(ya_params *params)
{
    ya_free(params->params);
    ya_free(params->names);
    memset(params, 0, sizeof *params);
}
