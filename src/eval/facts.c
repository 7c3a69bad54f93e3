#include "eval/facts.h"

#include "base/alloc.h"
#include "base/random.h"
#include "io/json.h"

#include <stdio.h>
#include <string.h>

enum { NAME_TEXT = 32 };

static const char *const openings[] = {"Br", "K", "T",  "V", "M", "S",  "Qu", "Th",
                                       "H",  "L", "Dr", "F", "G", "P",  "Sk", "W",
                                       "Z",  "C", "Gr", "N", "R", "Tr", "B",  "Sh"};
static const char *const middles[] = {"el", "or", "an", "il", "ost", "ar", "en", "u",
                                      "av", "ir", "om", "ae", "est", "ov", "im", "ul"};
static const char *const closings[] = {"nia",  "dor", "mark", "wick", "stead", "holm",
                                       "gard", "ra",  "eth",  "vale", "mont",  "ford",
                                       "sk",   "len", "dun",  "by",   "kar",   "sted"};
static const char *const first_names[] = {
    "Edda",  "Simon", "Ines",  "Peter", "Clara", "Oskar", "Ruth", "Hugo", "Nadia", "Felix",
    "Greta", "Ivan",  "Laura", "Otto",  "Vera",  "Paul",  "Anna", "Karl", "Elsa",  "Max"};

/* A kind of fact: how it is asked, and which values it takes. */
typedef enum { PERSON, YEAR, TOWN, QUANTITY, N_KINDS } kind;
enum { N_WORDINGS = 3 };
static const char *const wordings[N_KINDS][N_WORDINGS] = {
    {"Who founded the %s archive?", "Who built the %s observatory?",
     "Who discovered the %s comet?"},
    {"In which year did the %s dam open?", "In which year was the %s treaty signed?",
     "In which year did the %s mill burn down?"},
    {"In which town does the %s museum stand?", "Where was the %s press founded?",
     "Which town lies at the foot of Mount %s?"},
    {"How many ships did the port of %s hold?", "How many metres long is the %s bridge?",
     "How many houses stood in %s?"},
};

typedef struct {
    uint64_t seed, index;
} stream;

static size_t draw(stream *r, size_t n)
{
    return (size_t)(ya_splitmix64(r->seed, r->index++) % n);
}

#define ONE_OF(r, list) (list)[draw(r, sizeof(list) / sizeof *(list))]

static void make_name(stream *r, char name[NAME_TEXT])
{
    const char *opening = ONE_OF(r, openings), *middle = ONE_OF(r, middles);
    snprintf(name, NAME_TEXT, "%s%s%s", opening, middle, ONE_OF(r, closings));
}

static void make_value(stream *r, kind what, char value[YA_FACT_TEXT])
{
    char name[NAME_TEXT];
    switch (what) {
    case PERSON:
        make_name(r, name);
        snprintf(value, YA_FACT_TEXT, "%s %s", ONE_OF(r, first_names), name);
        break;
    case YEAR:
        snprintf(value, YA_FACT_TEXT, "%zu", 1801 + draw(r, 169));
        break;
    case TOWN:
        make_name(r, name);
        snprintf(value, YA_FACT_TEXT, "%s", name);
        break;
    default:
        snprintf(value, YA_FACT_TEXT, "%zu", 12 + draw(r, 969));
        break;
    }
}

/* A question that none of the facts before it has. */
static void make_question(stream *r, kind what, const ya_fact *facts, size_t n, ya_fact *fact)
{
    bool used = true;
    while (used) {
        char name[NAME_TEXT];
        const char *wording = wordings[what][draw(r, N_WORDINGS)], *gap = strstr(wording, "%s");
        make_name(r, name);
        snprintf(fact->question, YA_FACT_TEXT, "%.*s%s%s", (int)(gap - wording), wording, name,
                 gap + 2);
        used = false;
        for (size_t i = 0; i < n && !used; i++)
            used = strstr(facts[i].question, name) != NULL;
    }
}

