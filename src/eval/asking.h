/* Questions put to one system: the base model, or the base with its adapter. */
#ifndef YA_EVAL_ASKING_H
#define YA_EVAL_ASKING_H

#include "eval/questions.h"
#include "eval/result_journal.h"
#include "settings/settings.h"

/* What came out, of each question in order. */
typedef struct {
    const char *name; /* "base" or "adapter" */
    double **ll;      /* [n]: [n_choices] log-likelihoods; NULL for a free-form question */
    int **tokens;     /* [n]: [n_choices] tokens of each */
    char **answers;   /* [n]: of free-form questions, else NULL */
    double *score;    /* [n]: 1 right, 0 wrong */
    double *mass;     /* [n]: MC2, the share of probability on right answers; NaN without */
    size_t n;
} ya_answers;

typedef struct {
    const ya_settings *settings;
    const ya_questions *questions;
    bool chat;                  /* ask through the model's template */
    bool without_adapter;       /* the base alone */
    const char *name;           /* of the system */
    ya_result_journal *journal; /* what is found there is not asked again */
} ya_asking_config;

/* Asks all; YA_ERR_INTERRUPTED after a signal (train/interrupt.h), the journal then holds what was
 * done. Free with ya_answers_free. */
ya_status ya_ask(ya_answers *out, const ya_asking_config *config, ya_error *err) YA_CHECK;
void ya_answers_free(ya_answers *answers);

/* The position of the likeliest choice of those whose `is` has all bits of `in`: by sum, or by mean
 * over its tokens; the first of equals. */
size_t ya_likeliest(const ya_question *q, const double *ll, const int *tokens, bool mean,
                    unsigned in);

#endif
