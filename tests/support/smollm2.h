/* SmolLM2-135M-Instruct.Q4_1.gguf: YA_SMOLLM2, or where script/demo keeps it. */
#ifndef YA_TESTS_SUPPORT_SMOLLM2_H
#define YA_TESTS_SUPPORT_SMOLLM2_H

#include "support/golden.h"

/* The file; exits with 77 (skipped) when it is not there. */
static inline const char *need_smollm2(char out[4096])
{
    const char *given = getenv("YA_SMOLLM2"), *cache = getenv("XDG_CACHE_HOME"),
               *home = getenv("HOME");
    if (given && *given)
        snprintf(out, 4096, "%s", given);
    else if (cache && *cache)
        snprintf(out, 4096, "%s/your_ai/SmolLM2-135M-Instruct.Q4_1.gguf", cache);
    else
        snprintf(out, 4096, "%s/.cache/your_ai/SmolLM2-135M-Instruct.Q4_1.gguf", home ? home : "");
    if (access(out, R_OK) != 0) {
        fprintf(stderr, "skipped: no model at %s (script/demo fetches it)\n", out);
        exit(EXIT_SKIPPED);
    }
    return out;
}

#endif
