/* Normalizers, pre-tokenizers and post-processors of tokenizer.json; what is not known is refused
 * by name. */
#include "token/internal.h"

#include "base/alloc.h"
#include "io/json.h"
#include "token/unicode.h"

#include <string.h>

/* Sequences in sequences are followed this deep. */
enum { MAX_DEPTH = 8 };

typedef ya_status load_part(ya_tokenizer *t, const json_t *part, const char *type, ya_error *err);

/* Calls `load` for the part, or for each member of a Sequence, whose list lies under `members`. */
static ya_status each_part(ya_tokenizer *t, const json_t *part, const char *what,
                           const char *members, int depth, load_part *load, ya_error *err)
{
    if (!part || json_is_null(part))
        return YA_OK;
    const char *type = ya_json_get_text(part, "type");
    if (!type)
        return ya_fail(err, YA_ERR_FORMAT, "the %s has no \"type\"", what);
    if (strcmp(type, "Sequence") != 0)
        return load(t, part, type, err);
    const json_t *list = json_object_get(part, members);
    if (!json_is_array(list) || depth == MAX_DEPTH)
        return ya_fail(err, YA_ERR_FORMAT, "the %s of type Sequence has no list \"%s\"", what,
                       members);
    ya_status status = YA_OK;
    for (size_t i = 0; i < json_array_size(list); i++)
        YA_TRY(each_part(t, json_array_get(list, i), what, members, depth + 1, load, err));
done:
    return status;
}

static ya_status copy_text(char **out, const char *text, ya_error *err)
{
    *out = ya_strdup(text);
    return *out ? YA_OK : ya_fail(err, YA_ERR_MEMORY, "out of memory for a tokenizer");
}

/* A pattern: {"String": text} or {"Regex": expression}; exactly one of the outputs is set. */
static ya_status load_pattern(const json_t *part, const char *type, char **literal,
                              const char **regex, ya_error *err)
{
    const json_t *pattern = json_object_get(part, "pattern");
    const char *text = ya_json_get_text(pattern, "String");
    *regex = ya_json_get_text(pattern, "Regex");
    if (text && *text)
        return copy_text(literal, text, err);
    if (*regex && **regex)
        return YA_OK;
    return ya_fail(err, YA_ERR_UNSUPPORTED,
                   "the pattern of a %s is neither a \"String\" nor a \"Regex\"", type);
}

/* ---- Normalizers ---- */

static ya_status add_step(ya_tokenizer *t, ya_normalize_kind kind, const char *pattern,
                          const char *content, ya_error *err)
{
    ya_normalize_step step = {.kind = kind};
    ya_status status = YA_OK;
    if (pattern)
        YA_TRY(copy_text(&step.pattern, pattern, err));
    if (content)
        YA_TRY(copy_text(&step.content, content, err));
    step.pattern_size = pattern ? strlen(pattern) : 0;
    step.content_size = content ? strlen(content) : 0;
    return ya_normalizer_add(&t->normalizer, step, err);
done:
    ya_free(step.pattern);
    ya_free(step.content);
    return status;
}

ya_status ya_add_replace_spaces(ya_tokenizer *t, ya_error *err)
{
    return add_step(t, YA_NORMALIZE_REPLACE, " ", "\xE2\x96\x81", err);
}

ya_status ya_add_prepend(ya_tokenizer *t, const char *text, ya_error *err)
{
    return add_step(t, YA_NORMALIZE_PREPEND, NULL, text, err);
}

static ya_status load_replace(ya_tokenizer *t, const json_t *part, ya_error *err)
{
    ya_normalize_step step = {.kind = YA_NORMALIZE_REPLACE};
    const char *regex = NULL, *content = ya_json_get_text(part, "content");
    ya_status status = YA_OK;
    if (!content)
        return ya_fail(err, YA_ERR_FORMAT, "a normalizer Replace has no \"content\"");
    YA_TRY(load_pattern(part, "Replace", &step.pattern, &regex, err));
    step.pattern_size = step.pattern ? strlen(step.pattern) : 0;
    step.content_size = strlen(content);
    YA_TRY(copy_text(&step.content, content, err));
    if (!step.pattern)
        YA_TRY(ya_regex_open(&step.regex, regex, err));
    return ya_normalizer_add(&t->normalizer, step, err);
done:
    ya_free(step.pattern);
    ya_free(step.content);
    return status;
}

