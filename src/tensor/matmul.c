#include "tensor/matmul.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/room.h"
#include "base/libraries.h"
#include "tensor/dnnl_compat.h"
#include "tensor/panels.h"
#include "tensor/strassen.h"
#include "tensor/thin.h"

#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Invariants:
 * 1. The table is open-addressed with a power of two of slots, never more than half full.
 * 2. A slot is used exactly when it has threads; it then owns everything in it.
 * 3. A kernel is one part that oneDNN spreads over the threads, or a part a thread, each for
 * itself, or none where strassen.h (its shape then mixes_rows), panels.h or thin.h makes the
 * product. The second is for oneDNN's classic
 * gemm, whose threads otherwise wait for each other in a loop that never sleeps: with one more busy
 * process on the machine it stands still for whole time slices. */
typedef struct {
    dnnl_primitive_t primitive;
    dnnl_memory_t a, b, c, scratch;
    size_t at_a, at_b, at_c, at_scratch; /* bytes from the operands' beginnings */
} part;

enum { MAX_PARTS = 256, LEAST_SPLIT = 16 };

typedef struct {
    ya_matmul_shape shape;
    part *parts;
    int n_parts, threads;
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
           x->b_transposed == y->b_transposed && x->accumulate == y->accumulate &&
           x->mixes_rows == y->mixes_rows;
}

static size_t hash_of(const ya_matmul_shape *s)
{
    const int flags =
        s->a_transposed | s->b_transposed << 1 | s->accumulate << 2 | s->mixes_rows << 3;
    const int parts[] = {s->m, s->n, s->k, s->lda, s->ldb, s->ldc, (int)s->type, flags};
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        h = (h ^ (uint64_t)(uint32_t)parts[i]) * 1099511628211u;
    return (size_t)(h ^ (h >> 29));
}

static kernel *slot_of(kernel *slots, size_t n_slots, const ya_matmul_shape *shape)
{
    size_t i = hash_of(shape) & (n_slots - 1);
    while (slots[i].threads && !same_shape(&slots[i].shape, shape))
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
    (void)dnnl_set_primitive_cache_capacity(0); /* the table above is ours; another would keep what
                                                   ya_matmul_forget frees */
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
        if (cache.slots[i].threads)
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

/* A primitive for `shape`; *classic tells whether it is oneDNN's classic gemm. */
static dnnl_status_t make_part(part *p, const ya_matmul_shape *shape, size_t *scratch_bytes,
                               bool *classic)
{
    dnnl_data_type_t type = shape->type == YA_BF16 ? dnnl_bf16 : dnnl_f32;
    ya_dnnl_desc a, b, c;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t desc = NULL;
    bool ta = shape->a_transposed, tb = shape->b_transposed;
    dnnl_status_t s =
        ya_dnnl_desc_2d(&a, shape->m, shape->k, type, ta ? 1 : shape->lda, ta ? shape->lda : 1);
    s = s ? s
          : ya_dnnl_desc_2d(&b, shape->k, shape->n, type, tb ? 1 : shape->ldb, tb ? shape->ldb : 1);
    s = s ? s : ya_dnnl_desc_2d(&c, shape->m, shape->n, dnnl_f32, shape->ldc, 1);
    s = s ? s : make_attributes(&attr, shape->accumulate);
    s = s ? s : ya_dnnl_matmul_desc(&desc, cache.engine, &a, &b, &c, attr);
    if (s == dnnl_success) {
        const char *name = "";
        dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name);
        *classic = strncmp(name, "brg", 3) != 0;
        ya_dnnl_desc_ref scratch = dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
        *scratch_bytes = ya_dnnl_desc_size(scratch);
        s = dnnl_primitive_create(&p->primitive, desc);
        s = s ? s : make_memory(&p->a, YA_DNNL_DESC_REF(a));
        s = s ? s : make_memory(&p->b, YA_DNNL_DESC_REF(b));
        s = s ? s : make_memory(&p->c, YA_DNNL_DESC_REF(c));
        s = s ? s : make_memory(&p->scratch, scratch);
        dnnl_primitive_desc_destroy(desc);
        ya_dnnl_desc_free(&a);
        ya_dnnl_desc_free(&b);
        ya_dnnl_desc_free(&c);
    }
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    return s;
}

static void free_part(part *p)
{
    dnnl_memory_t memories[] = {p->a, p->b, p->c, p->scratch};
    if (p->primitive)
        dnnl_primitive_destroy(p->primitive);
    for (int i = 0; i < 4; i++)
        if (memories[i])
            dnnl_memory_destroy(memories[i]);
    memset(p, 0, sizeof *p);
}

