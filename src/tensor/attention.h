/* Causal attention inside rows, tile by tile: no T x T matrix, only the causal (and windowed) half.
 *
 * T tokens in rows back to back; H query heads, HKV key and value heads (query head h reads key
 * head h / (H / HKV)), head size HD. Scores and sums are f32. Dao et al. 2022; Dao 2023. */
#ifndef YA_TENSOR_ATTENTION_H
#define YA_TENSOR_ATTENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int n_heads, n_kv_heads, head_dim;
    int window; /* query i sees keys j with i - window < j <= i; 0: all earlier ones */
    bool bf16;  /* o is bf16 (the input of the next matmul), and products but the scores round what
                   they multiply to bf16 where the processor has it; all else is f32 */
    int threads;
    int n_rows;
    const int32_t *row_start; /* [n_rows + 1] */
    /* Forward only, all 0 or NULL without. What stands before a row: `n_past` tokens that all rows
     * share, then the tokens of its parent. Positions go on through the three. */
    int n_past;
    const float *past_k, *past_v; /* [n_past, HKV*HD] */
    const int32_t *row_parent;    /* [n_rows]: a row that has no parent itself, or -1 */
} ya_attention;

/* Bytes of 64-byte aligned scratch for at most `tokens` tokens in rows of at most max_row, what
 * stands before a row included. */
size_t ya_attention_scratch(const ya_attention *a, int tokens, int max_row, bool backward);

/* o = softmax(q k^T / sqrt(HD)) v.
 *   q, o  [T, H*HD], k, v [T, HKV*HD]
 *   lse   [T, H] f32, out: ln sum exp of the scaled scores, kept for backward; may be NULL
 * Allocates nothing. A task is a row and a head; each writes its own part, so results do not depend
 * on which thread takes it. */
void ya_attention_forward(const ya_attention *a, const float *q, const float *k, const float *v,
                          void *o, float *lse, void *scratch, int max_row);

/* Gradients dq [T, H*HD], dk, dv [T, HKV*HD] f32, overwritten; dout [T, H*HD] f32. */
void ya_attention_backward(const ya_attention *a, const float *q, const float *k, const float *v,
                           const void *o, const float *lse, const float *dout, float *dq, float *dk,
                           float *dv, void *scratch, int max_row);

#endif