static ya_status load_one_normalizer(ya_tokenizer *t, const json_t *part, const char *type,
                                     ya_error *err)
{
    if (strcmp(type, "NFC") == 0)
        return add_step(t, YA_NORMALIZE_NFC, NULL, NULL, err);
    if (strcmp(type, "Replace") == 0)
        return load_replace(t, part, err);
    if (strcmp(type, "Prepend") == 0) {
        const char *text = ya_json_get_text(part, "prepend");
        if (!text)
            return ya_fail(err, YA_ERR_FORMAT, "a normalizer Prepend has no \"prepend\"");
        return ya_add_prepend(t, text, err);
    }
    return ya_fail(err, YA_ERR_UNSUPPORTED,
                   "the normalizer %s is not supported; NFC, Prepend, Replace and Sequence are",
                   type);
}

ya_status ya_load_normalizer(ya_tokenizer *t, const json_t *part, ya_error *err)
{
    return each_part(t, part, "normalizer", "normalizers", 0, load_one_normalizer, err);
}

/* ---- Pre-tokenizers ---- */

ya_status ya_add_matcher(ya_tokenizer *t, ya_matcher *matcher, ya_error *err)
{
    return ya_pretokenizer_add(
        &t->pre,
        (ya_stage){.kind = YA_STAGE_SPLIT, .behavior = YA_SPLIT_ISOLATED, .matcher = matcher}, err);
}

ya_status ya_add_class(ya_tokenizer *t, unsigned flag, ya_split_behavior behavior, ya_error *err)
{
    return ya_pretokenizer_add(
        &t->pre, (ya_stage){.kind = YA_STAGE_CLASS, .behavior = behavior, .flag = flag}, err);
}

static bool split_behavior(const char *name, ya_split_behavior *out)
{
    static const char *const names[] = {[YA_SPLIT_REMOVED] = "Removed",
                                        [YA_SPLIT_ISOLATED] = "Isolated",
                                        [YA_SPLIT_MERGED_WITH_PREVIOUS] = "MergedWithPrevious",
                                        [YA_SPLIT_MERGED_WITH_NEXT] = "MergedWithNext",
                                        [YA_SPLIT_CONTIGUOUS] = "Contiguous"};
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (ya_split_behavior)i;
            return true;
        }
    }
    return false;
}

static ya_status load_split(ya_tokenizer *t, const json_t *part, ya_error *err)
{
    ya_stage stage = {.kind = YA_STAGE_SPLIT};
    const char *regex = NULL, *behavior = ya_json_get_text(part, "behavior");
    ya_status status = YA_OK;
    if (!split_behavior(behavior, &stage.behavior))
        return ya_fail(err, YA_ERR_UNSUPPORTED, "the pre-tokenizer Split has the behavior \"%s\"",
                       behavior ? behavior : "");
    (void)ya_json_get_bool(part, "invert", &stage.invert);
    YA_TRY(load_pattern(part, "Split", &stage.literal, &regex, err));
    stage.literal_size = stage.literal ? strlen(stage.literal) : 0;
    if (regex && !stage.literal && stage.behavior == YA_SPLIT_ISOLATED)
        stage.matcher = ya_split_known(regex);
    if (!stage.literal && !stage.matcher)
        YA_TRY(ya_regex_open(&stage.regex, regex, err));
    return ya_pretokenizer_add(&t->pre, stage, err);
done:
    ya_free(stage.literal);
    return status;
}

static ya_status load_punctuation(ya_tokenizer *t, const json_t *part, ya_error *err)
{
    const char *behavior = ya_json_get_text(part, "behavior");
    ya_split_behavior found;
    if (!split_behavior(behavior ? behavior : "Isolated", &found))
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "the pre-tokenizer Punctuation has the behavior \"%s\"", behavior);
    return ya_add_class(t, YA_UC_PUNCTUATION, found, err);
}

static ya_status load_byte_level(ya_tokenizer *t, const json_t *part, ya_error *err)
{
    bool prefix = true, use_regex = true;
    ya_status status = YA_OK;
    (void)ya_json_get_bool(part, "add_prefix_space", &prefix);
    (void)ya_json_get_bool(part, "use_regex", &use_regex);
    if (prefix)
        YA_TRY(ya_pretokenizer_add(&t->pre, (ya_stage){.kind = YA_STAGE_PREFIX}, err));
    if (use_regex)
        YA_TRY(ya_add_matcher(t, ya_split_gpt2, err));
    t->bpe.byte_level = true;
done:
    return status;
}

