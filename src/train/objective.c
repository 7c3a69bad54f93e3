#include "train/objective.h"

#include <math.h>
#include <string.h>

const double YA_W_BIN = 0.05, YA_H_BIN = 0.5;

static bool has_labels(const ya_data_record *r)
{
    return !isnan(r->auth_weight) && !isnan(r->prov_entropy);
}

/* The pull in the objective: 1 unless the mode is weighted. */
static double pull_of(const ya_distrust *config, const ya_data_record *r)
{
    if (config->mode != YA_DISTRUST_WEIGHTED)
        return 1.0;
    if (r->has_pull)
        return r->pull;
    return ya_distrust_pull(config, ya_distrust_s(r->auth_weight, r->prov_entropy));
}

/* Sums over records with labels and targets, for mean L and ESS. */
typedef struct {
    ya_distrust weighted; /* the pulls are those of this mode whatever the objective's */
    double sum_loss, sum_v, sum_v2;
    uint64_t n, n_labelled;
    bool complete; /* no record so far that has neither labels nor a pull */
} label_sums;

static label_sums start_sums(const ya_distrust *config)
{
    label_sums sums = {.weighted = *config, .complete = true};
    sums.weighted.mode = YA_DISTRUST_WEIGHTED;
    return sums;
}

static void add_record(label_sums *sums, const ya_data_record *r)
{
    if (r->n_targets == 0)
        return;
    bool labelled = has_labels(r);
    if (!labelled && !r->has_pull) {
        sums->complete = false;
        return;
    }
    double v = pull_of(&sums->weighted, r);
    if (labelled) {
        double s = ya_distrust_s(r->auth_weight, r->prov_entropy);
        sums->sum_loss += ya_distrust_loss(sums->weighted.alpha, s);
        sums->n_labelled++;
    }
    sums->sum_v += v;
    sums->sum_v2 += v * v;
    sums->n++;
}

static void finish_sums(const label_sums *sums, double *mean_loss, double *ess)
{
    bool known = sums->complete && sums->n > 0;
    bool labelled = known && sums->n_labelled == sums->n;
    *mean_loss = labelled ? sums->sum_loss / (double)sums->n : NAN;
    *ess = known ? ya_effective_sample_size(sums->sum_v, sums->sum_v2) : NAN;
}

static int bin_of(double value, double width)
{
    double bin = floor(value / width + 1e-9); /* 0.15 / 0.05 is a little less than 3 */
    return bin < YA_LABEL_BINS - 1 ? (int)bin : YA_LABEL_BINS - 1;
}

static void add_to_bins(ya_weights *weights, const ya_data_record *r, double vn)
{
    if (!has_labels(r))
        return;
    int w = bin_of(r->auth_weight, YA_W_BIN), h = bin_of(r->prov_entropy, YA_H_BIN);
    weights->by_w.records[w]++;
    weights->by_h.records[h]++;
    weights->by_w.share[w] += vn;
    weights->by_h.share[h] += vn;
}

/* Sums of v n become shares of their sum. */
static void make_shares(ya_weights *weights, uint32_t n_sources, double sum_vn)
{
    for (uint32_t s = 0; s < n_sources && sum_vn > 0.0; s++)
        weights->share[s] /= sum_vn;
    for (int i = 0; i < YA_LABEL_BINS && sum_vn > 0.0; i++) {
        weights->by_w.share[i] /= sum_vn;
        weights->by_h.share[i] /= sum_vn;
    }
}

void ya_weights_find(ya_weights *weights, const ya_distrust *config, const ya_dataset *data)
{
    label_sums sums = start_sums(config);
    double sum_vn = 0.0, sum_n = 0.0;
    memset(weights, 0, sizeof *weights);
    uint64_t *const bands[YA_N_BANDS] = {&weights->low, &weights->mid, &weights->high};
    for (uint64_t i = 0; i < data->n_records; i++) {
        const ya_data_record *r = &data->records[i];
        weights->records[r->source]++;
        if (!isnan(r->auth_weight))
            ++*bands[ya_band_of(r->auth_weight)];
        double n = (double)r->n_targets, vn = pull_of(config, r) * n;
        add_to_bins(weights, r, vn);
        if (r->n_targets == 0)
            continue;
        weights->n_counted++;
        weights->share[r->source] += vn;
        sum_vn += vn;
        sum_n += n;
        add_record(&sums, r);
    }
    make_shares(weights, data->n_sources, sum_vn);
    weights->v_mean = sum_n > 0.0 ? sum_vn / sum_n : 1.0;
    finish_sums(&sums, &weights->mean_loss, &weights->ess);
}

static uint64_t count_targets(const ya_data_record *const *records, int n)
{
    uint64_t total = 0;
    for (int i = 0; i < n; i++)
        total += records[i]->n_targets;
    return total;
}

void ya_objective_scales(const ya_distrust *config, double v_mean,
                         const ya_data_record *const *records, int n, double *scale)
{
    uint64_t total = count_targets(records, n);
    double mean = config->mode == YA_DISTRUST_WEIGHTED ? v_mean : 1.0;
    for (int i = 0; i < n; i++)
        scale[i] =
            records[i]->n_targets > 0 ? pull_of(config, records[i]) / (mean * (double)total) : 0.0;
}

void ya_objective_find(ya_objective *out, const ya_distrust *config, double v_mean,
                       const ya_data_record *const *records, int n, const double *sum_ce)
{
    label_sums sums = start_sums(config);
    ya_ce_sums ce = {0};
    double pulled = 0.0;
    uint64_t tokens = 0, targets = count_targets(records, n);
    for (int i = 0; i < n; i++) {
        tokens += records[i]->length;
        if (records[i]->n_targets == 0)
            continue;
        ya_ce_sums_add(&ce, records[i], sum_ce[i]);
        pulled += pull_of(config, records[i]) * sum_ce[i];
        add_record(&sums, records[i]);
    }
    double total = (double)targets;
    *out = (ya_objective){
        .ce = targets ? ce.sum_ce / total : NAN, .n_targets = targets, .n_tokens = tokens};
    for (int band = 0; band < YA_N_BANDS; band++)
        out->band_ce[band] = ya_ce_sums_band(&ce, band);
    finish_sums(&sums, &out->distrust, &out->ess);
    out->loss = out->ce;
    if (config->mode == YA_DISTRUST_WEIGHTED && targets)
        out->loss = pulled / (v_mean * total);
    if (config->mode == YA_DISTRUST_ADDITIVE)
        out->loss += config->lambda * out->distrust;
}