static void free_kernel(kernel *k)
{
    for (int i = 0; k->parts && i < k->n_parts; i++)
        free_part(&k->parts[i]);
    ya_free(k->parts);
    memset(k, 0, sizeof *k);
}

/* Part i of n of a shape: a stretch of the longer of m and n, and where its operands begin. */
static ya_matmul_shape stretch(const ya_matmul_shape *whole, int i, int n, part *p)
{
    ya_matmul_shape s = *whole;
    size_t element = whole->type == YA_BF16 ? 2 : 4;
    bool columns = whole->n >= whole->m;
    int all = columns ? whole->n : whole->m, units = (all + LEAST_SPLIT - 1) / LEAST_SPLIT;
    int begin = units * i / n * LEAST_SPLIT, end = units * (i + 1) / n * LEAST_SPLIT;
    end = end < all ? end : all;
    size_t at = (size_t)begin;
    if (columns) {
        s.n = end - begin;
        p->at_b = at * element * (whole->b_transposed ? (size_t)whole->ldb : 1);
        p->at_c = at * sizeof(float);
    } else {
        s.m = end - begin;
        p->at_a = at * element * (whole->a_transposed ? 1 : (size_t)whole->lda);
        p->at_c = at * sizeof(float) * (size_t)whole->ldc;
    }
    return s;
}

/* Replaces the one part by a part a thread, each made for one thread. */
static dnnl_status_t split_kernel(kernel *k, int threads)
{
    int longer = k->shape.n >= k->shape.m ? k->shape.n : k->shape.m;
    int n = longer / LEAST_SPLIT < threads ? longer / LEAST_SPLIT : threads;
    n = n < MAX_PARTS ? n : MAX_PARTS;
    part *parts = n > 1 ? ya_alloc_zero((size_t)n, sizeof *parts) : NULL;
    if (!parts)
        return dnnl_success; /* too small to be worth it, or no memory: the one part serves */
    dnnl_status_t s = dnnl_success;
    size_t scratch = 0;
    omp_set_num_threads(1); /* oneDNN plans for the threads that it finds */
    for (int i = 0; i < n && !s; i++) {
        bool classic;
        size_t bytes = 0;
        ya_matmul_shape shape = stretch(&k->shape, i, n, &parts[i]);
        s = make_part(&parts[i], &shape, &bytes, &classic);
        parts[i].at_scratch = scratch;
        scratch += ya_round_up(bytes, 64);
    }
    omp_set_num_threads(threads);
    kernel split = {k->shape, parts, n, threads, scratch};
    if (s) {
        free_kernel(&split);
        return s;
    }
    free_kernel(k);
    *k = split;
    return dnnl_success;
}

static dnnl_status_t make_kernel(kernel *k, const ya_matmul_shape *shape)
{
    bool classic = false;
    int threads = omp_get_max_threads();
    *k = (kernel){.shape = *shape, .threads = threads};
    if (shape->mixes_rows) {
        k->scratch_bytes = ya_strassen_scratch_bytes(threads);
        return dnnl_success;
    }
    if (ya_panels_suit(shape)) {
        k->scratch_bytes = ya_panels_scratch_bytes(shape, threads);
        return dnnl_success;
    }
    if (ya_thin_suits(shape))
        return dnnl_success;
    k->n_parts = 1;
    k->parts = ya_alloc_zero(1, sizeof *k->parts);
    if (!k->parts)
        return dnnl_out_of_memory;
    dnnl_status_t s = make_part(&k->parts[0], shape, &k->scratch_bytes, &classic);
    return s || !classic || threads == 1 ? s : split_kernel(k, threads);
}

