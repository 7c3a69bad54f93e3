/* A layout is a row: which fields it must have, and a function that reads them. The rows are tried
 * in order; the first whose fields are there decides. */
#include "data/layout_internal.h"

#include "settings/settings.h"

#include <stdio.h>
#include <string.h>

/* The table: ----------------------------------------------------------------------------------- */

typedef struct {
    ya_layout_text text;
    uint64_t all, any; /* fields that must have a value: all of them; one of them (0: none) */
    ya_outcome (*read)(ya_layout_reading *r);
} layout;

static const layout layouts[YA_N_LAYOUTS] = {
    [YA_LAYOUT_TOKENS] = {{"tokens", "`input_ids`, optional `labels`, `attention_mask`",
                           "ids whose label is -100", "the other ids"},
                          YA_LAYOUT_BIT(INPUT_IDS),
                          0,
                          ya_layout_read_tokens},
    [YA_LAYOUT_NAMED_TEXT] = {{"text", "`--text-field NAME`", "", "everything"},
                              YA_LAYOUT_BIT(TEXT),
                              0,
                              ya_layout_read_named_text},
    [YA_LAYOUT_CHAT] = {{"chat", "`messages`", "all else", "what the assistant says"},
                        YA_LAYOUT_BIT(MESSAGES),
                        0,
                        ya_layout_read_chat},
    [YA_LAYOUT_SHAREGPT] = {{"ShareGPT",
                             "`conversations` of {`from`, `value`} or {`role`, "
                             "`content`}, optional `system`, `tools`",
                             "all else", "what the assistant (gpt) says"},
                            YA_LAYOUT_BIT(CONVERSATIONS),
                            0,
                            ya_layout_read_sharegpt},
    [YA_LAYOUT_PREFERENCE] = {{"preference",
                               "`chosen` + `rejected`, strings or lists of messages; `prompt` + "
                               "`completion` with a `label` true or false",
                               "", "nothing: training refuses it"},
                              YA_LAYOUT_BIT(CHOSEN) | YA_LAYOUT_BIT(REJECTED),
                              0,
                              ya_layout_read_preference},
    [YA_LAYOUT_COMPLETION] = {{"completion", "`prompt` + `completion`, strings", "the prompt",
                               "the completion"},
                              YA_LAYOUT_BIT(PROMPT) | YA_LAYOUT_BIT(COMPLETION),
                              0,
                              ya_layout_read_completion},
    [YA_LAYOUT_COMPLETION_CHAT] = {{"completion, chat",
                                    "`prompt` + `completion`, lists of messages",
                                    "the prompt's turns",
                                    "what the assistant says in the completion"},
                                   YA_LAYOUT_BIT(PROMPT) | YA_LAYOUT_BIT(COMPLETION),
                                   0,
                                   ya_layout_read_completion_chat},
    [YA_LAYOUT_ALPACA] = {{"Alpaca",
                           "`instruction` + (`output` or `response`), optional `input` or "
                           "`context`, `system`, `history` [[user, assistant], ...]",
                           "the instruction, a line break, the input", "the answers"},
                          YA_LAYOUT_BIT(INSTRUCTION),
                          YA_LAYOUT_BIT(OUTPUT) | YA_LAYOUT_BIT(RESPONSE),
                          ya_layout_read_alpaca},
    [YA_LAYOUT_QUESTION] = {{"question",
                             "`question` + (`answer`, `answers`, `response` or "
                             "`output`), optional `context`, `passage` or `support`",
                             "the context, a blank line, the question",
                             "the answer; of {`text`: [...]} the first"},
                            YA_LAYOUT_BIT(QUESTION),
                            YA_LAYOUT_BIT(ANSWER) | YA_LAYOUT_BIT(ANSWERS) |
                                YA_LAYOUT_BIT(RESPONSE) | YA_LAYOUT_BIT(OUTPUT),
                            ya_layout_read_question},
    [YA_LAYOUT_RESPONSE] = {{"prompt, response", "`prompt` + (`response`, `output` or `answer`)",
                             "the prompt", "the response"},
                            YA_LAYOUT_BIT(PROMPT),
                            YA_LAYOUT_BIT(RESPONSE) | YA_LAYOUT_BIT(OUTPUT) | YA_LAYOUT_BIT(ANSWER),
                            ya_layout_read_response},
    [YA_LAYOUT_TEXT] = {{"text", "`text`", "", "everything"},
                        YA_LAYOUT_BIT(TEXT),
                        0,
                        ya_layout_read_text},
    [YA_LAYOUT_SUMMARY] = {{"summary", "(`article` or `document`) + (`highlights` or `summary`)",
                            "the document", "the summary"},
                           0,
                           YA_LAYOUT_BIT(HIGHLIGHTS) | YA_LAYOUT_BIT(SUMMARY),
                           ya_layout_read_summary},
    [YA_LAYOUT_ARCHIVE] = {{"raw text",
                            "the first long one of `text`, `content`, `body`, `abstract`, "
                            "`description`, `summary`, `ocr_eng`, `ocr_text`, `article`, "
                            "`document`, `title`, `support`; for training only where no longer "
                            "field is left out",
                            "", "everything"},
                           0,
                           0,
                           ya_layout_read_archive},
};

