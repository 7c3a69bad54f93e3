/* Layouts that are texts, prompts with completions, pairs, token ids. */
#include "data/layout_internal.h"

#include "data/messages.h"
#include "data/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHORT_TEXT = 50 /* characters: the text of an archive should be longer */ };

/* Prompt and completion: ----------------------------------------------------------------------- */

static ya_outcome set_completion(ya_layout_reading *r, ya_layout_slice prompt,
                                 ya_layout_slice completion)
{
    ya_raw *raw = r->raw;
    if (ya_layout_is_blank(completion.text, completion.size))
        return ya_layout_refuse(r, YA_LINE_ANSWER, "the completion is empty");
    raw->kind = YA_RECORD_COMPLETION;
    raw->untrimmed = prompt.text;
    raw->untrimmed_size = prompt.size;
    raw->completion = completion.text;
    raw->completion_size = completion.size;
    char *text = ya_raw_take(raw, prompt.size + 1 + completion.size), *at = text;
    at = ya_layout_put(at, prompt.text, prompt.size);
    *at++ = '\n';
    at = ya_layout_put(at, completion.text, completion.size);
    return ya_layout_set_text(r, (ya_layout_slice){text, (size_t)(at - text)});
}

ya_outcome ya_layout_read_completion_chat(ya_layout_reading *r)
{
    if (ya_layout_messages(r, YA_RAW_PROMPT, true) != YA_TAKEN)
        return YA_REFUSED;
    size_t n = r->raw->n_messages;
    if (ya_layout_messages(r, YA_RAW_COMPLETION, false) != YA_TAKEN)
        return YA_REFUSED;
    if (r->raw->n_messages == n)
        return ya_layout_refuse(r, YA_LINE_ANSWER, "the completion is an empty list");
    return ya_layout_finish_chat(r);
}

ya_outcome ya_layout_read_completion(ya_layout_reading *r)
{
    ya_layout_slice prompt, completion;
    if (ya_layout_is_array(r, YA_RAW_PROMPT) && ya_layout_is_array(r, YA_RAW_COMPLETION))
        return YA_PASSED;
    const ya_raw_member *label = ya_raw_find(&r->raw->fields, "label", 5);
    if (r->how == YA_READ_TRAINING && label && label->value.type == YA_JSON_BOOLEAN)
        return ya_layout_refuse(
            r, YA_LINE_PAIR,
            "the completion has a label, true or false, that says whether it is "
            "wanted: keep those that are, without it");
    if (!ya_layout_string(r, YA_RAW_PROMPT, &prompt) ||
        !ya_layout_string(r, YA_RAW_COMPLETION, &completion))
        return YA_REFUSED;
    return set_completion(r, prompt, completion);
}

ya_outcome ya_layout_read_response(ya_layout_reading *r)
{
    ya_layout_slice prompt, response;
    if (!ya_layout_string(r, YA_RAW_PROMPT, &prompt) ||
        !YA_LAYOUT_FIRST(r, &response, YA_RAW_RESPONSE, YA_RAW_OUTPUT, YA_RAW_ANSWER))
        return YA_REFUSED;
    return set_completion(r, prompt, response);
}

/* Pairs, ids, texts: --------------------------------------------------------------------------- */

/* What `field` says, a string or the contents of its messages, appended to *all. */
static bool add_side(ya_layout_reading *r, ya_raw_field field, ya_layout_slice *all)
{
    ya_layout_slice text;
    if (!ya_layout_there(r->raw, field))
        return true;
    if (ya_layout_is_array(r, field)) {
        r->raw->n_messages = 0;
        if (ya_layout_messages(r, field, true) != YA_TAKEN ||
            ya_layout_join_messages(r) != YA_TAKEN)
            return false;
        text = (ya_layout_slice){r->raw->text, r->raw->text_size};
    } else if (!ya_layout_string(r, field, &text)) {
        return false;
    }
    *all = ya_layout_join(r->raw, *all, "\n", text);
    return true;
}

ya_outcome ya_layout_read_preference(ya_layout_reading *r)
{
    ya_layout_slice all = {"", 0};
    if (r->how == YA_READ_TRAINING)
        return ya_layout_refuse(
            r, YA_LINE_PAIR,
            "the record is a preference pair (chosen, rejected), of which training learns "
            "nothing: keep what was chosen as messages, or as prompt and completion");
    if (!add_side(r, YA_RAW_PROMPT, &all) || !add_side(r, YA_RAW_CHOSEN, &all) ||
        !add_side(r, YA_RAW_REJECTED, &all))
        return YA_REFUSED;
    r->raw->kind = YA_RECORD_PAIRS;
    return ya_layout_set_text(r, all);
}

