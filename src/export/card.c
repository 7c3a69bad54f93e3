/* The model card: a README.md with a YAML header, which says what the model learned from.
 * https://huggingface.co/docs/hub/model-cards */
#include "export/job.h"

#include <string.h>

static ya_status quoted(ya_buffer *out, const char *before, const char *text, const char *behind,
                        ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, "%s", before));
    YA_TRY(ya_json_quote(out, text, strlen(text), err)); /* a double-quoted scalar of YAML too */
    YA_TRY(ya_buffer_printf(out, err, "%s", behind));
done:
    return status;
}

static bool is_lora(const ya_export_job *job)
{
    return job->adapter_path && !job->adapter.names;
}

static ya_status put_header(const ya_export_job *job, const char *library, ya_buffer *out,
                            ya_error *err)
{
    ya_status status;
    YA_TRY(quoted(out, "---\nbase_model: ", job->name, "\n", err));
    YA_TRY(
        ya_buffer_printf(out, err, "library_name: %s\npipeline_tag: text-generation\n", library));
    if (job->license)
        YA_TRY(quoted(out, "license: ", job->license, "\n", err));
    YA_TRY(ya_buffer_printf(out, err, "tags:\n- your_ai\n%s%s---\n\n",
                            is_lora(job) ? "- lora\n" : "",
                            strcmp(library, "gguf") == 0 ? "- gguf\n" : ""));
done:
    return status;
}

static ya_status put_training(const ya_export_job *job, ya_buffer *out, ya_error *err)
{
    const ya_lora_config *lora = &job->adapter.lora;
    int64_t step, batch;
    ya_status status = YA_OK;
    if (!job->adapter_path)
        return ya_buffer_printf(out, err,
                                "The weights are the base model's: nothing was trained.\n");
    YA_TRY(ya_buffer_printf(out, err, "## Training\n\n"));
    if (is_lora(job))
        YA_TRY(ya_buffer_printf(out, err, "- LoRA of rank %d, alpha %g%s\n", lora->rank,
                                lora->alpha,
                                lora->use_rslora ? ", scaled by alpha / sqrt(rank)" : ""));
    else
        YA_TRY(ya_buffer_printf(out, err, "- %zu tensors of the model trained themselves\n",
                                job->adapter.trained.n_tensors));
    if (ya_json_get_i64(job->state, "step", &step))
        YA_TRY(ya_buffer_printf(out, err, "- %lld optimizer steps", (long long)step));
    if (ya_json_get_i64(job->state, "effective_batch", &batch))
        YA_TRY(ya_buffer_printf(out, err, " of %lld records", (long long)batch));
    YA_TRY(ya_buffer_printf(out, err, "\n"));
done:
    return status;
}

static ya_status put_objective(const json_t *distrust, ya_buffer *out, ya_error *err)
{
    const char *mode = ya_json_get_text(distrust, "mode");
    double alpha = 0, strength = 0, ratio = 0, lambda = 0;
    if (!mode)
        return YA_OK;
    (void)ya_json_get_f64(distrust, "alpha", &alpha);
    (void)ya_json_get_f64(distrust, "strength", &strength);
    (void)ya_json_get_f64(distrust, "max_ratio", &ratio);
    (void)ya_json_get_f64(distrust, "lambda", &lambda);
    if (strcmp(mode, "weighted") == 0)
        return ya_buffer_printf(out, err,
                                "- objective: cross-entropy, records weighed by Roemmele's "
                                "empirical distrust term (mode weighted, alpha %g, strength %g, "
                                "greatest weight %g)\n",
                                alpha, strength, ratio);
    if (strcmp(mode, "additive") == 0)
        return ya_buffer_printf(out, err,
                                "- objective: cross-entropy plus %g times the empirical distrust "
                                "term (mode additive, alpha %g)\n",
                                lambda, alpha);
    return ya_buffer_printf(out, err, "- objective: plain cross-entropy\n");
}

/* A table's cell: what would end it is replaced. */
static ya_status put_cell(ya_buffer *out, const char *text, ya_error *err)
{
    ya_status status = YA_OK;
    for (; *text && !status; text++)
        status = ya_buffer_printf(out, err, "%c",
                                  *text == '|' || (unsigned char)*text < ' ' ? ' ' : *text);
    return status;
}

