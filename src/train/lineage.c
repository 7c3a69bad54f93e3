#include "train/lineage.h"

#include "io/json.h"

#include <math.h>
#include <string.h>

static ya_status add_file(ya_buffer *text, const ya_map *map, ya_error *err)
{
    const size_t most = (size_t)YA_FINGERPRINT_BLOCKS * YA_FINGERPRINT_BLOCK;
    size_t n = YA_FINGERPRINT_BLOCKS, size = YA_FINGERPRINT_BLOCK;
    char hex[YA_SHA256_HEX];
    ya_status status = ya_buffer_printf(text, err, "%zu\n", map->size);
    if (map->size <= most) {
        n = 1;
        size = map->size;
    }
    for (size_t i = 0; i < n && !status; i++) {
        /* i-th of n places from 0 to size - block, without overflow */
        size_t span = map->size - size;
        size_t at = n > 1 ? span / (n - 1) * i + span % (n - 1) * i / (n - 1) : 0;
        status = ya_sha256_bytes(map->data ? map->data + at : (const uint8_t *)"", size, hex, err);
        if (!status)
            status = ya_buffer_printf(text, err, "%s\n", hex);
    }
    return status;
}

ya_status ya_fingerprint_model(const ya_model *model, char hex[YA_SHA256_HEX], ya_error *err)
{
    const ya_tensor_set *set = model->gguf ? ya_gguf_tensors(model->gguf) : &model->files;
    ya_buffer text = {0};
    ya_status status = YA_OK;
    for (size_t i = 0; i < set->n_maps; i++)
        YA_TRY(add_file(&text, &set->maps[i], err));
    YA_TRY(ya_sha256_bytes(text.data ? text.data : "", text.size, hex, err));
done:
    ya_buffer_free(&text);
    return status;
}

ya_status ya_fingerprint_data(const ya_dataset *data, char hex[YA_SHA256_HEX], ya_error *err)
{
    ya_buffer text = {0};
    ya_status status = YA_OK;
    for (size_t i = 0; i < data->n_files; i++)
        YA_TRY(ya_buffer_printf(&text, err, "%s\n", data->files[i].sha256));
    YA_TRY(ya_sha256_bytes(text.data, text.size, hex, err));
done:
    ya_buffer_free(&text);
    return status;
}

static ya_status add_text(ya_buffer *out, const char *key, const char *text, ya_error *err)
{
    ya_status status = ya_buffer_printf(out, err, "\"%s\": ", key);
    if (!status && !text)
        status = ya_buffer_printf(out, err, "null");
    else if (!status)
        status = ya_json_quote(out, text, strlen(text), err);
    return status;
}

static ya_status add_real(ya_buffer *out, const char *key, double value, ya_error *err)
{
    if (!isfinite(value))
        return ya_buffer_printf(out, err, ", \"%s\": null", key);
    return ya_buffer_printf(out, err, ", \"%s\": %.17g", key, value);
}

static ya_status add_base(const ya_job *job, const char *fingerprint, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, "{\"program\": \"your_ai %s\",\n \"base_model\": {",
                            YA_VERSION));
    YA_TRY(add_text(out, "path", job->base_path, err));
    YA_TRY(ya_buffer_printf(out, err,
                            ", \"fingerprint\": {\"kind\": \"sha256 of size and %d sampled blocks "
                            "of %d bytes of each weight file\", \"sha256\": \"%s\"}},\n ",
                            YA_FINGERPRINT_BLOCKS, YA_FINGERPRINT_BLOCK, fingerprint));
    YA_TRY(add_text(out, "started_from", job->adapter_path, err));
done:
    return status;
}

