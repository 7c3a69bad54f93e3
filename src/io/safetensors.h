/* safetensors: u64 little-endian header length, JSON header, data.
 *
 *     | n: u64 | {"name":{"dtype":"F32","shape":[2,3],"data_offsets":[b,e]},...,"__metadata__":{}}
 * | bytes |
 *
 * Offsets count from the end of the header. https://github.com/huggingface/safetensors#format */
#ifndef YA_IO_SAFETENSORS_H
#define YA_IO_SAFETENSORS_H

#include "io/sink.h"
#include "io/tensors.h"

/* Reads one file. Every number in the header is checked against the file before it is used: sizes
 * that overflow, overlap, leave the file or do not fit type and shape are YA_ERR_FORMAT with file
 * and tensor; a dtype we do not know is YA_ERR_UNSUPPORTED. Tensors of 0 elements are kept. The
 * header is at most 100 MB. */
ya_status ya_safetensors_open(ya_tensor_set *set, const char *path, ya_error *err) YA_CHECK;

/* Reads the model in a directory: model.safetensors, or the shards that
 * model.safetensors.index.json names (its weight_map must agree with the shards; shard names may
 * not leave the directory). */
ya_status ya_safetensors_open_dir(ya_tensor_set *set, const char *dir, ya_error *err) YA_CHECK;

/* Writes the tensors (any order; written by element size, largest first, then by name, the data
 * 64-byte aligned by padding the header) with the given metadata pairs (may be NULL) to `path`,
 * fsynced. On failure (disk full) the file is removed. Streams straight from `data`; allocates only
 * the header, from `scratch` (8-byte aligned; NULL: ya_alloc). YA_ERR_UNSUPPORTED for a block type,
 * YA_ERR_FORMAT for a name that is there twice or `bytes` that do not fit the shape, YA_ERR_MEMORY
 * for too little scratch. */
typedef struct {
    void *data;
    size_t bytes;
} ya_scratch;
ya_status ya_safetensors_write(const char *path, const ya_tensor *tensors, size_t n_tensors,
                               const char *const (*metadata)[2], size_t n_metadata,
                               const ya_scratch *scratch, ya_error *err) YA_CHECK;
/* The same for tensors whose `data` is made while it is written (NULL in `tensors`): `source` gives
 * the sink exactly the `bytes` of tensors[index], one tensor at a time in the order of the file.
 * Allocates the header only. */
typedef ya_status ya_tensor_source(void *user, size_t index, ya_sink *sink, ya_error *err);
ya_status ya_safetensors_stream(const char *path, const ya_tensor *tensors, size_t n_tensors,
                                const char *const (*metadata)[2], size_t n_metadata,
                                ya_tensor_source *source, void *user, ya_error *err) YA_CHECK;
/* Bytes of scratch that the write of these tensors needs. */
size_t ya_safetensors_write_scratch(const ya_tensor *tensors, size_t n_tensors,
                                    const char *const (*metadata)[2], size_t n_metadata);

#endif
