/* What oneDNN allocates while a product runs (code that it generates on first use, buffers into
 * which its classic gemm packs operands) cannot be asked for; it can be seen. Running the prepared
 * kernels once, before memory is measured, makes it part of what is measured. */
#ifndef YA_TENSOR_REHEARSAL_H
#define YA_TENSOR_REHEARSAL_H

#include <stddef.h>

/* Keeps freed heap committed from now on, so that what a product allocates stays resident and is
 * there again for the next one: memory is constant, and measured once it is measured. */
void ya_rehearsal_keep_heap(void);

/* Runs the kernels that ya_matmul_prepare has made: small ones all, of large ones that differ only
 * in size the largest. Operands are zeros that take no anonymous memory. Returns 0, or the bytes of
 * address space that it needs and that are not to be had; no kernel has run then. */
size_t ya_rehearsal_run(void);

#endif