ya_outcome ya_layout_read_tokens(ya_layout_reading *r)
{
    const ya_raw_member *ids = ya_layout_there(r->raw, YA_RAW_INPUT_IDS);
    if (r->how != YA_READ_TRAINING)
        return YA_PASSED;
    if (ids->value.type != YA_JSON_ARRAY)
        return ya_layout_refuse(r, YA_LINE_IDS, "input_ids is %s, expected a list of token ids",
                                ya_json_type_name((ya_json_type)ids->value.type));
    r->raw->used |=
        YA_LAYOUT_BIT(INPUT_IDS) | YA_LAYOUT_BIT(LABELS) | YA_LAYOUT_BIT(ATTENTION_MASK);
    r->raw->kind = YA_RECORD_IDS;
    return YA_TAKEN;
}

/* Takes the member as the text when it is a string of more than `limit` characters; else returns
 * false, having taken one that is not blank if there was none before. */
static bool try_text(ya_layout_reading *r, const ya_raw_member *member, size_t limit)
{
    ya_raw *raw = r->raw;
    ya_layout_slice whole;
    if (!member || member->value.type != YA_JSON_STRING)
        return false;
    ya_raw_string(raw, &member->value, &whole.text, &whole.size);
    ya_layout_slice text = whole;
    ya_text_trim(&text.text, &text.size);
    bool enough = ya_text_is_longer(text.text, text.size, limit);
    if (enough || (text.size > 0 && !raw->field)) {
        raw->kind = YA_RECORD_TEXT;
        raw->field = member;
        raw->untrimmed = whole.text;
        raw->untrimmed_size = whole.size;
        raw->text = text.text;
        raw->text_size = text.size;
        raw->used = YA_FIELD_BIT(member->field);
    }
    return enough;
}

ya_outcome ya_layout_read_text(ya_layout_reading *r)
{
    const ya_raw_member *text = ya_layout_there(r->raw, YA_RAW_TEXT);
    if (r->how != YA_READ_TRAINING && !(r->raw->names && r->raw->names->names[YA_RAW_TEXT]))
        return YA_PASSED; /* a longer one may be in another field */
    try_text(r, text, 0);
    if (r->raw->field)
        return YA_TAKEN;
    if (text->value.type == YA_JSON_STRING)
        ya_layout_refuse(r, YA_LINE_TEXT, "%.*s is blank", (int)text->name_size, text->name);
    else
        ya_layout_refuse(r, YA_LINE_TEXT, "%.*s is %s, expected a string", (int)text->name_size,
                         text->name, ya_json_type_name((ya_json_type)text->value.type));
    return YA_PASSED;
}

/* With --text-field the user has said what the text is. */
ya_outcome ya_layout_read_named_text(ya_layout_reading *r)
{
    return r->raw->names && r->raw->names->names[YA_RAW_TEXT] ? ya_layout_read_text(r) : YA_PASSED;
}

/* A member that nothing is known of and that says more than the text that was found. */
static const ya_raw_member *longer_than_text(const ya_raw *raw)
{
    for (uint32_t i = 0; i < raw->fields.n; i++) {
        const ya_raw_member *member = &raw->fields.items[i];
        bool says = member->value.type == YA_JSON_STRING || member->value.type == YA_JSON_ARRAY ||
                    member->value.type == YA_JSON_OBJECT;
        bool archive = member->field >= 0 && member->field < YA_RAW_N_TEXTS;
        if (says && !archive && ya_layout_is_unused(raw, i) &&
            member->value.size > raw->field->value.size)
            return member;
    }
    return NULL;
}

ya_outcome ya_layout_read_archive(ya_layout_reading *r)
{
    ya_raw *raw = r->raw;
    bool training = r->how == YA_READ_TRAINING;
    if (raw->names && raw->names->names[YA_RAW_TEXT])
        return YA_PASSED; /* only what --text-field names */
    int last = training ? YA_RAW_SUPPORT : YA_RAW_ANSWER;
    for (int i = 0; i <= last; i++)
        if (try_text(r, ya_raw_known(&raw->fields, (ya_raw_field)i), SHORT_TEXT))
            break;
    if (!raw->field)
        return YA_PASSED;
    const ya_raw_member *longer = training ? longer_than_text(raw) : NULL;
    if (longer)
        return ya_layout_refuse(
            r, YA_LINE_TEXT,
            "the record is of no known layout: %.*s would be learned, and %.*s, which "
            "says more, left out; say --text-field NAME or --field ROLE=NAME",
            (int)raw->field->name_size, raw->field->name, (int)longer->name_size, longer->name);
    return YA_TAKEN;
}
