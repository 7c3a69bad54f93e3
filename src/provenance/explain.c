/* The object of `score --explain`. */
#include "base/chars.h"
#include "io/json.h"
#include "provenance/scan.h"

#include <string.h>

typedef struct {
    ya_scorer *scorer;
    const ya_source *source;
    const ya_score *score;
    ya_buffer *out;
    ya_error *err;
} explaining;

static ya_status number(explaining *e, const char *key, double value)
{
    bool is_zero = value > -0.00005 && value < 0.00005; /* not -0.0000 */
    return ya_buffer_printf(e->out, e->err, "\"%s\": %.4f, ", key, is_zero ? 0.0 : value);
}

/* "x", with white space collapsed to single spaces, none at the ends. */
static ya_status quote_span(explaining *e, const char *begin, const char *end)
{
    ya_buffer text = {0};
    ya_status status = YA_OK;
    ya_trim(&begin, &end);
    for (const char *at = begin; at < end;) {
        const char *next = ya_skip_space(at, end);
        YA_TRY(ya_buffer_add(&text, next > at ? " " : at, 1, e->err));
        at = next > at ? next : at + 1;
    }
    status = ya_json_quote(e->out, text.data ? text.data : "", text.size, e->err);
done:
    ya_buffer_free(&text);
    return status;
}

/* The words found of a list, institutions only those of the highest score. */
static ya_status words_of(explaining *e, unsigned list)
{
    const ya_scorer *s = e->scorer;
    bool first = true;
    ya_status status;
    YA_TRY(ya_buffer_add(e->out, "[", 1, e->err));
    for (uint32_t i = 0; i < s->n_order; i++) {
        const ya_entry *entry = &s->policy->entries[s->order[i]];
        if (entry->list != list || (list == YA_LIST_INSTITUTION && entry->score < s->institution))
            continue;
        if (!first)
            YA_TRY(ya_buffer_add(e->out, ", ", 2, e->err));
        first = false;
        YA_TRY(ya_json_quote(e->out, entry->word.text, entry->word.size, e->err));
    }
    status = ya_buffer_add(e->out, "]", 1, e->err);
done:
    return status;
}

static ya_status citations(explaining *e)
{
    const ya_scorer *s = e->scorer;
    ya_status status;
    YA_TRY(ya_buffer_printf(e->out, e->err, "\"C\": ["));
    for (uint32_t i = 0; i < s->n_citations && i < YA_SHOWN_CITATIONS; i++) {
        if (i > 0)
            YA_TRY(ya_buffer_add(e->out, ", ", 2, e->err));
        YA_TRY(quote_span(e, s->citations[i].begin, s->citations[i].end));
    }
    status = ya_buffer_printf(e->out, e->err, "], ");
done:
    return status;
}

/* {type: count} of the types that count. */
static ya_status types(explaining *e)
{
    const ya_policy *p = e->scorer->policy;
    bool first = true;
    ya_status status;
    YA_TRY(ya_buffer_printf(e->out, e->err, "\"types\": {"));
    for (unsigned i = 0; i < p->n_types; i++) {
        double count = ya_scan_evidence(e->scorer, i);
        if (count == 0)
            continue;
        if (!first)
            YA_TRY(ya_buffer_add(e->out, ", ", 2, e->err));
        first = false;
        YA_TRY(ya_json_quote(e->out, p->types[i].text, p->types[i].size, e->err));
        YA_TRY(ya_buffer_printf(e->out, e->err, ": %.0f", count));
    }
    status = ya_buffer_printf(e->out, e->err, "}, ");
done:
    return status;
}