static ya_status add_data_files(const ya_dataset *data, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, ",\n \"data\": ["));
    for (size_t i = 0; i < data->n_files; i++) {
        YA_TRY(ya_buffer_printf(out, err, "%s\n  {", i ? "," : ""));
        YA_TRY(add_text(out, "path", data->files[i].path, err));
        YA_TRY(ya_buffer_printf(out, err, ", \"sha256\": \"%s\"}", data->files[i].sha256));
    }
    YA_TRY(ya_buffer_printf(out, err,
                            "],\n \"records\": %llu, \"tokens\": %llu, \"targets\": %llu, "
                            "\"without_targets\": %llu, \"bad_lines\": %llu",
                            (unsigned long long)data->n_records, (unsigned long long)data->n_tokens,
                            (unsigned long long)data->n_targets, (unsigned long long)data->report.empty.n,
                            (unsigned long long)ya_data_report_bad(&data->report)));
done:
    return status;
}

/* "by_KEY": {"bin": width, "records": [...], "weight_share": [...]}: bins from 0, the last open. */
static ya_status add_bins(const char *key, double width, const ya_label_bins *bins, ya_buffer *out,
                          ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, ",\n  \"by_%s\": {\"bin\": %g, \"records\": [", key, width));
    for (int i = 0; i < YA_LABEL_BINS; i++)
        YA_TRY(ya_buffer_printf(out, err, "%s%llu", i ? ", " : "",
                                (unsigned long long)bins->records[i]));
    YA_TRY(ya_buffer_printf(out, err, "],\n   \"weight_share\": ["));
    for (int i = 0; i < YA_LABEL_BINS; i++)
        YA_TRY(ya_buffer_printf(out, err, "%s%.9g", i ? ", " : "", bins->share[i]));
    YA_TRY(ya_buffer_printf(out, err, "]}"));
done:
    return status;
}

static ya_status add_weights(const ya_job *job, ya_buffer *out, ya_error *err)
{
    static const char *const modes[] = {"weighted", "additive", "off"};
    const ya_distrust *d = &job->distrust;
    const ya_weights *w = &job->weights;
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, ",\n \"distrust\": {\"mode\": \"%s\"", modes[d->mode]));
    YA_TRY(add_real(out, "alpha", d->alpha, err));
    YA_TRY(add_real(out, "strength", d->strength, err));
    YA_TRY(add_real(out, "max_ratio", d->max_ratio, err));
    YA_TRY(add_real(out, "lambda", d->lambda, err));
    YA_TRY(ya_buffer_printf(out, err,
                            "},\n \"weights\": {\"bands\": {\"low\": %llu, \"mid\": %llu, "
                            "\"high\": %llu}",
                            (unsigned long long)w->low, (unsigned long long)w->mid,
                            (unsigned long long)w->high));
    YA_TRY(add_real(out, "v_mean", w->v_mean, err));
    YA_TRY(add_real(out, "ess", w->ess, err));
    YA_TRY(add_real(out, "mean_distrust", w->mean_loss, err));
    YA_TRY(add_bins("auth_weight", YA_W_BIN, &w->by_w, out, err));
    YA_TRY(add_bins("prov_entropy", YA_H_BIN, &w->by_h, out, err));
    YA_TRY(ya_buffer_printf(out, err, ", \"sources\": ["));
    for (uint32_t i = 0; i < job->train_data->n_sources; i++) {
        YA_TRY(ya_buffer_printf(out, err, "%s\n  {", i ? "," : ""));
        YA_TRY(add_text(out, "source_type", job->train_data->sources[i].name, err));
        YA_TRY(
            ya_buffer_printf(out, err, ", \"records\": %llu", (unsigned long long)w->records[i]));
        YA_TRY(add_real(out, "weight_share", w->share[i], err));
        YA_TRY(ya_buffer_printf(out, err, "}"));
    }
    YA_TRY(ya_buffer_printf(out, err, "]}}\n"));
done:
    return status;
}

ya_status ya_provenance_format(const ya_job *job, const char *base_fingerprint, ya_buffer *out,
                               ya_error *err)
{
    ya_status status;
    YA_TRY(add_base(job, base_fingerprint, out, err));
    YA_TRY(add_data_files(job->train_data, out, err));
    YA_TRY(add_weights(job, out, err));
done:
    return status;
}
