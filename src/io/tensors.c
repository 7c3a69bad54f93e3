#include "io/tensors.h"

#include "base/alloc.h"
#include "base/checked.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(((const ya_tensor *)a)->name, ((const ya_tensor *)b)->name);
}

const ya_tensor *ya_tensor_find(const ya_tensor_set *set, const char *name)
{
    ya_tensor key = {.name = name};
    if (set->n_tensors == 0)
        return NULL;
    return bsearch(&key, set->tensors, set->n_tensors, sizeof key, by_name);
}

const char *ya_tensor_set_sort(ya_tensor_set *set)
{
    if (set->n_tensors > 1)
        qsort(set->tensors, set->n_tensors, sizeof *set->tensors, by_name);
    for (size_t i = 1; i < set->n_tensors; i++)
        if (strcmp(set->tensors[i - 1].name, set->tensors[i].name) == 0)
            return set->tensors[i].name;
    return NULL;
}

int64_t ya_tensor_elements(const ya_tensor *tensor)
{
    int64_t n = 1;
    for (int i = 0; i < tensor->n_dims; i++)
        n *= tensor->shape[i];
    return n;
}

bool ya_tensor_measure(ya_tensor *tensor)
{
    /* A dimension of 0 must not hide an overflow of the others: callers multiply them in any order.
     */
    uint64_t n = 1;
    bool empty = false;
    for (int i = 0; i < tensor->n_dims; i++) {
        if (tensor->shape[i] < 0)
            return false;
        empty |= tensor->shape[i] == 0;
        if (tensor->shape[i] && !ya_mul_u64(n, (uint64_t)tensor->shape[i], &n))
            return false;
    }
    if (n > INT64_MAX)
        return false;
    int64_t row = tensor->n_dims ? tensor->shape[tensor->n_dims - 1] : 1;
    if (row % ya_dtype_get(tensor->type)->block_size != 0)
        return false;
    return ya_dtype_bytes(tensor->type, empty ? 0 : n, &tensor->bytes);
}

void ya_tensor_set_free(ya_tensor_set *set)
{
    for (size_t i = 0; i < set->n_tensors; i++)
        ya_free((void *)set->tensors[i].name);
    for (size_t i = 0; i < set->n_maps; i++)
        ya_map_close(&set->maps[i]);
    ya_free(set->tensors);
    ya_free(set->maps);
    *set = (ya_tensor_set){0};
}
