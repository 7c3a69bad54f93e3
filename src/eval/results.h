/* The document that every measurement gives: one schema, docs/RESULTS.md. */
#ifndef YA_EVAL_RESULTS_H
#define YA_EVAL_RESULTS_H

#include "eval/statistics.h"

#include <jansson.h>
#include <stdbool.h>

/* {0} is free. A failure to allocate is remembered and reported by ya_results_finish. */
typedef struct {
    json_t *root;
    json_t *figures, *comparisons, *thresholds, *items; /* of root */
    bool failed;
} ya_results;

/* kind: "benchmark", "suite", "evaluation" or "experiment". */
void ya_results_begin(ya_results *r, const char *kind, const char *name);
/* Sets a member of the document; takes `value` over (NULL counts as out of memory). */
void ya_results_set(ya_results *r, const char *key, json_t *value);
/* {path, fingerprint} of a model, {path, sha256} of an adapter or a file of data. */
json_t *ya_results_file(const char *path, const char *key, const char *hash);

/* A measured figure of a group of items under one system ("base", "adapter", "weighted", ...).
 * low, high NaN: no interval is known. */
void ya_results_figure(ya_results *r, const char *metric, const char *group, const char *system,
                       const ya_estimate *e);
/* What b adds to a; p NaN: no test; only_a, only_b count items that only one has right. */
typedef struct {
    const char *metric, *group, *a, *b;
    ya_estimate difference;
    double p;
    size_t only_a, only_b;
} ya_comparison;
void ya_results_compare(ya_results *r, const ya_comparison *c);
/* Says whether a figure reaches what was asked; returns that. */
bool ya_results_threshold(ya_results *r, const char *metric, const char *group, const char *system,
                          double minimum, double value);
/* Adds one item's details; takes `item` over. */
void ya_results_item(ya_results *r, json_t *item);
/* A number, or null when it is not finite. */
json_t *ya_results_number(double value);

/* Completes the document ("passed") and says if memory ran out. */
ya_status ya_results_finish(ya_results *r, ya_error *err) YA_CHECK;
/* Prints the document, or the tables of its figures, comparisons and thresholds. */
ya_status ya_results_print(const ya_results *r, bool json, ya_error *err) YA_CHECK;
/* Writes it whole to DIR/results.json. */
ya_status ya_results_write(const ya_results *r, const char *dir, ya_error *err) YA_CHECK;
/* YA_ERR_DATA naming the thresholds that were missed, if any. */
ya_status ya_results_verdict(const ya_results *r, ya_error *err) YA_CHECK;
void ya_results_free(ya_results *r);

#endif
