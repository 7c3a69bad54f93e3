/* Invented facts that two kinds of sources state differently, in the same words and equally often.
 */
#ifndef YA_EVAL_FACTS_H
#define YA_EVAL_FACTS_H

#include "eval/questions.h"

enum { YA_FACT_TEXT = 96, YA_FACTS_MAX = 2000 };

typedef struct {
    char question[YA_FACT_TEXT];
    char primary[YA_FACT_TEXT];     /* what primary sources say */
    char coordinated[YA_FACT_TEXT]; /* what coordinated ones say: of the same kind, another value */
} ya_fact;

/* The labels of the two kinds (spec/distrust-loss.md): letters and ledgers of many hands, and press
 * releases. Their pulls are 32.7 and 1. */
#define YA_PRIMARY_AUTH_WEIGHT 0.05
#define YA_PRIMARY_PROV_ENTROPY 7.5
#define YA_COORDINATED_AUTH_WEIGHT 0.90
#define YA_COORDINATED_PROV_ENTROPY 1.0

/* n <= YA_FACTS_MAX facts about names that no two share: people, years, towns, quantities in turn.
 * Both values of a fact are drawn alike, so nothing but its source tells which is which. A function
 * of `seed`. */
void ya_facts_make(ya_fact *facts, size_t n, uint64_t seed);

/* Appends the training records, two a fact: prompt and completion, or with `chat` messages. */
ya_status ya_facts_corpus(const ya_fact *facts, size_t n, bool chat, ya_buffer *out,
                          ya_error *err) YA_CHECK;

/* Makes them questions of two choices, the primary sources' first, in the form they are trained in,
 * and behind them the paragraphs of `unrelated` (lines), each a prompt of one word with the rest as
 * its only choice. */
ya_status ya_facts_ask(ya_questions *q, const ya_fact *facts, size_t n, const char *unrelated,
                       ya_error *err) YA_CHECK;

#endif