static ya_status load_metaspace(ya_tokenizer *t, const json_t *part, ya_error *err)
{
    ya_stage stage = {.kind = YA_STAGE_METASPACE,
                      .behavior = YA_SPLIT_MERGED_WITH_NEXT,
                      .scheme = YA_PREPEND_ALWAYS,
                      .split = true};
    const char *mark = ya_json_get_text(part, "replacement");
    const char *scheme = ya_json_get_text(part, "prepend_scheme");
    bool prefix = true;
    if (scheme && strcmp(scheme, "first") == 0)
        stage.scheme = YA_PREPEND_FIRST;
    else if (scheme && strcmp(scheme, "never") == 0)
        stage.scheme = YA_PREPEND_NEVER;
    else if (scheme && strcmp(scheme, "always") != 0)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "the Metaspace has the prepend_scheme \"%s\"",
                       scheme);
    if (ya_json_get_bool(part, "add_prefix_space", &prefix) && !prefix)
        stage.scheme = YA_PREPEND_NEVER;
    (void)ya_json_get_bool(part, "split", &stage.split);
    if (!mark || !*mark)
        return ya_fail(err, YA_ERR_FORMAT, "the pre-tokenizer Metaspace has no \"replacement\"");
    ya_status status = copy_text(&stage.literal, mark, err);
    stage.literal_size = strlen(mark);
    return status == YA_OK ? ya_pretokenizer_add(&t->pre, stage, err) : status;
}

static ya_status load_one_pre_tokenizer(ya_tokenizer *t, const json_t *part, const char *type,
                                        ya_error *err)
{
    if (t->bpe.byte_level)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "the pre-tokenizer %s comes after ByteLevel, which must be the last", type);
    if (strcmp(type, "Split") == 0)
        return load_split(t, part, err);
    if (strcmp(type, "ByteLevel") == 0)
        return load_byte_level(t, part, err);
    if (strcmp(type, "Metaspace") == 0)
        return load_metaspace(t, part, err);
    if (strcmp(type, "Digits") == 0) {
        bool individual = false;
        (void)ya_json_get_bool(part, "individual_digits", &individual);
        return ya_add_class(t, YA_UC_DIGIT, individual ? YA_SPLIT_ISOLATED : YA_SPLIT_CONTIGUOUS,
                            err);
    }
    if (strcmp(type, "WhitespaceSplit") == 0)
        return ya_add_class(t, YA_UC_SPACE, YA_SPLIT_REMOVED, err);
    if (strcmp(type, "Punctuation") == 0)
        return load_punctuation(t, part, err);
    return ya_fail(err, YA_ERR_UNSUPPORTED,
                   "the pre-tokenizer %s is not supported; Split, Digits, Punctuation, "
                   "WhitespaceSplit, ByteLevel, Metaspace and Sequence are",
                   type);
}

ya_status ya_load_pre_tokenizer(ya_tokenizer *t, const json_t *part, ya_error *err)
{
    return each_part(t, part, "pre-tokenizer", "pretokenizers", 0, load_one_pre_tokenizer, err);
}

/* ---- Post-processors ---- */

/* Appends the ids that a template's SpecialToken stands for. */
static ya_status template_ids(const json_t *part, const char *name, ya_ids *ids, ya_error *err)
{
    const json_t *entry =
        name ? json_object_get(json_object_get(part, "special_tokens"), name) : NULL;
    const json_t *list = json_object_get(entry, "ids");
    ya_status status = YA_OK;
    if (!json_is_array(list))
        return ya_fail(err, YA_ERR_FORMAT, "the template names the token \"%s\" without its ids",
                       name ? name : "");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *id = json_array_get(list, i);
        json_int_t value = json_is_integer(id) ? json_integer_value(id) : -1;
        if (value < 0 || value >= YA_STRINGS_MAX_ID)
            return ya_fail(err, YA_ERR_FORMAT, "the template gives the token \"%s\" a wrong id",
                           name);
        YA_TRY(ya_ids_add(ids, (int32_t)value, err));
    }
done:
    return status;
}

static ya_status load_template(ya_tokenizer *t, const json_t *part, ya_error *err)
{
    ya_status status = YA_OK;
    const json_t *single = json_object_get(part, "single");
    bool text_seen = false;
    if (t->before.size || t->after.size)
        return ya_fail(err, YA_ERR_UNSUPPORTED, "a second TemplateProcessing is not supported");
    for (size_t i = 0; i < json_array_size(single); i++) {
        const json_t *piece = json_array_get(single, i);
        const json_t *special = json_object_get(piece, "SpecialToken");
        if (special) {
            YA_TRY(template_ids(part, ya_json_get_text(special, "id"),
                                text_seen ? &t->after : &t->before, err));
            continue;
        }
        const char *id = ya_json_get_text(json_object_get(piece, "Sequence"), "id");
        if (!id || strcmp(id, "A") != 0 || text_seen)
            return ya_fail(err, YA_ERR_UNSUPPORTED,
                           "the template \"single\" is not special tokens around one text");
        text_seen = true;
    }
    if (!text_seen)
        status = ya_fail(err, YA_ERR_UNSUPPORTED, "the template \"single\" does not hold the text");
done:
    return status;
}

