/* What the source-preference experiment finds: of each seed and way to train, by how much each
 * fact's primary value is likelier than the coordinated one. */
#ifndef YA_EVAL_PREFERENCE_H
#define YA_EVAL_PREFERENCE_H

#include "eval/asking.h"
#include "eval/facts.h"
#include "eval/results.h"

typedef struct {
    int64_t seed;
    char system[48];
    char adapter_sha256[YA_SHA256_HEX]; /* "" untrained */
    double *margin;                     /* [n]: log-likelihood of the primary value - the other's */
    ya_fact *facts;                     /* [n] */
    size_t n, n_primary;                /* margins above 0 */
    double unrelated_ce;                /* mean over tokens of unrelated text */
} ya_preference_run;

/* {0} is empty. */
typedef struct {
    ya_preference_run *runs;
    size_t n;
} ya_preference;

/* Takes in the answers to what ya_facts_ask made; facts are copied. */
ya_status ya_preference_add(ya_preference *p, int64_t seed, const char *system,
                            const ya_fact *facts, const ya_questions *q, const ya_answers *answers,
                            ya_error *err) YA_CHECK;
/* Says which adapter the last run has. */
void ya_preference_adapter(ya_preference *p, const char *sha256);
/* One line about the last run on standard error. */
void ya_preference_show_last(const ya_preference *p);

/* Figures "primary" (share of facts), "margin" and "unrelated_ce" of each system, by seed and in
 * all; thresholds: primary of `weighted` in all is at least `least`, and off and additive gave the
 * same adapters. Items: the facts with each system's margin. */
ya_status ya_preference_results(const ya_preference *p, double least, ya_results *results,
                                ya_error *err) YA_CHECK;
/* Draws DIR/preference.svg: the share of each system with its interval, and every fact's margin. */
ya_status ya_preference_draw(const ya_preference *p, double least, const char *dir,
                             ya_error *err) YA_CHECK;
void ya_preference_free(ya_preference *p);

#endif
