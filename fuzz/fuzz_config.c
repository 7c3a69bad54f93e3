/* Any config.json: an error with a sentence, or a shape whose numbers can be multiplied. */
#include "model/model.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ya_model_config c;
    ya_error err = {0};
    if (ya_model_config_parse(&c, (const char *)data, size, "config.json", &err)) {
        if (!err.text[0])
            abort();
        return 0;
    }
    if (c.vocab_size < 1 || c.n_layers < 1 || c.head_dim % 2 || c.n_heads % c.n_kv_heads)
        abort();
    for (int t = 0; t < YA_N_TARGETS; t++)
        if (ya_target_in(&c, (ya_target)t) < 1 || ya_target_out(&c, (ya_target)t) < 1)
            abort();
    return 0;
}
