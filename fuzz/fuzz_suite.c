/* Lines of a suite: any bytes. What is taken in can be asked and judged. */
#include "eval/questions.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const ya_question *q, const char *answer)
{
    bool right;
    ya_error err;
    size_t n_right = 0;
    if (!q->text || !q->category || strlen(q->text) == 0)
        abort();
    for (size_t k = 0; k < q->n_choices; k++) {
        n_right += (q->choices[k].is & YA_RIGHT_MC1) != 0;
        if (!q->choices[k].text || !*q->choices[k].text)
            abort();
    }
    if (q->choices && (q->n_choices < 2 || n_right == 0))
        abort();
    if (!q->choices && ya_question_judge(q, answer, &right, &err) != YA_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ya_questions q = {.examples = ""};
    ya_error err = {0};
    const char *at = (const char *)data, *end = at + size;
    ya_status status = YA_OK;
    char answer[64] = {0};
    memcpy(answer, data, size < sizeof answer - 1 ? size : sizeof answer - 1);
    for (size_t number = 1; at < end && !status; number++) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((lf ? lf : end) - at);
        status = ya_suite_line(&q, at, length, number, "fuzz", &err);
        at += length + (lf != NULL);
    }
    if (!status)
        status = ya_suite_check(&q, "fuzz", &err);
    if (status && !strstr(err.text, "fuzz"))
        abort(); /* a refusal that does not say where */
    for (size_t i = 0; !status && i < q.n; i++)
        check(&q.list[i], answer);
    ya_questions_free(&q);
    return 0;
}
