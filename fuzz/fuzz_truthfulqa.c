/* A file of TruthfulQA's questions: any bytes. What is taken in has choices, one of them right. */
#include "eval/questions.h"

#include "fuzz_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ya_questions q = {0};
    ya_error err = {0};
    if (ya_truthfulqa_read(&q, fuzz_file(data, size, ".json"), 3, &err)) {
        if (!strstr(err.text, "ya-fuzz"))
            abort(); /* a refusal that does not say where */
        return 0;
    }
    if (q.n == 0 || q.n > 3)
        abort();
    for (size_t i = 0; i < q.n; i++) {
        unsigned all = 0;
        for (size_t k = 0; k < q.list[i].n_choices; k++) {
            fuzz_touch(q.list[i].choices[k].text, strlen(q.list[i].choices[k].text));
            all |= q.list[i].choices[k].is;
        }
        fuzz_touch(q.list[i].text, strlen(q.list[i].text));
        if (!(all & YA_RIGHT_MC1))
            abort();
    }
    ya_questions_free(&q);
    return 0;
}
