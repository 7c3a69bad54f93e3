/* Makes memory that comes by and by, in libraries and on stacks, come before the plan measures what
 * this process holds: so that the plan is exact, and memory constant from the first step on. */
#ifndef YA_TRAIN_SETTLE_H
#define YA_TRAIN_SETTLE_H

#include <stddef.h>

/* Starts the threads, commits all stacks deeper than any step or saving a checkpoint goes, and uses
 * libcrypto once. */
void ya_settle_begin(void);

/* Once the kernels are made: runs them (tensor/rehearsal.h), beside a little heap that stays
 * committed for the small blocks that opening a run and saving checkpoints take. Returns 0, or the
 * bytes of address space that running them needs and that a limit does not leave. */
size_t ya_settle_kernels(void);

#endif
