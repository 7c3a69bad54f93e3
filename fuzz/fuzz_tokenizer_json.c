/* Any tokenizer.json: refused with a sentence, or a tokenizer that gives ids of its vocabulary for
 * a text, and a text for them. */
#include "fuzz_file.h"
#include "fuzz_tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ya_tokenizer *t;
    ya_error err = {0};
    ya_status status = ya_tokenizer_open(&t, fuzz_file(data, size, ".json"), &err);
    if (status != YA_OK) {
        if (!err.text[0] || t)
            abort();
        return 0;
    }
    fuzz_tokenizer(t);
    ya_tokenizer_close(t);
    return 0;
}
