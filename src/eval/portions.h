/* Cross-entropy of a data set and of its parts: provenance bands, sources, files. */
#ifndef YA_EVAL_PORTIONS_H
#define YA_EVAL_PORTIONS_H

#include "data/dataset.h"
#include "train/bands.h"

#include <jansson.h>

typedef struct {
    char *name; /* owned; NULL: of a band */
    double sum_ce;
    uint64_t n_targets, n_records;
} ya_portion;

/* {0} is empty. */
typedef struct {
    ya_portion all, bands[YA_N_BANDS];
    ya_portion *sources, *files;
    size_t n_sources, n_files;
} ya_portions;

/* The parts that `data` has, nothing counted yet. */
ya_status ya_portions_begin(ya_portions *p, const ya_dataset *data, ya_error *err) YA_CHECK;
/* `sum_ce`: of the record's targets. A record without labels counts in no band. */
void ya_portions_add(ya_portions *p, const ya_data_record *record, double sum_ce);
/* Mean over the targets in nats; NaN without any. */
double ya_portion_ce(const ya_portion *portion);

/* {"ce", "perplexity", "tokens", "records", "bands": {...}, "sources": {...}, "files": {...}};
 * NULL when out of memory. */
json_t *ya_portions_json(const ya_portions *p);
/* The same as a table; with `base` (NULL: none) its CE and the difference beside. */
void ya_portions_print(const ya_portions *p, const ya_portions *base);
void ya_portions_free(ya_portions *p);

#endif
