/* Token ids from a file: [[int, ...], ...]. */
#ifndef YA_EVAL_IDS_H
#define YA_EVAL_IDS_H

#include "base/buffer.h"
#include "base/error.h"

typedef struct {
    ya_ids *lists;
    size_t n_lists;
} ya_id_lists;

/* Every id must be in [0, vocab); no list may be empty: YA_ERR_DATA naming list and position. Free
 * with ya_id_lists_free. */
ya_status ya_id_lists_read(ya_id_lists *lists, const char *path, int vocab, ya_error *err) YA_CHECK;
void ya_id_lists_free(ya_id_lists *lists);

#endif
