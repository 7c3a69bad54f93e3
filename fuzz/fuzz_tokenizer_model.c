/* Any tokenizer.model that lies alone: see fuzz_tokenizer.h. */
#include "fuzz_tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_tokenizer_at(fuzz_in_folder(data, size, "tokenizer.model"));
}
