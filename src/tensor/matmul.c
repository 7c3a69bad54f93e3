#include "tensor/matmul.h"

#include "base/alloc.h"
#include "tensor/dnnl_compat.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Invariants:
 * 1. The table is open-addressed with a power of two of slots, never more than half full.
 * 2. A slot is used exactly when its primitive is not NULL; it then owns everything in it. */
typedef struct {
    ya_matmul_shape shape;
    dnnl_primitive_t primitive;
    dnnl_memory_t a, b, c, scratch;
    size_t scratch_bytes;
} kernel;

static struct {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    kernel *slots;
    size_t n_slots, n_used;
} cache;

static bool same_shape(const ya_matmul_shape *x, const ya_matmul_shape *y)
{
    return x->m == y->m && x->n == y->n && x->k == y->k && x->lda == y->lda && x->ldb == y->ldb &&
           x->ldc == y->ldc && x->type == y->type && x->a_transposed == y->a_transposed &&
           x->b_transposed == y->b_transposed && x->accumulate == y->accumulate;
}

static size_t hash_of(const ya_matmul_shape *s)
{
    const int parts[] = {
        s->m,   s->n,   s->k,         s->lda,
        s->ldb, s->ldc, (int)s->type, s->a_transposed | s->b_transposed << 1 | s->accumulate << 2};
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        h = (h ^ (uint64_t)(uint32_t)parts[i]) * 1099511628211u;
    return (size_t)(h ^ (h >> 29));
}

static kernel *slot_of(kernel *slots, size_t n_slots, const ya_matmul_shape *shape)
{
    size_t i = hash_of(shape) & (n_slots - 1);
    while (slots[i].primitive && !same_shape(&slots[i].shape, shape))
        i = (i + 1) & (n_slots - 1);
    return &slots[i];
}

static ya_status start(ya_error *err)
{
    if (cache.engine)
        return YA_OK;
    if (dnnl_engine_create(&cache.engine, dnnl_cpu, 0) != dnnl_success ||
        dnnl_stream_create(&cache.stream, cache.engine, dnnl_stream_default_flags) != dnnl_success)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "oneDNN has no CPU engine on this machine");
    return YA_OK;
}

static ya_status make_room(ya_error *err)
{
    if (cache.n_slots && (cache.n_used + 1) * 2 <= cache.n_slots)
        return YA_OK;
    size_t bigger = cache.n_slots ? cache.n_slots * 2 : 256;
    kernel *slots = ya_alloc_zero(bigger, sizeof *slots);
    if (!slots)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu matmul kernels", bigger);
    for (size_t i = 0; i < cache.n_slots; i++)
        if (cache.slots[i].primitive)
            *slot_of(slots, bigger, &cache.slots[i].shape) = cache.slots[i];
    ya_free(cache.slots);
    cache.slots = slots;
    cache.n_slots = bigger;
    return YA_OK;
}

static dnnl_status_t make_memory(dnnl_memory_t *out, ya_dnnl_desc_ref desc)
{
    return dnnl_memory_create(out, desc, cache.engine, DNNL_MEMORY_NONE);
}

/* The attributes: our scratchpad; c += when accumulating. */
static dnnl_status_t make_attributes(dnnl_primitive_attr_t *out, bool accumulate)
{
    dnnl_status_t s = dnnl_primitive_attr_create(out);
    if (s == dnnl_success)
        s = dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user);
    if (s == dnnl_success && accumulate) {
        dnnl_post_ops_t ops;
        s = dnnl_post_ops_create(&ops);
        if (s == dnnl_success) {
            s = ya_dnnl_append_sum(ops);
            if (s == dnnl_success)
                s = dnnl_primitive_attr_set_post_ops(*out, ops);
            dnnl_post_ops_destroy(ops);
        }
    }
    return s;
}

