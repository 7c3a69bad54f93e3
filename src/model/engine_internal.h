/* The engine's insides, shared by the engine_*.c files.
 *
 * Buffers of a pass; M is the number of tokens, rounded up to `bucket` with tokens of a row of
 * their own that no target looks at, so that the matmul kernels of few shapes serve every pass.
 * `act` is bf16 in the bf16 mode, else f32.
 *
 *     per layer (a slot):  x_in x_mid [M,D] f32 | q [M,H*HD] k v [M,HKV*HD] f32 | o [M,H*HD] act |
 * gate up [M,F] act | rstd of the norms, lse [M,H] f32 | LoRA's scaled A x of each target [M,R] act
 *     shared:              see engine_layout.c
 *
 * Invariants:
 * 1. Layers below first_trained share the slot of first_trained: nothing of theirs is read again.
 * 2. With grad_checkpoint all slots share everything but x_in; layer_forward fills it again in
 * backward.
 * 3. Without train there is one slot, and x_in, the output of the last layer too, is one buffer.
 * 4. While `decoding`, k and v of a slot are copied into the cache and attention reads the cache.
 * 5. While `preparing`, linear_* only makes matmul kernels; no buffer is touched. */
#ifndef YA_MODEL_ENGINE_INTERNAL_H
#define YA_MODEL_ENGINE_INTERNAL_H

#include "model/engine.h"
#include "tensor/attention.h"
#include "tensor/kernels.h"

typedef struct {
    float *x_in, *x_mid;
    float *q, *k, *v;
    void *o, *gate, *up;
    float *q_raw, *k_raw; /* before the q and k norms; NULL without them */
    float *rstd_attention, *rstd_mlp, *rstd_q, *rstd_k, *lse;
    void *ax[YA_N_TARGETS]; /* NULL: no LoRA there */
} ya_slot;

struct ya_engine {
    ya_model *model;
    ya_engine_config config;
    const ya_kernels *kernels;
    ya_dtype type; /* of matmul inputs: YA_F32 or YA_BF16 */
    bool bf16;
    int bucket, capacity; /* tokens; capacity is a multiple of bucket */
    int first_trained;    /* lowest layer with something trained */
    bool embedding_trained;
    int max_rank;

    ya_slot *slots; /* [n_layers] */
    float *x_last;  /* output of the last layer */

    /* the pass at hand */
    int m;
    int n_rows, max_row;
    int32_t *ids, *row_start;
    int32_t *row_parent; /* NULL: the engine keeps no cache */
    float *cos, *sin;    /* [M, HD/2] */
    ya_attention attention;
    uint64_t dropout_key;
    bool dropout;    /* in this pass */
    bool mixes_rows; /* in this pass, as tensor/matmul.h says: when it trains */

    /* scratch */
    void *xn;            /* [M,D] act: output of a norm */
    float *dqkv;         /* [M,(H+2HKV)*HD]: gradients of q, k, v */
    void *dqkv_input;    /* the gradients as matmul inputs */
    float *mlp;          /* gate and up before they are stored, then dh */
    void *h;             /* [M,F] act */
    float *dx, *dxn;     /* [M,D]: gradient of the residual stream, of a norm's output */
    void *dy;            /* [M,D] act: dx as matmul input */
    float *dattention;   /* [M,H*HD] */
    float *ax, *dropped; /* [M,R] f32; [M,widest] of LoRA dropout */
    void *dax, *cast;    /* [M,R] act; a LoRA matrix as bf16 */
    void *x_dropped;     /* [M,widest] act */
    void *tile;          /* expanded weights */
    void *attention_scratch, *matmul_scratch;
    size_t matmul_scratch_bytes;

    /* head */
    int chunk;         /* most rows of logits at a time */
    int logits_stride; /* V and up to 31 more: whole cache lines, an odd number, so that the rows
                          of a tile are in different sets of the cache */
    float *logits;     /* [chunk,logits_stride], then their gradient as matmul input, in the same
                          places */
    float *x_target,
        *dx_target; /* [chunk,D]: last hidden state of the targets, gradient of its norm */
    float *dx_rows; /* [chunk,D]: gradient of x_target */
    float *rstd_target;
    void *xn_target; /* [chunk,D] act */

    /* decoding: keys [layer][cache_tokens, HKV*HD] after rotation, values likewise */
    float *cache_k, *cache_v;
    int position; /* tokens in the cache; that of the stretch at hand while decoding */
    bool decoding;
    float *decode_scratch; /* [threads][YA_FEW_TOKENS * D + cache_tokens] */
    size_t decode_stride;
    uint8_t *decode_digits; /* [threads][YA_FEW_TOKENS, widest input] as digits (products.h) */
    size_t digits_stride;
    float *decode_low; /* [3][YA_FEW_TOKENS, R]: A x of layers that share their input */

    bool preparing;
    ya_status status; /* of preparing */
    ya_error *err;
};

