/* Any two files as the parts of a split GGUF: an error with a sentence, or tensors that are all
 * there. The first two bytes say how long the first part is; an odd sum of them: the second is
 * named. */
#include "io/gguf.h"

#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ya_gguf *gguf;
    ya_error err = {0};
    char path[128];
    if (size < 2)
        return 0;
    size_t first = (size_t)data[0] | (size_t)data[1] << 8;
    int named = 1 + ((data[0] + data[1]) & 1);
    first = first < size - 2 ? first : size - 2;
    fuzz_in_folder(data + 2, first, "s-00001-of-00002.gguf");
    snprintf(path, sizeof path, "%s/s-0000%d-of-00002.gguf",
             fuzz_in_folder(data + 2 + first, size - 2 - first, "s-00002-of-00002.gguf"), named);
    if (ya_gguf_open(&gguf, path, &err)) {
        if (!err.text[0] || gguf)
            abort();
        return 0;
    }
    const ya_tensor_set *set = ya_gguf_tensors(gguf);
    for (size_t i = 0; i < set->n_tensors; i++) {
        fuzz_touch(set->tensors[i].data, set->tensors[i].bytes);
        if (ya_tensor_find(set, set->tensors[i].name) != &set->tensors[i])
            abort();
    }
    ya_gguf_close(gguf);
    return 0;
}