static dnnl_status_t make_kernel(kernel *k, const ya_matmul_shape *shape)
{
    dnnl_data_type_t type = shape->type == YA_BF16 ? dnnl_bf16 : dnnl_f32;
    ya_dnnl_desc a, b, c;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t desc = NULL;
    dnnl_status_t s =
        ya_dnnl_desc_2d(&a, shape->m, shape->k, type, shape->a_transposed ? 1 : shape->lda,
                        shape->a_transposed ? shape->lda : 1);
    s = s ? s
          : ya_dnnl_desc_2d(&b, shape->k, shape->n, type, shape->b_transposed ? 1 : shape->ldb,
                            shape->b_transposed ? shape->ldb : 1);
    s = s ? s : ya_dnnl_desc_2d(&c, shape->m, shape->n, dnnl_f32, shape->ldc, 1);
    s = s ? s : make_attributes(&attr, shape->accumulate);
    s = s ? s : ya_dnnl_matmul_desc(&desc, cache.engine, &a, &b, &c, attr);
    if (s == dnnl_success) {
        ya_dnnl_desc_ref scratch = dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
        k->scratch_bytes = ya_dnnl_desc_size(scratch);
        s = dnnl_primitive_create(&k->primitive, desc);
        s = s ? s : make_memory(&k->a, YA_DNNL_DESC_REF(a));
        s = s ? s : make_memory(&k->b, YA_DNNL_DESC_REF(b));
        s = s ? s : make_memory(&k->c, YA_DNNL_DESC_REF(c));
        s = s ? s : make_memory(&k->scratch, scratch);
        dnnl_primitive_desc_destroy(desc);
        ya_dnnl_desc_free(&a);
        ya_dnnl_desc_free(&b);
        ya_dnnl_desc_free(&c);
    }
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    k->shape = *shape;
    return s;
}

static void free_kernel(kernel *k)
{
    if (k->primitive)
        dnnl_primitive_destroy(k->primitive);
    dnnl_memory_t memories[] = {k->a, k->b, k->c, k->scratch};
    for (int i = 0; i < 4; i++)
        if (memories[i])
            dnnl_memory_destroy(memories[i]);
    memset(k, 0, sizeof *k);
}

static ya_status find_or_make(kernel **out, const ya_matmul_shape *shape, ya_error *err)
{
    ya_status status = start(err);
    if (status || (status = make_room(err)))
        return status;
    kernel *k = slot_of(cache.slots, cache.n_slots, shape);
    if (!k->primitive) {
        dnnl_status_t s = make_kernel(k, shape);
        if (s != dnnl_success) {
            free_kernel(k);
            return ya_fail(err, YA_ERR_UNSUPPORTED,
                           "oneDNN has no matmul for [%d,%d] x [%d,%d] (its status %d)", shape->m,
                           shape->k, shape->k, shape->n, (int)s);
        }
        cache.n_used++;
    }
    *out = k;
    return YA_OK;
}

ya_status ya_matmul_prepare(const ya_matmul_shape *shape, size_t *scratch_bytes, ya_error *err)
{
    kernel *k;
    ya_status status = find_or_make(&k, shape, err);
    if (!status && k->scratch_bytes > *scratch_bytes)
        *scratch_bytes = k->scratch_bytes;
    return status;
}

static _Noreturn void give_up(const char *reason)
{
    fprintf(stderr, "your_ai: internal error: matmul: %s\n", reason);
    abort();
}

void ya_matmul(const ya_matmul_shape *shape, const void *a, const void *b, float *c, void *scratch,
               size_t scratch_bytes)
{
    ya_error err;
    kernel *k;
    if (find_or_make(&k, shape, &err))
        give_up(err.text);
    if (k->scratch_bytes > scratch_bytes)
        give_up("the scratchpad is smaller than the kernel's");
    union {
        const void *in;
        void *out;
    } ua = {a}, ub = {b}; /* oneDNN takes its inputs without const */
    dnnl_memory_set_data_handle(k->a, ua.out);
    dnnl_memory_set_data_handle(k->b, ub.out);
    dnnl_memory_set_data_handle(k->c, c);
    dnnl_memory_set_data_handle(k->scratch, scratch);
    dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, k->a},
                              {DNNL_ARG_WEIGHTS, k->b},
                              {DNNL_ARG_DST, k->c},
                              {DNNL_ARG_SCRATCHPAD, k->scratch}};
    if (dnnl_primitive_execute(k->primitive, cache.stream, 4, args) != dnnl_success)
        give_up("oneDNN failed to execute");
}

bool ya_matmul_has_bf16(void)
{
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    return (isa & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
}

void ya_matmul_forget(void)
{
    for (size_t i = 0; i < cache.n_slots; i++)
        if (cache.slots[i].primitive)
            free_kernel(&cache.slots[i]);
    ya_free(cache.slots);
    if (cache.stream)
        dnnl_stream_destroy(cache.stream);
    if (cache.engine)
        dnnl_engine_destroy(cache.engine);
    memset(&cache, 0, sizeof cache);
}
