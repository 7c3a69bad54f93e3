#include "data/fields.h"

#include <string.h>

/* Every ya_raw_field with its usual name; L is handed through. */
#define FIELDS(F, L)                                                                               \
    F(YA_RAW_TEXT, "text", L)                                                                      \
    F(YA_RAW_CONTENT, "content", L)                                                                \
    F(YA_RAW_BODY, "body", L)                                                                      \
    F(YA_RAW_ABSTRACT, "abstract", L)                                                              \
    F(YA_RAW_DESCRIPTION, "description", L)                                                        \
    F(YA_RAW_SUMMARY, "summary", L)                                                                \
    F(YA_RAW_OCR_ENG, "ocr_eng", L)                                                                \
    F(YA_RAW_OCR_TEXT, "ocr_text", L)                                                              \
    F(YA_RAW_ARTICLE, "article", L)                                                                \
    F(YA_RAW_DOCUMENT, "document", L)                                                              \
    F(YA_RAW_TITLE, "title", L)                                                                    \
    F(YA_RAW_SUPPORT, "support", L)                                                                \
    F(YA_RAW_QUESTION, "question", L)                                                              \
    F(YA_RAW_ANSWER, "answer", L)                                                                  \
    F(YA_RAW_MESSAGES, "messages", L)                                                              \
    F(YA_RAW_CONVERSATIONS, "conversations", L)                                                    \
    F(YA_RAW_PROMPT, "prompt", L)                                                                  \
    F(YA_RAW_COMPLETION, "completion", L)                                                          \
    F(YA_RAW_RESPONSE, "response", L)                                                              \
    F(YA_RAW_INSTRUCTION, "instruction", L)                                                        \
    F(YA_RAW_INPUT, "input", L)                                                                    \
    F(YA_RAW_OUTPUT, "output", L)                                                                  \
    F(YA_RAW_SYSTEM, "system", L)                                                                  \
    F(YA_RAW_SYSTEM_PROMPT, "system_prompt", L)                                                    \
    F(YA_RAW_HISTORY, "history", L)                                                                \
    F(YA_RAW_CONTEXT, "context", L)                                                                \
    F(YA_RAW_PASSAGE, "passage", L)                                                                \
    F(YA_RAW_ANSWERS, "answers", L)                                                                \
    F(YA_RAW_HIGHLIGHTS, "highlights", L)                                                          \
    F(YA_RAW_CHOSEN, "chosen", L)                                                                  \
    F(YA_RAW_REJECTED, "rejected", L)                                                              \
    F(YA_RAW_TOOLS, "tools", L)                                                                    \
    F(YA_RAW_FUNCTIONS, "functions", L)                                                            \
    F(YA_RAW_INPUT_IDS, "input_ids", L)                                                            \
    F(YA_RAW_LABELS, "labels", L)                                                                  \
    F(YA_RAW_ATTENTION_MASK, "attention_mask", L)                                                  \
    F(YA_RAW_METADATA, "metadata", L)                                                              \
    F(YA_RAW_WEIGHT, "weight", L)                                                                  \
    F(YA_RAW_AUTH_WEIGHT, "auth_weight", L)                                                        \
    F(YA_RAW_PROV_ENTROPY, "prov_entropy", L)                                                      \
    F(YA_RAW_IDENTIFIER, "identifier", L)                                                          \
    F(YA_RAW_ID, "id", L)                                                                          \
    F(YA_RAW_TRIVIUM_CATEGORY, "trivium_category", L)                                              \
    F(YA_RAW_PRIMARY_SOURCE_COUNT, "primary_source_count", L)                                      \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_YEAR, "year", L)                                             \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_DATE, "date", L)                                             \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_PUBLICATION_DATE, "publication_date", L)                     \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_PUBLISHED, "published", L)                                   \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_SOURCE, "source", L)                                         \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_URL, "url", L)                                               \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_PUBLISHER, "publisher", L)                                   \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_TYPE, "source_type", L)                                      \
    F(YA_RAW_SOURCE_FIRST + YA_SOURCE_CITATION_COUNT, "citation_count", L)

