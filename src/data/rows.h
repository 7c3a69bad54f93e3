/* Records to rows, rows to passes: pure functions over integers. spec/training.md.
 *
 * Invariants:
 *  1. A record of T tokens gives rows over tokens [j (M - 1), j (M - 1) + M), M = max_seq_length:
 *     rows overlap by one token, so every target but the record's first token (which is none) is
 *     predicted in exactly one row.
 *     Rows that keep their context (answers) begin earlier: each target sees all that stands
 *     before it in the record, or M / 2 tokens of it at least, and counts in one row all the same.
 *  2. A row feeds only the tokens that stand before its last counted target: what follows cannot
 *     change the loss. A row without a counted target is left out.
 *  3. Each row lies in exactly one pass, and no pass exceeds its capacity. */
#ifndef YA_DATA_ROWS_H
#define YA_DATA_ROWS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t at;       /* index of its first token in the data set */
    int32_t length;    /* tokens fed; the last target is token at + length */
    int32_t first;     /* tokens before at + first are context in this row: >= 1 */
    int32_t n_targets; /* > 0 */
    int32_t record;    /* whose it is: the caller's number */
    int32_t pass;
} ya_row;

/* The most rows that a record of `length` tokens can give. */
uint64_t ya_rows_bound(uint64_t length, int max_seq_length);

/* Writes the rows of one record (tokens[0 .. length) as in ya_dataset.tokens, `at` the index of
 * the first) and returns their number, at most ya_rows_bound. */
int ya_rows_cut(const uint32_t *tokens, uint64_t at, uint32_t length, int max_seq_length,
                bool keep_context, int32_t record, ya_row *rows);

/* Gives each row its pass and sorts the rows by (pass, the order given). Returns the number of
 * passes.
 *   packing:  first-fit decreasing; the rows of a pass hold at most `capacity` tokens together.
 *   else:     in the order given; number of rows x longest row is at most `capacity`.
 *   capacity  at least the longest row
 *   scratch   [n] */
int ya_rows_plan(ya_row *rows, int n, int capacity, bool packing, int32_t *scratch);

#endif
