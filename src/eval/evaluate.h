/* Cross-entropy and perplexity of records: `your_ai evaluate`. */
#ifndef YA_EVAL_EVALUATE_H
#define YA_EVAL_EVALUATE_H

#include "settings/settings.h"

/* Sums in f64 over the counted targets of s->data (records and tokenising as in training), in all
 * and by provenance band for labelled records. Printed as a table, or with s->json as
 *   {"ce", "perplexity", "tokens", "records", "bands": {"low": {"ce", "perplexity", "tokens",
 *    "records"}, "mid": ..., "high": ...}}
 * where a band without targets has null figures. s->per_record names a file that gets a line
 * {index, sum_ce, n, auth_weight, prov_entropy} for each record, in order. A signal stops it:
 * YA_ERR_INTERRUPTED. */
ya_status ya_evaluate(const ya_settings *s, ya_error *err) YA_CHECK;

#endif
