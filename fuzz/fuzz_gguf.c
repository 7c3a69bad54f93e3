/* Any file: an error with a sentence, or keys and tensors whose bytes are all there. */
#include "io/gguf.h"

#include "fuzz_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_value(const ya_gguf *gguf, const char *key)
{
    int64_t integer;
    double real;
    bool truth;
    ya_text text;
    ya_gguf_cursor cursor;
    ya_gguf_get_i64(gguf, key, &integer);
    ya_gguf_get_f64(gguf, key, &real);
    ya_gguf_get_bool(gguf, key, &truth);
    if (ya_gguf_get_text(gguf, key, &text))
        fuzz_touch(text.data, text.size);
    if (ya_gguf_walk(gguf, key, &cursor)) {
        while (ya_gguf_next_text(&cursor, &text))
            fuzz_touch(text.data, text.size);
        while (ya_gguf_next_i64(&cursor, &integer) || ya_gguf_next_f64(&cursor, &real))
            ;
    }
}

static void read_all(const ya_gguf *gguf)
{
    const ya_tensor_set *set = ya_gguf_tensors(gguf);
    ya_text name;
    ya_gguf_type type;
    for (uint64_t i = 0; ya_gguf_key(gguf, i, &name, &type); i++) {
        char key[256];
        if (name.size >= sizeof key)
            continue;
        memcpy(key, name.data, name.size);
        key[name.size] = '\0';
        if (strlen(key) == name.size && !ya_gguf_has(gguf, key, &type))
            abort();
        read_value(gguf, key);
    }
    for (size_t i = 0; i < set->n_tensors; i++) {
        const ya_tensor *tensor = &set->tensors[i];
        fuzz_touch(tensor->data, tensor->bytes);
        if (ya_tensor_elements(tensor) <= 0 || ya_tensor_find(set, tensor->name) != tensor)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ya_gguf *gguf;
    ya_error err = {0};
    const char *path = fuzz_file(data, size, ".gguf");
    if (ya_gguf_open(&gguf, path, &err)) {
        if (!err.text[0])
            abort();
    } else {
        read_all(gguf);
        ya_gguf_close(gguf);
    }
    unlink(path);
    return 0;
}
