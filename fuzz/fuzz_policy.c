/* A policy of any bytes: what is accepted scores some texts made to meet its words. */
#include "base/error.h"
#include "provenance/score.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void score_with(const ya_policy *policy, const char *text, size_t size)
{
    ya_scorer *scorer;
    ya_score score;
    ya_buffer out = {0};
    ya_error err;
    ya_source source = {.text = text, .size = size, .hint = ya_policy_hint(policy, text, size)};
    for (int i = 0; i < YA_N_SOURCE_FIELDS; i++)
        source.fields[i] = (ya_value){YA_VALUE_STRING, text, size};
    if (ya_scorer_new(&scorer, policy, &err))
        abort();
    if (ya_score_explain(scorer, &source, &score, &out, &err) || !(score.auth_weight >= 0) ||
        !(score.auth_weight <= 0.99) || !(score.prov_entropy >= 0))
        abort();
    ya_buffer_free(&out);
    ya_scorer_free(scorer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char text[] = "a  b c, WHO x.gov US 123456 diaries [1] 1. A, 1999";
    ya_policy *policy;
    ya_error err;
    setenv("SOURCE_DATE_EPOCH", "1790000000", 1);
    if (ya_policy_parse(&policy, (const char *)data, size, "fuzz", &err) != YA_OK)
        return 0;
    score_with(policy, text, sizeof text - 1);
    score_with(policy, (const char *)data, size); /* the policy holds all its own words */
    ya_policy_close(policy);
    return 0;
}