/* The fields whose names have L letters, as bits. */
#define BIT(field, name, L) | YA_FIELD_BIT(field) * (sizeof(name) - 1 == (L))
#define OF_LENGTH(L) (uint64_t)(0 FIELDS(BIT, L))

#define NAME(field, name, L) [field] = name,
static const char *const usual[YA_RAW_N_FIELDS] = {FIELDS(NAME, 0)};

static int usual_field_of(const char *name, size_t size)
{
    static const uint64_t of_length[] = {
        OF_LENGTH(0),  OF_LENGTH(1),  OF_LENGTH(2),  OF_LENGTH(3),  OF_LENGTH(4),  OF_LENGTH(5),
        OF_LENGTH(6),  OF_LENGTH(7),  OF_LENGTH(8),  OF_LENGTH(9),  OF_LENGTH(10), OF_LENGTH(11),
        OF_LENGTH(12), OF_LENGTH(13), OF_LENGTH(14), OF_LENGTH(15), OF_LENGTH(16), OF_LENGTH(17),
        OF_LENGTH(18), OF_LENGTH(19), OF_LENGTH(20),
    };
    if (size >= sizeof of_length / sizeof *of_length)
        return -1;
    for (uint64_t left = of_length[size]; left; left &= left - 1) {
        int field = __builtin_ctzll(left);
        if (*usual[field] == *name && memcmp(usual[field], name, size) == 0)
            return field;
    }
    return -1;
}

int ya_field_of(const ya_field_names *names, const char *name, size_t size)
{
    for (uint64_t left = names ? names->given : 0; left; left &= left - 1) {
        int field = __builtin_ctzll(left);
        const char *given = names->names[field];
        if (strlen(given) == size && memcmp(given, name, size) == 0)
            return field;
    }
    int field = usual_field_of(name, size);
    return field >= 0 && names && names->given & YA_FIELD_BIT(field) ? -1 : field;
}

const char *ya_field_name(const ya_field_names *names, ya_raw_field field)
{
    return names && names->names[field] ? names->names[field] : usual[field];
}

static ya_status give_name(ya_field_names *out, int field, const char *name, ya_error *err)
{
    if (out->names[field])
        return ya_fail(err, YA_ERR_USAGE, "the field of the role %s is given twice: %s and %s",
                       usual[field], out->names[field], name);
    for (int other = 0; other < YA_RAW_N_FIELDS; other++)
        if (out->names[other] && strcmp(out->names[other], name) == 0)
            return ya_fail(err, YA_ERR_USAGE, "the field %s is given two roles: %s and %s", name,
                           usual[other], usual[field]);
    out->names[field] = name;
    out->given |= YA_FIELD_BIT(field);
    return YA_OK;
}

ya_status ya_field_names_read(ya_field_names *out, char *const *pairs, size_t n_pairs,
                              const char *text_field, ya_error *err)
{
    ya_status status = YA_OK;
    *out = (ya_field_names){0};
    if (text_field)
        YA_TRY(give_name(out, YA_RAW_TEXT, text_field, err));
    for (size_t i = 0; i < n_pairs; i++) {
        const char *equals = strchr(pairs[i], '=');
        if (!equals || !equals[1])
            YA_TRY(ya_fail(err, YA_ERR_USAGE,
                           "--field is \"%s\", expected ROLE=NAME, as prompt=ask", pairs[i]));
        int field = usual_field_of(pairs[i], (size_t)(equals - pairs[i]));
        if (field < 0)
            YA_TRY(
                ya_fail(err, YA_ERR_USAGE,
                        "--field %s: no such role; roles are text, prompt, completion, messages, "
                        "instruction, input, output, question, answer, system, tools, weight, "
                        "auth_weight, prov_entropy, source and the other names in "
                        "docs/RECORDS.md",
                        pairs[i]));
        YA_TRY(give_name(out, field, equals + 1, err));
    }
done:
    return status;
}
