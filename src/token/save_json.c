/* A tokenizer as tokenizer.json, for one that came from a GGUF file. */
#include "token/save.h"

#include "base/alloc.h"
#include "io/json.h"
#include "token/merges.h"

#include <stdlib.h>
#include <string.h>

static ya_status quote(ya_buffer *out, const char *text, size_t size, ya_error *err)
{
    return ya_json_quote(out, text, size, err);
}

static ya_status put(ya_buffer *out, const char *text, ya_error *err)
{
    return ya_buffer_add(out, text, strlen(text), err);
}

static const char *word(bool value)
{
    return value ? "true" : "false";
}

/* ---- The parts around the model ---- */

static int by_id(const void *a, const void *b)
{
    const ya_added *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static ya_status put_added(const ya_tokenizer *t, ya_buffer *out, ya_error *err)
{
    size_t n = t->raw.n_tokens;
    ya_added *sorted = ya_alloc_zero(n + 1, sizeof *sorted);
    ya_status status;
    if (!sorted)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu added tokens", n);
    if (n)
        memcpy(sorted, t->raw.tokens, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_id);
    YA_TRY(put(out, "  \"added_tokens\": [", err));
    for (size_t i = 0; i < n; i++) {
        size_t size;
        const char *text = ya_strings_text(&t->tokens, sorted[i].id, &size);
        YA_TRY(ya_buffer_printf(out, err, "%s\n    {\"id\": %d, \"content\": ", i ? "," : "",
                                sorted[i].id));
        YA_TRY(quote(out, text, size, err));
        YA_TRY(ya_buffer_printf(out, err,
                                ", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, "
                                "\"normalized\": false, \"special\": %s}",
                                word((t->flags[sorted[i].id] & YA_TOKEN_SPECIAL) != 0)));
    }
    YA_TRY(put(out, "\n  ],\n", err));
done:
    ya_free(sorted);
    return status;
}

static bool has_step(const ya_tokenizer *t, ya_normalize_kind kind)
{
    for (size_t i = 0; i < t->normalizer.n_steps; i++)
        if (t->normalizer.steps[i].kind == kind)
            return true;
    return false;
}

static ya_status put_normalizer(const ya_tokenizer *t, ya_buffer *out, ya_error *err)
{
    if (has_step(t, YA_NORMALIZE_NFC))
        return put(out, "  \"normalizer\": {\"type\": \"NFC\"},\n", err);
    if (t->bpe.byte_level)
        return put(out, "  \"normalizer\": null,\n", err);
    const char *prepend = has_step(t, YA_NORMALIZE_PREPEND)
                              ? "{\"type\": \"Prepend\", \"prepend\": \"\xE2\x96\x81\"}, "
                              : "";
    return ya_buffer_printf(out, err,
                            "  \"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [%s"
                            "{\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, "
                            "\"content\": \"\xE2\x96\x81\"}]},\n",
                            prepend);
}

static ya_status put_stage(const ya_stage *stage, ya_buffer *out, ya_error *err)
{
    ya_status status;
    if (stage->kind == YA_STAGE_CLASS)
        return put(out, "{\"type\": \"Digits\", \"individual_digits\": true}, ", err);
    if (stage->matcher == ya_split_gpt2)
        return YA_OK; /* ByteLevel does it */
    const char *regex =
        stage->regex ? ya_regex_pattern(stage->regex) : ya_split_regex(stage->matcher);
    YA_TRY(put(out, "{\"type\": \"Split\", \"pattern\": {\"Regex\": ", err));
    YA_TRY(quote(out, regex, strlen(regex), err));
    YA_TRY(put(out, "}, \"behavior\": \"Isolated\", \"invert\": false}, ", err));
done:
    return status;
}

static ya_status put_pre_tokenizer(const ya_tokenizer *t, ya_buffer *out, ya_error *err)
{
    bool use_regex = false;
    ya_status status;
    if (!t->bpe.byte_level)
        return put(out, "  \"pre_tokenizer\": null,\n", err);
    YA_TRY(put(out, "  \"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": [", err));
    for (size_t i = 0; i < t->pre.n_stages; i++) {
        use_regex = use_regex || t->pre.stages[i].matcher == ya_split_gpt2;
        YA_TRY(put_stage(&t->pre.stages[i], out, err));
    }
    YA_TRY(ya_buffer_printf(out, err,
                            "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, "
                            "\"trim_offsets\": true, \"use_regex\": %s}]},\n",
                            word(use_regex)));
done:
    return status;
}

static ya_status put_template_part(const ya_tokenizer *t, const ya_ids *ids, bool *comma,
                                   ya_buffer *out, ya_error *err)
{
    ya_status status = YA_OK;
    for (size_t i = 0; i < ids->size; i++) {
        size_t size;
        const char *text = ya_strings_text(&t->tokens, ids->data[i], &size);
        YA_TRY(put(
            out, *comma ? ", {\"SpecialToken\": {\"id\": " : "{\"SpecialToken\": {\"id\": ", err));
        YA_TRY(quote(out, text, size, err));
        YA_TRY(put(out, ", \"type_id\": 0}}", err));
        *comma = true;
    }
done:
    return status;
}

static ya_status put_template_token(const ya_tokenizer *t, int32_t id, bool *comma, ya_buffer *out,
                                    ya_error *err)
{
    size_t size;
    const char *text = ya_strings_text(&t->tokens, id, &size);
    ya_status status;
    YA_TRY(put(out, *comma ? ", " : "", err));
    YA_TRY(quote(out, text, size, err));
    YA_TRY(put(out, ": {\"id\": ", err));
    YA_TRY(quote(out, text, size, err));
    YA_TRY(ya_buffer_printf(out, err, ", \"ids\": [%d], \"tokens\": [", id));
    YA_TRY(quote(out, text, size, err));
    YA_TRY(put(out, "]}", err));
    *comma = true;
done:
    return status;
}

static ya_status put_post_processor(const ya_tokenizer *t, ya_buffer *out, ya_error *err)
{
    static const char pair[] = "], \"pair\": [{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, "
                               "{\"Sequence\": {\"id\": \"B\", \"type_id\": 1}}], "
                               "\"special_tokens\": {";
    bool comma = false;
    ya_status status;
    if (t->before.size + t->after.size == 0)
        return put(out, "  \"post_processor\": null,\n", err);
    YA_TRY(put(out, "  \"post_processor\": {\"type\": \"TemplateProcessing\", \"single\": [", err));
    YA_TRY(put_template_part(t, &t->before, &comma, out, err));
    YA_TRY(put(out, comma ? ", " : "", err));
    YA_TRY(put(out, "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}", err));
    comma = true;
    YA_TRY(put_template_part(t, &t->after, &comma, out, err));
    YA_TRY(put(out, pair, err));
    comma = false;
    for (size_t i = 0; i < t->before.size; i++)
        YA_TRY(put_template_token(t, t->before.data[i], &comma, out, err));
    for (size_t i = 0; i < t->after.size; i++)
        YA_TRY(put_template_token(t, t->after.data[i], &comma, out, err));
    YA_TRY(put(out, "}},\n", err));
done:
    return status;
}

static ya_status put_decoder(const ya_tokenizer *t, ya_buffer *out, ya_error *err)
{
    if (t->bpe.byte_level)
        return put(out,
                   "  \"decoder\": {\"type\": \"ByteLevel\", \"add_prefix_space\": true, "
                   "\"trim_offsets\": true, \"use_regex\": true},\n",
                   err);
    return put(out,
               "  \"decoder\": {\"type\": \"Sequence\", \"decoders\": [{\"type\": \"Replace\", "
               "\"pattern\": {\"String\": \"\xE2\x96\x81\"}, \"content\": \" \"}, "
               "{\"type\": \"ByteFallback\"}, {\"type\": \"Fuse\"}, {\"type\": \"Strip\", "
               "\"content\": \" \", \"start\": 1, \"stop\": 0}]},\n",
               err);
}

/* ---- The model ---- */

static ya_status put_vocab(const ya_tokenizer *t, ya_buffer *out, ya_error *err)
{
    const char *comma = "\n";
    ya_status status;
    YA_TRY(put(out, "    \"vocab\": {", err));
    for (int32_t id = 0; id < (int32_t)t->tokens.n_ids; id++) {
        size_t size;
        const char *text = ya_strings_text(&t->tokens, id, &size);
        if (!text || ya_strings_find(&t->tokens, text, size) != id)
            continue; /* of two tokens with one text only one can be found */
        YA_TRY(put(out, comma, err));
        YA_TRY(quote(out, text, size, err));
        YA_TRY(ya_buffer_printf(out, err, ": %d", id));
        comma = ",\n";
    }
    YA_TRY(put(out, "\n    },\n", err));
done:
    return status;
}

static ya_status put_merges(const ya_tokenizer *t, ya_buffer *out, ya_error *err)
{
    ya_merge *merges = NULL;
    size_t n = 0;
    ya_status status = ya_merges_sorted(t, &merges, &n, err);
    if (status)
        return status;
    YA_TRY(put(out, "    \"merges\": [", err));
    for (size_t i = 0; i < n; i++) {
        ya_merge_texts m = ya_merge_parts(t, &merges[i]);
        YA_TRY(put(out, i ? ",\n[" : "\n[", err));
        YA_TRY(quote(out, m.left, m.left_size, err));
        YA_TRY(put(out, ", ", err));
        YA_TRY(quote(out, m.right, m.right_size, err));
        YA_TRY(put(out, "]", err));
    }
    YA_TRY(put(out, "\n    ]\n  }\n}\n", err));
done:
    ya_free(merges);
    return status;
}

static ya_status put_model(const ya_tokenizer *t, ya_buffer *out, ya_error *err)
{
    size_t size = 0;
    const char *unk = t->bpe.unk >= 0 ? ya_strings_text(&t->tokens, t->bpe.unk, &size) : NULL;
    bool pieces = !t->bpe.byte_level;
    ya_status status;
    YA_TRY(put(out,
               "  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n"
               "    \"unk_token\": ",
               err));
    YA_TRY(unk ? quote(out, unk, size, err) : put(out, "null", err));
    YA_TRY(ya_buffer_printf(out, err,
                            ",\n    \"continuing_subword_prefix\": null,\n"
                            "    \"end_of_word_suffix\": null,\n    \"fuse_unk\": %s,\n"
                            "    \"byte_fallback\": %s,\n    \"ignore_merges\": %s,\n",
                            word(pieces), word(pieces), word(t->bpe.ignore_merges)));
    YA_TRY(put_vocab(t, out, err));
    YA_TRY(put_merges(t, out, err));
done:
    return status;
}

ya_status ya_tokenizer_save_json(const ya_tokenizer *t, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(put(out, "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n",
               err));
    YA_TRY(put_added(t, out, err));
    YA_TRY(put_normalizer(t, out, err));
    YA_TRY(put_pre_tokenizer(t, out, err));
    YA_TRY(put_post_processor(t, out, err));
    YA_TRY(put_decoder(t, out, err));
    YA_TRY(put_model(t, out, err));
done:
    return status;
}

/* ---- tokenizer_config.json ---- */

static ya_status put_named(const ya_tokenizer *t, const char *key, int32_t id, ya_buffer *out,
                           ya_error *err)
{
    size_t size;
    const char *text = id >= 0 ? ya_strings_text(&t->tokens, id, &size) : NULL;
    ya_status status;
    if (!text)
        return YA_OK;
    YA_TRY(ya_buffer_printf(out, err, ",\n  \"%s\": ", key));
    YA_TRY(quote(out, text, size, err));
done:
    return status;
}

ya_status ya_tokenizer_save_config(const ya_tokenizer *t, ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(put(out,
               "{\n  \"tokenizer_class\": \"PreTrainedTokenizerFast\",\n"
               "  \"clean_up_tokenization_spaces\": false",
               err));
    YA_TRY(put_named(t, "bos_token", t->bos, out, err));
    YA_TRY(put_named(t, "eos_token", t->eos, out, err));
    YA_TRY(put_named(t, "unk_token", t->bpe.unk, out, err));
    if (t->chat_template) {
        YA_TRY(put(out, ",\n  \"chat_template\": ", err));
        YA_TRY(quote(out, t->chat_template, strlen(t->chat_template), err));
    }
    YA_TRY(put(out, "\n}\n", err));
done:
    return status;
}