const ya_layout_text *ya_layout_get(ya_layout which)
{
    return &layouts[which].text;
}

/* Finding the layout: -------------------------------------------------------------------------- */

/* The fields that have a value. */
static uint64_t fields_there(const ya_raw *raw)
{
    uint64_t bits = 0;
    for (int i = 0; i < YA_RAW_N_FIELDS; i++)
        if (ya_layout_there(raw, (ya_raw_field)i))
            bits |= YA_FIELD_BIT(i);
    return bits;
}

static bool is_layout(ya_layout which, uint64_t bits)
{
    const layout *l = &layouts[which];
    bool document = bits & (YA_LAYOUT_BIT(ARTICLE) | YA_LAYOUT_BIT(DOCUMENT));
    return (bits & l->all) == l->all && (!l->any || bits & l->any) &&
           (which != YA_LAYOUT_SUMMARY || document);
}

static void begin(ya_raw *raw)
{
    raw->kind = YA_RECORD_TEXT;
    raw->field = NULL;
    raw->text = raw->untrimmed = raw->completion = raw->tools = NULL;
    raw->text_size = raw->untrimmed_size = raw->completion_size = raw->tools_size = 0;
    raw->n_messages = 0;
    raw->used = 0;
    raw->n_unused_parts = 0;
}

/* "question, choices, id": what an unknown record has. */
static void list_fields(const ya_raw *raw, char *text, size_t room)
{
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < raw->fields.n && used < room; i++) {
        const ya_raw_member *member = &raw->fields.items[i];
        int size = member->name_size < 40 ? (int)member->name_size : 40;
        used +=
            (size_t)snprintf(text + used, room - used, "%s%.*s", i ? ", " : "", size, member->name);
    }
}

static void refuse_fields(ya_layout_reading *r, uint64_t bits)
{
    char fields[400];
    list_fields(r->raw, fields, sizeof fields);
    const char *missing = bits & YA_LAYOUT_BIT(MESSAGES)      ? NULL
                          : bits & YA_LAYOUT_BIT(INSTRUCTION) ? "output"
                          : bits & YA_LAYOUT_BIT(QUESTION)    ? "answer"
                          : bits & YA_LAYOUT_BIT(PROMPT) ? "completion, response, output or answer"
                          : bits & YA_LAYOUT_BIT(CHOSEN) ? "rejected"
                          : bits & YA_LAYOUT_BIT(REJECTED) ? "chosen"
                                                           : NULL;
    if (r->raw->fields.n == 0)
        ya_layout_refuse(r, YA_LINE_TEXT, "the record has no fields");
    else if (missing)
        ya_layout_refuse(r, YA_LINE_ANSWER, "the record has no %s with a value; its fields are: %s",
                         missing, fields);
    else
        ya_layout_refuse(
            r, YA_LINE_TEXT,
            "the record's fields are of no known layout: %s; --field ROLE=NAME says what they "
            "are (docs/RECORDS.md)",
            fields);
}