static ya_status put_files(const json_t *files, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, "\n## Data\n\n| file | SHA-256 |\n|---|---|\n"));
    for (size_t i = 0; i < json_array_size(files); i++) {
        const char *path = ya_json_get_text(json_array_get(files, i), "path");
        const char *hash = ya_json_get_text(json_array_get(files, i), "sha256");
        YA_TRY(ya_buffer_printf(out, err, "| "));
        YA_TRY(put_cell(out, path ? path : "", err));
        YA_TRY(ya_buffer_printf(out, err, " | "));
        YA_TRY(put_cell(out, hash ? hash : "", err));
        YA_TRY(ya_buffer_printf(out, err, " |\n"));
    }
done:
    return status;
}

static ya_status put_counts(const json_t *provenance, ya_buffer *out, ya_error *err)
{
    const json_t *bands = json_object_get(json_object_get(provenance, "weights"), "bands");
    int64_t records = 0, tokens = 0, low = 0, mid = 0, high = 0;
    ya_status status = YA_OK;
    if (ya_json_get_i64(provenance, "records", &records) &&
        ya_json_get_i64(provenance, "tokens", &tokens))
        YA_TRY(ya_buffer_printf(out, err, "\n%lld records, %lld tokens.", (long long)records,
                                (long long)tokens));
    if (ya_json_get_i64(bands, "low", &low) && ya_json_get_i64(bands, "mid", &mid) &&
        ya_json_get_i64(bands, "high", &high))
        YA_TRY(ya_buffer_printf(out, err,
                                " By authority weight: %lld low (< 0.3), %lld mid, %lld high "
                                "(> 0.7).",
                                (long long)low, (long long)mid, (long long)high));
    YA_TRY(ya_buffer_printf(out, err, "\n"));
done:
    return status;
}

static ya_status put_sources(const json_t *sources, ya_buffer *out, ya_error *err)
{
    ya_status status;
    if (json_array_size(sources) == 0)
        return YA_OK;
    YA_TRY(ya_buffer_printf(out, err,
                            "\n| source | records | share of the weight |\n|---|---|---|\n"));
    for (size_t i = 0; i < json_array_size(sources); i++) {
        const json_t *source = json_array_get(sources, i);
        const char *name = ya_json_get_text(source, "source_type");
        int64_t records = 0;
        double share = 0;
        (void)ya_json_get_i64(source, "records", &records);
        (void)ya_json_get_f64(source, "weight_share", &share);
        YA_TRY(ya_buffer_printf(out, err, "| "));
        YA_TRY(put_cell(out, name && *name ? name : "(not said)", err));
        YA_TRY(
            ya_buffer_printf(out, err, " | %lld | %.1f %% |\n", (long long)records, 100 * share));
    }
done:
    return status;
}

static ya_status put_provenance(const ya_export_job *job, ya_buffer *out, ya_error *err)
{
    const json_t *p = job->provenance;
    ya_status status = YA_OK;
    if (!p)
        return job->adapter_path
                   ? ya_buffer_printf(out, err,
                                      "\nThe adapter came without a record of its data.\n")
                   : YA_OK;
    YA_TRY(put_objective(json_object_get(p, "distrust"), out, err));
    YA_TRY(put_files(json_object_get(p, "data"), out, err));
    YA_TRY(put_counts(p, out, err));
    YA_TRY(put_sources(json_object_get(json_object_get(p, "weights"), "sources"), out, err));
done:
    return status;
}

static ya_status put_evaluation(const ya_export_job *job, ya_buffer *out, ya_error *err)
{
    const json_t *best = json_object_get(job->state, "best");
    double ce;
    int64_t step;
    if (!ya_json_get_f64(best, "ce", &ce) || !ya_json_get_i64(best, "step", &step))
        return YA_OK;
    return ya_buffer_printf(out, err,
                            "\n## Evaluation\n\nLeast cross-entropy on the validation records: "
                            "%.4f nats a token, at step %lld.\n",
                            ce, (long long)step);
}

ya_status ya_export_card(const ya_export_job *job, const char *library, ya_buffer *out,
                         ya_error *err)
{
    ya_status status;
    YA_TRY(put_header(job, library, out, err));
    YA_TRY(ya_buffer_printf(
        out, err, "# %s, %s by your_ai %s\n\nBase model: %s (fingerprint %s).\n\n", job->name,
        job->adapter_path ? "fine-tuned" : "converted", YA_VERSION, job->name, job->fingerprint));
    YA_TRY(put_training(job, out, err));
    YA_TRY(put_provenance(job, out, err));
    YA_TRY(put_evaluation(job, out, err));
done:
    return status;
}
