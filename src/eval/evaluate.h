/* Cross-entropy and perplexity of records: `your_ai evaluate`. */
#ifndef YA_EVAL_EVALUATE_H
#define YA_EVAL_EVALUATE_H

#include "settings/settings.h"

/* Sums in f64 over the counted targets of s->data (records and tokenising as in training), in all,
 * by provenance band for labelled records, by source and by file. Printed as a table, or with
 * s->json as
 *   {"ce", "perplexity", "tokens", "records", "bands": {"low": {"ce", "perplexity", "tokens",
 *    "records"}, "mid": ..., "high": ...}, "sources": {name: ...}, "files": {path: ...}}
 * where a part without targets has null figures. With s->compare the base model is measured too:
 * "base" holds the same. s->per_record names a file that gets a line {index, sum_ce, n,
 * auth_weight, prov_entropy} for each record, in order. A signal stops it: YA_ERR_INTERRUPTED. */
ya_status ya_evaluate(const ya_settings *s, ya_error *err) YA_CHECK;

#endif