ya_status ya_raw_read_text(ya_raw *raw, ya_reading how, ya_line_reason *reason, ya_error *err)
{
    ya_layout_reading r = {raw, how, reason, err, YA_OK};
    uint64_t bits = fields_there(raw);
    ya_line_reason first = YA_LINE_GOOD;
    *reason = YA_LINE_GOOD;
    for (int i = 0; i < YA_N_LAYOUTS; i++) {
        if (!is_layout((ya_layout)i, bits))
            continue;
        begin(raw);
        *reason = YA_LINE_GOOD;
        ya_outcome found = layouts[i].read(&r);
        raw->layout = (ya_layout)i;
        if (r.status || found == YA_TAKEN)
            return r.status;
        if (first == YA_LINE_GOOD)
            first = *reason;
        /* an archive may hold its text elsewhere, but not behind messages that cannot be read */
        bool final =
            *reason == YA_LINE_MESSAGES && (i == YA_LAYOUT_CHAT || i == YA_LAYOUT_SHAREGPT);
        if (found == YA_REFUSED && (how == YA_READ_TRAINING || final))
            return YA_OK;
    }
    begin(raw);
    *reason = first;
    if (first == YA_LINE_GOOD)
        refuse_fields(&r, bits);
    if (how == YA_READ_ARCHIVE)
        *reason = YA_LINE_TEXT;
    return YA_OK;
}

/* What is used, and what not: ------------------------------------------------------------------ */

void ya_raw_unused(const ya_raw *raw, void (*visit)(void *user, const char *name, size_t size),
                   void *user)
{
    for (uint32_t i = 0; i < raw->fields.n; i++)
        if (ya_layout_is_unused(raw, i))
            visit(user, raw->fields.items[i].name, raw->fields.items[i].name_size);
    for (int i = 0; i < raw->n_unused_parts; i++)
        visit(user, raw->unused_parts[i], strlen(raw->unused_parts[i]));
}

ya_status ya_raw_kept(const ya_raw *raw,
                      ya_status (*visit)(void *user, const char *name, const ya_json_value *value,
                                         ya_error *err),
                      void *user, ya_error *err)
{
    ya_status status = YA_OK;
    for (uint32_t i = 0; i < raw->fields.n && !status; i++) {
        const ya_raw_member *member = &raw->fields.items[i];
        if (member->field >= 0 && raw->used & YA_FIELD_BIT(member->field) &&
            member == ya_raw_known(&raw->fields, (ya_raw_field)member->field))
            status =
                visit(user, ya_field_name(NULL, (ya_raw_field)member->field), &member->value, err);
    }
    return status;
}

/* The table, for people: ----------------------------------------------------------------------- */

enum { NAME_COLUMN = 20 };

/* A line of help at NAME_COLUMN: `before` and `text`, without the back quotes of Markdown. */
static ya_status add_help(ya_buffer *out, const char *before, const char *text, ya_error *err)
{
    char plain[512];
    size_t size = (size_t)snprintf(plain, sizeof plain, "%s", before);
    for (; *text && size < sizeof plain - 1; text++)
        if (*text != '`')
            plain[size++] = *text;
    plain[size] = '\0';
    return ya_help_wrap(plain, NAME_COLUMN, out, err);
}

ya_status ya_layouts_help(ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err, "\nRecords are of these layouts, also mixed in one file:\n"));
    for (int i = 0; i < YA_N_LAYOUTS; i++) {
        const ya_layout_text *text = &layouts[i].text;
        YA_TRY(ya_buffer_printf(out, err, "  %-*s", NAME_COLUMN - 2, text->name));
        YA_TRY(add_help(out, "", text->recognised, err));
        YA_TRY(ya_buffer_printf(out, err, "%*s", NAME_COLUMN, ""));
        YA_TRY(add_help(out, "learned: ", text->learned, err));
    }
    status = ya_buffer_printf(out, err, "docs/RECORDS.md says more.\n");
done:
    return status;
}

ya_status ya_layouts_markdown(ya_buffer *out, ya_error *err)
{
    ya_status status;
    YA_TRY(ya_buffer_printf(out, err,
                            "| layout | recognised by | context | learned |\n"
                            "|---|---|---|---|\n"));
    for (int i = 0; i < YA_N_LAYOUTS; i++) {
        const ya_layout_text *text = &layouts[i].text;
        YA_TRY(ya_buffer_printf(out, err, "| %s | %s | %s | %s |\n", text->name, text->recognised,
                                text->context, text->learned));
    }
done:
    return status;
}