/* {type: words} of the types that have words in the text. */
static ya_status type_words(explaining *e)
{
    const ya_policy *p = e->scorer->policy;
    bool first = true;
    ya_status status;
    YA_TRY(ya_buffer_printf(e->out, e->err, "\"types\": {"));
    for (unsigned i = 0; i < p->n_types; i++) {
        if (!(e->scorer->types >> i & 1))
            continue;
        if (!first)
            YA_TRY(ya_buffer_add(e->out, ", ", 2, e->err));
        first = false;
        YA_TRY(ya_json_quote(e->out, p->types[i].text, p->types[i].size, e->err));
        YA_TRY(ya_buffer_add(e->out, ": ", 2, e->err));
        YA_TRY(words_of(e, YA_LIST_TYPES + i));
    }
    status = ya_buffer_printf(e->out, e->err, "}, ");
done:
    return status;
}

/* The field's key, or the text that was matched. */
static ya_status year_words(explaining *e)
{
    const ya_scorer *s = e->scorer;
    ya_status status;
    YA_TRY(ya_buffer_printf(e->out, e->err, "\"year\": "));
    if (s->date.begin)
        return quote_span(e, s->date.begin, s->date.end);
    if (!s->year)
        return ya_buffer_printf(e->out, e->err, "null");
    int field = YA_SOURCE_YEAR;
    while (field < YA_SOURCE_PUBLISHED &&
           !ya_year_of(&e->source->fields[field], s->policy->years.accepted))
        field++;
    status = ya_buffer_printf(e->out, e->err, "\"%s\"", ya_source_field_names[field]);
done:
    return status;
}

static ya_status numbers(explaining *e)
{
    const ya_score *s = e->score;
    ya_status status;
    YA_TRY(number(e, "C", s->citation));
    YA_TRY(number(e, "I", s->institution));
    YA_TRY(number(e, "S", s->consensus));
    YA_TRY(number(e, "A", s->age));
    YA_TRY(number(e, "P", s->primary));
    YA_TRY(ya_buffer_printf(e->out, e->err, "\"n\": %llu, ", (unsigned long long)s->citations));
    if (s->year)
        YA_TRY(ya_buffer_printf(e->out, e->err, "\"year\": %d, ", s->year));
    else
        YA_TRY(ya_buffer_printf(e->out, e->err, "\"year\": null, "));
    YA_TRY(ya_buffer_printf(e->out, e->err, "\"prim\": %u, \"consensus\": %u, ", s->n_primary,
                            s->n_consensus));
    YA_TRY(number(e, "base", s->base));
    YA_TRY(number(e, "D", s->diversity));
    YA_TRY(types(e));
    YA_TRY(number(e, "w_text", s->text_weight));
    YA_TRY(number(e, "H_text", s->text_entropy));
    if (s->prior)
        YA_TRY(ya_buffer_printf(e->out, e->err, "\"prior\": \"%s\", ", s->prior));
    else
        YA_TRY(ya_buffer_printf(e->out, e->err, "\"prior\": null, "));
done:
    return status;
}

static ya_status words(explaining *e)
{
    static const struct {
        const char *key;
        unsigned list;
    } lists[] = {{"I", YA_LIST_INSTITUTION}, {"S", YA_LIST_CONSENSUS}, {"P", YA_LIST_PRIMARY}};
    ya_status status;
    YA_TRY(ya_buffer_printf(e->out, e->err, "\"words\": {"));
    YA_TRY(citations(e));
    for (int i = 0; i < 3; i++) {
        YA_TRY(ya_buffer_printf(e->out, e->err, "\"%s\": ", lists[i].key));
        YA_TRY(words_of(e, lists[i].list));
        YA_TRY(ya_buffer_add(e->out, ", ", 2, e->err));
    }
    YA_TRY(type_words(e));
    YA_TRY(year_words(e));
    status = ya_buffer_add(e->out, "}", 1, e->err);
done:
    return status;
}

ya_status ya_score_explain(ya_scorer *scorer, const ya_source *source, ya_score *score,
                           ya_buffer *out, ya_error *err)
{
    explaining e = {scorer, source, score, out, err};
    ya_status status;
    ya_score_source(scorer, source, score);
    YA_TRY(ya_buffer_add(out, "{", 1, err));
    YA_TRY(numbers(&e));
    YA_TRY(words(&e));
    status = ya_buffer_add(out, "}", 1, err);
done:
    return status;
}