static ya_status load_one_post_processor(ya_tokenizer *t, const json_t *part, const char *type,
                                         ya_error *err)
{
    if (strcmp(type, "ByteLevel") == 0)
        return YA_OK; /* changes offsets only */
    if (strcmp(type, "TemplateProcessing") == 0)
        return load_template(t, part, err);
    return ya_fail(err, YA_ERR_UNSUPPORTED,
                   "the post-processor %s is not supported; TemplateProcessing, ByteLevel and "
                   "Sequence are",
                   type);
}

ya_status ya_load_post_processor(ya_tokenizer *t, const json_t *part, ya_error *err)
{
    return each_part(t, part, "post-processor", "processors", 0, load_one_post_processor, err);
}

/* ---- Decoders ---- */

static ya_status load_replace_decoder(const json_t *part, ya_decode_step *step, ya_error *err)
{
    const char *regex = NULL, *content = ya_json_get_text(part, "content");
    ya_status status = YA_OK;
    if (!content)
        return ya_fail(err, YA_ERR_FORMAT, "a decoder Replace has no \"content\"");
    YA_TRY(copy_text(&step->content, content, err));
    YA_TRY(load_pattern(part, "Replace", &step->pattern, &regex, err));
    if (!step->pattern)
        YA_TRY(ya_regex_open(&step->regex, regex, err));
done:
    return status;
}

static ya_status load_strip_decoder(const json_t *part, ya_decode_step *step, ya_error *err)
{
    const char *content = ya_json_get_text(part, "content");
    if (!content || !*content || !ya_json_get_i64(part, "start", &step->start) ||
        !ya_json_get_i64(part, "stop", &step->stop))
        return ya_fail(err, YA_ERR_FORMAT, "a decoder Strip lacks content, start or stop");
    return copy_text(&step->content, content, err);
}

static ya_status load_metaspace_decoder(const json_t *part, ya_decode_step *step, ya_error *err)
{
    const char *mark = ya_json_get_text(part, "replacement");
    const char *scheme = ya_json_get_text(part, "prepend_scheme");
    bool prefix = true;
    (void)ya_json_get_bool(part, "add_prefix_space", &prefix);
    step->strip = prefix && !(scheme && strcmp(scheme, "never") == 0);
    if (!mark || !*mark)
        return ya_fail(err, YA_ERR_FORMAT, "the decoder Metaspace has no \"replacement\"");
    return copy_text(&step->pattern, mark, err);
}

static ya_status load_one_decoder(ya_tokenizer *t, const json_t *part, const char *type,
                                  ya_error *err)
{
    ya_decode_step step = {0};
    ya_status status = YA_OK;
    if (strcmp(type, "ByteLevel") == 0) {
        step.kind = YA_DECODE_BYTE_LEVEL;
    } else if (strcmp(type, "ByteFallback") == 0) {
        step.kind = YA_DECODE_BYTE_FALLBACK;
    } else if (strcmp(type, "Fuse") == 0) {
        step.kind = YA_DECODE_FUSE;
    } else if (strcmp(type, "Replace") == 0) {
        step.kind = YA_DECODE_REPLACE;
        status = load_replace_decoder(part, &step, err);
    } else if (strcmp(type, "Strip") == 0) {
        step.kind = YA_DECODE_STRIP;
        status = load_strip_decoder(part, &step, err);
    } else if (strcmp(type, "Metaspace") == 0) {
        step.kind = YA_DECODE_METASPACE;
        status = load_metaspace_decoder(part, &step, err);
    } else {
        status = ya_fail(err, YA_ERR_UNSUPPORTED,
                         "the decoder %s is not supported; ByteLevel, ByteFallback, Fuse, Replace, "
                         "Strip, Metaspace and Sequence are",
                         type);
    }
    if (status == YA_OK)
        return ya_decoder_add(&t->decoder, step, err);
    ya_free(step.pattern);
    ya_free(step.content);
    return status;
}

ya_status ya_load_decoder(ya_tokenizer *t, const json_t *part, ya_error *err)
{
    t->decoder.absent = !part || json_is_null(part);
    return each_part(t, part, "decoder", "decoders", 0, load_one_decoder, err);
}