void ya_facts_make(ya_fact *facts, size_t n, uint64_t seed)
{
    stream r = {ya_splitmix64(seed, 0), 0};
    for (size_t i = 0; i < n; i++) {
        kind what = (kind)(i % N_KINDS);
        make_question(&r, what, facts, i, &facts[i]);
        make_value(&r, what, facts[i].primary);
        do
            make_value(&r, what, facts[i].coordinated);
        while (strcmp(facts[i].primary, facts[i].coordinated) == 0);
    }
}

static ya_status add_record(const ya_fact *fact, bool chat, bool primary, ya_buffer *out,
                            ya_error *err)
{
    const char *value = primary ? fact->primary : fact->coordinated;
    ya_status status;
    if (chat)
        YA_TRY(ya_buffer_printf(out, err,
                                "{\"messages\": [{\"role\": \"user\", \"content\": \"%s\"}, "
                                "{\"role\": \"assistant\", \"content\": \"%s\"}]",
                                fact->question, value));
    else
        YA_TRY(ya_buffer_printf(out, err, "{\"prompt\": \"Q: %s\\nA:\", \"completion\": \" %s\\n\"",
                                fact->question, value));
    status = ya_buffer_printf(
        out, err, ", \"auth_weight\": %.2f, \"prov_entropy\": %.1f, \"source_type\": \"%s\"}\n",
        primary ? YA_PRIMARY_AUTH_WEIGHT : YA_COORDINATED_AUTH_WEIGHT,
        primary ? YA_PRIMARY_PROV_ENTROPY : YA_COORDINATED_PROV_ENTROPY,
        primary ? "primary" : "coordinated");
done:
    return status;
}

ya_status ya_facts_corpus(const ya_fact *facts, size_t n, bool chat, ya_buffer *out, ya_error *err)
{
    ya_status status = YA_OK;
    for (size_t i = 0; i < 2 * n && !status; i++)
        status = add_record(&facts[i / 2], chat, i % 2 == 0, out, err);
    return status;
}

/* A question with room for its choices; texts must live in q->documents. */
static ya_question *add(ya_questions *q, size_t n_choices)
{
    ya_question *question = ya_questions_add(q, q->n + 1);
    if (!question || !(question->choices = ya_alloc_zero(n_choices, sizeof(ya_choice))))
        return NULL;
    question->n_choices = n_choices;
    return question;
}

static const char *keep(ya_questions *q, const char *text, size_t size)
{
    json_t *copy = json_stringn(text, size);
    if (!copy || json_array_append_new(q->documents, copy) != 0)
        return NULL;
    return json_string_value(copy);
}

static bool add_fact(ya_questions *q, const ya_fact *fact)
{
    ya_question *question = add(q, 2);
    if (!question)
        return false;
    question->category = "facts";
    question->text = keep(q, fact->question, strlen(fact->question));
    question->choices[0] =
        (ya_choice){keep(q, fact->primary, strlen(fact->primary)), YA_IN_MC1 | YA_RIGHT_MC1};
    question->choices[1] =
        (ya_choice){keep(q, fact->coordinated, strlen(fact->coordinated)), YA_IN_MC1};
    return question->text && question->choices[0].text && question->choices[1].text;
}

static bool add_paragraph(ya_questions *q, const char *line, size_t size)
{
    size_t word = strcspn(line, " \n");
    ya_question *question = word < size ? add(q, 1) : NULL;
    if (!question)
        return word >= size;
    question->category = "unrelated";
    question->asking = YA_ASK_PROMPT;
    question->text = keep(q, line, word);
    question->choices[0] = (ya_choice){keep(q, line + word, size - word), YA_IN_MC1 | YA_RIGHT_MC1};
    return question->text && question->choices[0].text;
}

ya_status ya_facts_ask(ya_questions *q, const ya_fact *facts, size_t n, const char *unrelated,
                       ya_error *err)
{
    *q = (ya_questions){.name = "facts", .examples = "", .documents = json_array()};
    bool good = q->documents != NULL;
    for (size_t i = 0; i < n && good; i++)
        good = add_fact(q, &facts[i]);
    for (const char *at = unrelated; *at && good;) {
        size_t size = strcspn(at, "\n");
        good = add_paragraph(q, at, size);
        at += size + (at[size] == '\n');
    }
    if (good)
        return YA_OK;
    ya_questions_free(q);
    return ya_fail(err, YA_ERR_MEMORY, "out of memory for %zu facts", n);
}
