/* Named, typed tensors lying in mapped files: what safetensors and GGUF have in common. */
#ifndef YA_IO_TENSORS_H
#define YA_IO_TENSORS_H

#include "base/error.h"
#include "io/dtype.h"
#include "io/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { YA_MAX_DIMS = 4 };

typedef struct {
    const char *name; /* owned by the set */
    ya_dtype type;
    int n_dims;                 /* 0..4; 0 is a scalar */
    int64_t shape[YA_MAX_DIMS]; /* row-major as in PyTorch: the last one is contiguous; GGUF's is
                                   reversed */
    const void *data;           /* inside a mapped file, not necessarily aligned */
    uint64_t bytes;             /* checked: inside the file, and what type and shape ask for */
} ya_tensor;

/* Tensors sorted by name, and the files they lie in. */
typedef struct {
    ya_tensor *tensors;
    size_t n_tensors;
    ya_map *maps;
    size_t n_maps;
} ya_tensor_set;

/* The tensor of that name or NULL: binary search. */
const ya_tensor *ya_tensor_find(const ya_tensor_set *set, const char *name);

/* Number of elements; checked when the set was read, so it cannot overflow. */
int64_t ya_tensor_elements(const ya_tensor *tensor);

/* Closes the maps: every `data` of the set is then gone. {0} is an empty set. */
void ya_tensor_set_free(ya_tensor_set *set);

/* For the readers of formats. Sorts by name; returns a name that occurs twice, or NULL. */
const char *ya_tensor_set_sort(ya_tensor_set *set);

/* For the readers of formats. Fills `bytes` from type and shape; false when a dimension is
 * negative, the last one is not a multiple of the type's block, or the product (dimensions of 0
 * apart) overflows. */
bool ya_tensor_measure(ya_tensor *tensor);

#endif