/* engine.c: cos and sin of token t of the pass at that position of a row of that length, as far as
 * it is known when the token is taken in: keys in the cache stay as they were turned. */
void ya_engine_rotation(ya_engine *e, int t, int position, int length);

/* engine_linear.c: y [M, out] f32 (+)= W x + bias + scale B A x; x is act; `ax` keeps the scaled A
 * x, and may be NULL when nothing is trained. `stream` tells dropout masks apart. */
void ya_engine_linear_forward(ya_engine *e, const ya_linear *linear, int m, const void *x, float *y,
                              bool accumulate, void *ax, int stream);
/* Only scale * A x, kept in `ax` (e->dax when NULL), as the forward does; returns it. */
const void *ya_engine_low_rank(ya_engine *e, const ya_linear *linear, int m, const void *x,
                               void *ax, int stream);
/* dx [M, in] f32 (+)= its share of dy [M, out] act; leaves e->dax for the weights. */
void ya_engine_linear_backward(ya_engine *e, const ya_linear *linear, int m, const void *dy,
                               float *dx, bool accumulate, bool want_dx, int stream);
/* Adds to the gradients of the linear's trained parts; after ya_engine_linear_backward of the same
 * one. */
void ya_engine_linear_gradients(ya_engine *e, const ya_linear *linear, int m, const void *x,
                                const void *ax, const void *dy, int stream);
/* A product of m rows with a weight [n, k] over its tiles; rows of `in` and `out` are ld_in and
 * ld_out elements apart. With a rank the low-rank update low[m, rank] times lora->b[n, rank]^T, or
 * times lora->a[rank, k], is added. */
typedef struct {
    int m;
    const void *in; /* act */
    int ld_in;
    float *out;
    int ld_out;
    bool accumulate;
    bool mixes_rows;        /* matmul.h */
    const void *low, *lora; /* act */
    int rank;
} ya_times;
/* out[m,n] (+)= in[m,k] W^T;  out[m,k] (+)= in[m,n] W */
void ya_engine_times_transposed(ya_engine *e, const ya_matrix *w, const ya_times *p);
void ya_engine_times(ya_engine *e, const ya_matrix *w, const ya_times *p);
/* dweight[n,k] += dy[m,n]^T x[m,k]; rows of dy are ldy elements apart */
void ya_engine_outer(ya_engine *e, int m, int n, int k, const void *dy, int ldy, const void *x,
                     float *dweight);
/* Rows of a tile of W. */
int ya_engine_tile_rows(const ya_engine *e, const ya_matrix *w);

/* engine_decode.c: attention over the cache and the pass's own keys, which then join the cache. */
void ya_engine_cached_attention(ya_engine *e, int layer);
/* engine_token.c: the e->m <= YA_FEW_TOKENS tokens whose embeddings are in the first x_in, behind
 * those in the cache; logits [V] of the last unless NULL. Behind a longer pass: those of a row of
 * x_last. */
enum { YA_FEW_TOKENS = 8 };
void ya_engine_few_tokens(ya_engine *e, float *logits);
void ya_engine_logits(ya_engine *e, int row, float *logits);

/* engine_prefix.c: rows that stand behind the cache or behind other rows of the pass. begin sets
 * attention and max_row, once row_start and n_rows are set; layer points at a layer's keys. */
void ya_engine_prefix_begin(ya_engine *e, const ya_pass *pass);
void ya_engine_prefix_layer(ya_engine *e, int layer);
/* engine_decode.c */
float *ya_engine_cache(const ya_engine *e, float *cache, int layer);

/* engine_layer.c */
void ya_engine_layer_forward(ya_engine *e, int layer, float *x_out);
void ya_engine_layer_backward(ya_engine *e, int layer);
bool ya_linear_trained(const ya_linear *linear);
bool ya_layer_trained(const ya_layer *layer);

/* engine_head.c */
void ya_engine_head(ya_engine *e, const ya_pass *pass, bool backward);
void ya_engine_head_prepare(ya_engine *e);

/* engine_rows.c: element-wise passes over rows, split over threads */
void ya_rows_norm(ya_engine *e, int m, int n, const float *x, const float *weight, void *y,
                  float *rstd);
void ya_rows_norm_again(ya_engine *e, int m, int n, const float *x, const float *weight,
                        const float *rstd, void *y);
void ya_rows_norm_backward(ya_engine *e, int m, int n, const float *dy, const float *x,
                           const ya_norm *norm, const float *rstd, float *dx);
void ya_rows_copy(float *to, const float *from, int m, int n);
const void *ya_rows_as_input(ya_engine *e, const float *x, size_t n,
                             void *room); /* x itself in f32 */
void ya_rows_add_bias(float *y, const float *bias, int m, int n);
void ya_rows_bias_gradient(ya_engine *e, const void *dy, int m, int n, float *dbias);

#endif
