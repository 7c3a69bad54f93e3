/* A stored matrix: typed, row-major, lying in a mapped file (or in the arena when it is trained).
 * Row r of a linear layer's weight is output feature r, as in PyTorch. */
#ifndef YA_TENSOR_MATRIX_H
#define YA_TENSOR_MATRIX_H

#include "io/dtype.h"

typedef struct {
    const void *data; /* NULL: absent */
    ya_dtype type;
    int rows, cols;
    /* GGUF files of the llama architecture hold the rows of q and k, within each head, in the order
     * of interleaved rotary pairs. Here rows are always in Hugging Face's order (element j rotates
     * with j + HD/2): where interleaved_head_dim = HD > 0, row h*HD + i*HD/2 + j is stored at
     * h*HD + 2*j + i. */
    int interleaved_head_dim;
} ya_matrix;

#endif
