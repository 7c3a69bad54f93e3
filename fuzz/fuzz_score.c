/* A text of any bytes, ill-formed UTF-8 too, as the text and every field of a source. What is found
 * must not depend on where the text lies in the blocks of the scan. */
#include "base/error.h"
#include "provenance/score.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void score_of(ya_scorer *scorer, const char *text, size_t size, ya_score *score)
{
    ya_buffer out = {0};
    ya_error err;
    ya_source source = {.text = text, .size = size};
    for (int i = 0; i < YA_N_SOURCE_FIELDS; i++)
        source.fields[i] = (ya_value){i & 1 ? YA_VALUE_STRING : YA_VALUE_NUMBER, text, size};
    if (ya_score_explain(scorer, &source, score, &out, &err))
        abort();
    if (!(score->auth_weight >= 0 && score->auth_weight <= 0.99 && score->prov_entropy >= 0))
        abort();
    ya_buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ya_policy *policy;
    static ya_scorer *scorer;
    ya_score score, moved;
    ya_error err;
    if (!policy) {
        setenv("SOURCE_DATE_EPOCH", "1790000000", 1);
        if (ya_policy_open(&policy, NULL, &err) || ya_scorer_new(&scorer, policy, &err))
            abort();
    }
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text + 1, data, size);
    score_of(scorer, text + 1, size, &score);
    text[0] = '-'; /* separates, and is no white space at the start of a line */
    score_of(scorer, text, size + 1, &moved);
    if (size < 1000 &&
        (moved.n_primary != score.n_primary || moved.n_consensus != score.n_consensus))
        abort();
    free(text);
    return 0;
}