static ya_status find_or_make(kernel **out, const ya_matmul_shape *shape, ya_error *err)
{
    ya_status status = start(err);
    if (status || (status = make_room(err)))
        return status;
    ya_matmul_shape key = *shape;
    key.mixes_rows = ya_strassen_suits(shape); /* else the same kernel serves */
    kernel *k = slot_of(cache.slots, cache.n_slots, &key);
    if (!k->threads) {
        if (!ya_has_room(YA_LIBRARY_ROOM))
            return ya_fail_room(YA_LIBRARY_ROOM, "making a kernel of the matrix library", err);
        ya_library_enter("oneDNN");
        dnnl_status_t s = make_kernel(k, &key);
        ya_library_leave();
        if (s != dnnl_success) {
            free_kernel(k);
            if (s == dnnl_out_of_memory)
                return ya_fail(err, YA_ERR_MEMORY, "out of memory for a matmul kernel");
            if (shape->type == YA_BF16 && s == dnnl_unimplemented)
                return ya_fail(err, YA_ERR_UNSUPPORTED,
                               "oneDNN has no bf16 products for this processor: pass --dtype f32");
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

int ya_matmul_places(void)
{
    return (int)cache.n_slots;
}

const ya_matmul_shape *ya_matmul_at(int place, size_t *scratch_bytes)
{
    const kernel *k = &cache.slots[place];
    *scratch_bytes = k->scratch_bytes;
    return k->threads ? &k->shape : NULL;
}

static _Noreturn void give_up(const char *reason)
{
    fprintf(stderr, "your_ai: internal error: matmul: %s\n", reason);
    abort();
}

/* Between two layers nothing can be undone, and nothing is half written: the newest checkpoint
 * stands. */
static _Noreturn void run_out_of_memory(void)
{
    static const char text[] = "your_ai: the matrix library found no memory for a product (ulimit "
                               "-v or -d, or the machine's memory, is short)\n";
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(ya_exit_code(YA_ERR_MEMORY));
}

typedef struct {
    const void *a, *b;
    float *c;
    void *scratch;
} operands;

static dnnl_status_t execute(const part *p, const operands *o)
{
    union {
        const char *in;
        void *out;
    } a = {(const char *)o->a + p->at_a},
      b = {(const char *)o->b + p->at_b}; /* oneDNN takes no const */
    dnnl_memory_set_data_handle(p->a, a.out);
    dnnl_memory_set_data_handle(p->b, b.out);
    dnnl_memory_set_data_handle(p->c, (char *)o->c + p->at_c);
    dnnl_memory_set_data_handle(p->scratch, (char *)o->scratch + p->at_scratch);
    dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, p->a},
                              {DNNL_ARG_WEIGHTS, p->b},
                              {DNNL_ARG_DST, p->c},
                              {DNNL_ARG_SCRATCHPAD, p->scratch}};
    return dnnl_primitive_execute(p->primitive, cache.stream, 4, args);
}

static void execute_all(const kernel *k, const operands *o)
{
    int failed = 0; /* the greatest dnnl_status_t */
    ya_library_enter("oneDNN");
    if (k->n_parts == 1)
        failed = (int)execute(&k->parts[0], o);
    else {
#pragma omp parallel for schedule(static, 1) num_threads(k->n_parts) reduction(max : failed)
        for (int i = 0; i < k->n_parts; i++) {
            int result = (int)execute(&k->parts[i], o);
            failed = result > failed ? result : failed;
        }
    }
    if (failed == dnnl_out_of_memory)
        run_out_of_memory();
    if (failed)
        give_up("oneDNN failed to execute");
    ya_library_leave();
}

static const kernel *kernel_for(const ya_matmul_shape *shape, size_t scratch_bytes)
{
    ya_error err;
    kernel *k;
    if (find_or_make(&k, shape, &err))
        give_up(err.text);
    if (k->scratch_bytes > scratch_bytes)
        give_up("the scratchpad is smaller than the kernel's");
    return k;
}

void ya_matmul(const ya_matmul_shape *shape, const void *a, const void *b, float *c, void *scratch,
               size_t scratch_bytes)
{
    const kernel *k = kernel_for(shape, scratch_bytes);
    if (k->parts)
        execute_all(k, &(operands){a, b, c, scratch});
    else if (k->shape.mixes_rows)
        ya_strassen_multiply(shape, a, b, NULL, c, scratch, k->threads);
    else if (shape->a_transposed)
        ya_thin_multiply(shape, a, b, c, k->threads);
    else
        ya_panels_multiply(shape, a, b, c, scratch, k->threads);
}

void ya_matmul_two(const ya_matmul_shape *shape, const void *a, const void *b,
                   const ya_matmul_shape *second, const void *a2, const void *b2, float *c,
                   void *scratch, size_t scratch_bytes)
{
    const kernel *k = kernel_for(shape, scratch_bytes);
    if (k->shape.mixes_rows && ya_strassen_takes(shape, second)) {
        ya_strassen_more more = {a2, b2, second->k, second->lda, second->ldb};
        ya_strassen_multiply(shape, a, b, &more, c, scratch, k->threads);
        return;
    }
    ya_matmul(shape, a, b, c, scratch, scratch_bytes);
    ya_matmul(second, a2, b2, c, scratch, scratch_bytes);
}

bool ya_matmul_has_bf16(void)
{
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    return (isa & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
}

void ya_matmul_forget(void)
{
    for (size_t i = 0; i < cache.n_slots; i++)
        if (cache.slots[i].threads)
            free_kernel(&cache.slots[i]);
    ya_free(cache.slots);
    if (cache.stream)
        dnnl_stream_destroy(cache.stream);
    if (cache.engine)
        dnnl_engine_destroy(cache.engine);
    memset(&cache, 0, sizeof cache);
}
