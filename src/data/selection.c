#include "data/selection.h"

#include "base/alloc.h"
#include "base/random.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    ya_prepared *records;
    const ya_drawn *order;
    uint32_t n;
} drawn_records;

static int by_draw(const void *a, const void *b)
{
    const ya_drawn *x = a, *y = b;
    if (x->draw != y->draw)
        return x->draw < y->draw ? -1 : 1;
    return (x->record > y->record) - (x->record < y->record);
}

/* Takes the record's examples from what is left, if they fit. */
static bool fits(uint64_t *left, const ya_prepared *record)
{
    if (record->n_examples > *left)
        return false;
    *left -= record->n_examples;
    return true;
}

static ya_status cap_files(drawn_records d, const ya_selection *s, ya_error *err)
{
    uint64_t *left = ya_alloc_zero(s->n_files, sizeof *left);
    if (!left)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu files", s->n_files);
    memcpy(left, s->file_caps, s->n_files * sizeof *left);
    for (uint32_t i = 0; i < d.n; i++) {
        ya_prepared *record = &d.records[d.order[i].record];
        record->fate = fits(&left[record->file], record) ? YA_FATE_OPEN : YA_FATE_CAPPED;
    }
    ya_free(left);
    return YA_OK;
}

/* Examples of the open records of one band, or of all (YA_N_BANDS). */
static uint64_t count_open(drawn_records d, unsigned band)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < d.n; i++)
        if (d.records[i].fate == YA_FATE_OPEN && (band == YA_N_BANDS || d.records[i].band == band))
            n += d.records[i].n_examples;
    return n;
}

/* When low is below a fifth: all of it as a quarter of what is kept, 35 % of high, the rest of mid,
 * as the predecessor's preparation had it. */
static void rebalance(drawn_records d)
{
    uint64_t low = count_open(d, YA_BAND_LOW), all = count_open(d, YA_N_BANDS), left[YA_N_BANDS];
    if (low == 0 || low * 5 >= all)
        return;
    left[YA_BAND_LOW] = low;
    left[YA_BAND_HIGH] = 4 * low * 35 / 100;
    left[YA_BAND_MID] = 3 * low - left[YA_BAND_HIGH];
    for (uint32_t i = 0; i < d.n; i++) {
        ya_prepared *record = &d.records[d.order[i].record];
        if (record->fate == YA_FATE_OPEN && !fits(&left[record->band], record))
            record->fate = YA_FATE_REBALANCED;
    }
}

static void take(drawn_records d, uint64_t n_examples, ya_fate fate)
{
    for (uint32_t i = 0; i < d.n; i++) {
        ya_prepared *record = &d.records[d.order[i].record];
        if (record->fate == YA_FATE_OPEN && fits(&n_examples, record))
            record->fate = (uint8_t)fate;
    }
}

ya_status ya_select(const ya_selection *selection, ya_prepared *records, uint32_t n,
                    ya_drawn *order, ya_error *err)
{
    drawn_records d = {records, order, n};
    for (uint32_t i = 0; i < n; i++)
        order[i] = (ya_drawn){ya_splitmix64(selection->seed, i), i};
    qsort(order, n, sizeof *order, by_draw);
    ya_status status = cap_files(d, selection, err);
    if (status)
        return status;
    if (selection->rebalance)
        rebalance(d);
    uint64_t fifth = count_open(d, YA_N_BANDS) / 5;
    take(d, fifth < selection->val_size ? fifth : selection->val_size, YA_FATE_VAL);
    take(d, selection->train_size, YA_FATE_TRAIN);
    take(d, UINT64_MAX, YA_FATE_UNUSED);
    return YA_OK;
}
