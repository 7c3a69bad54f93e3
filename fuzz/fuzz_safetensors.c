/* Any file: an error with a sentence, or tensors whose bytes are all there. */
#include "io/safetensors.h"

#include "fuzz_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ya_tensor_set set;
    ya_error err = {0};
    const char *path = fuzz_file(data, size, ".safetensors");
    if (ya_safetensors_open(&set, path, &err)) {
        if (!err.text[0])
            abort();
    } else {
        for (size_t i = 0; i < set.n_tensors; i++) {
            const ya_tensor *tensor = &set.tensors[i];
            fuzz_touch(tensor->data, tensor->bytes);
            uint64_t bytes;
            if (!ya_dtype_bytes(tensor->type, (uint64_t)ya_tensor_elements(tensor), &bytes) ||
                bytes != tensor->bytes || ya_tensor_find(&set, tensor->name) != tensor)
                abort();
        }
        ya_tensor_set_free(&set);
    }
    unlink(path);
    return 0;
}
