/* Suites: lines of JSON, documented in docs/SUITES.md. */
#include "base/alloc.h"
#include "base/embedded.h"
#include "eval/questions.h"
#include "io/json.h"
#include "io/jsonl.h"

#include <stdio.h>
#include <string.h>

enum { DEFAULT_ANSWER_TOKENS = 32, MAX_KEYWORDS = 64, MAX_THRESHOLDS = 1024 };

/* The line at hand, for messages. */
typedef struct {
    const char *what;
    size_t line;
    ya_error *err;
} place;

static ya_status refuse(const place *at, const char *key, const char *what)
{
    return ya_fail(at->err, YA_ERR_DATA, "%s:%zu: \"%.60s\" %s", at->what, at->line, key, what);
}

static ya_status no_memory(const place *at)
{
    return ya_fail(at->err, YA_ERR_MEMORY, "out of memory for line %zu of %s", at->line, at->what);
}

static bool is_plain(const json_t *text)
{
    size_t size = json_string_length(text);
    return json_is_string(text) && size > 0 && size <= YA_QUESTION_MAX_BYTES &&
           strlen(json_string_value(text)) == size;
}

static ya_status read_text(const place *at, const json_t *item, const char *key, const char **out)
{
    const json_t *value = json_object_get(item, key);
    if (!value)
        return YA_OK;
    if (!is_plain(value))
        return refuse(at, key, "must be a text that is not empty, of at most 64 KiB");
    *out = json_string_value(value);
    return YA_OK;
}

/* Only keys of the list may stand in an object. */
static ya_status check_keys(const place *at, const json_t *object, const char *const *keys,
                            size_t n)
{
    json_t *all = (json_t *)object; /* iterators are not const */
    for (void *i = json_object_iter(all); i; i = json_object_iter_next(all, i)) {
        const char *key = json_object_iter_key(i);
        bool known = false;
        for (size_t k = 0; k < n && !known; k++)
            known = strcmp(keys[k], key) == 0;
        if (!known)
            return refuse(at, key, "is no key here (docs/SUITES.md lists them)");
    }
    return YA_OK;
}

/* The header: ---------------------------------------------------------------------------------- */

static ya_status read_thresholds(ya_questions *q, const place *at, const json_t *object)
{
    size_t n = json_object_size(object), i = 0;
    json_t *all = (json_t *)object;
    if (!object)
        return YA_OK;
    if (!json_is_object(object) || n > MAX_THRESHOLDS)
        return refuse(at, "thresholds", "must be an object {category: share from 0 to 1}");
    q->thresholds = ya_alloc_zero(n + 1, sizeof *q->thresholds);
    if (!q->thresholds)
        return no_memory(at);
    for (void *it = json_object_iter(all); it; it = json_object_iter_next(all, it)) {
        const json_t *value = json_object_iter_value(it);
        double minimum = json_is_number(value) ? json_number_value(value) : -1.0;
        if (!(minimum >= 0.0 && minimum <= 1.0))
            return refuse(at, json_object_iter_key(it), "needs a threshold from 0 to 1");
        q->thresholds[i++] = (ya_threshold){json_object_iter_key(it), minimum};
    }
    q->n_thresholds = n;
    return YA_OK;
}

static ya_status read_header(ya_questions *q, const place *at, const json_t *line)
{
    static const char *const keys[] = {"suite", "description", "thresholds", "compare"};
    const char *compare = "sum", *description = NULL;
    ya_status status;
    YA_TRY(check_keys(at, line, keys, sizeof keys / sizeof *keys));
    YA_TRY(read_text(at, line, "suite", &q->name));
    YA_TRY(read_text(at, line, "description", &description));
    YA_TRY(read_text(at, line, "compare", &compare));
    if (strcmp(compare, "sum") != 0 && strcmp(compare, "mean") != 0)
        YA_TRY(
            refuse(at, "compare", "must be \"sum\" (of a choice's log-probabilities) or \"mean\""));
    q->mean = strcmp(compare, "mean") == 0;
    status = read_thresholds(q, at, json_object_get(line, "thresholds"));
done:
    return status;
}

/* Questions: ----------------------------------------------------------------------------------- */

/* "answer": the position of a right choice, from 0, or a list of them. */
static ya_status mark_right(ya_question *question, const place *at, const json_t *answer)
{
    size_t n = json_is_array(answer) ? json_array_size(answer) : 1;
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_is_array(answer) ? json_array_get(answer, i) : answer;
        json_int_t k = json_is_integer(one) ? json_integer_value(one) : -1;
        if (k < 0 || (size_t)k >= question->n_choices)
            return refuse(at, "answer",
                          "must be the position of a choice, from 0, or a list of positions");
        question->choices[k].is |= YA_RIGHT_MC1;
    }
    return n > 0 ? YA_OK : refuse(at, "answer", "names no choice");
}

static ya_status read_choices(ya_question *question, const place *at, const json_t *line)
{
    const json_t *choices = json_object_get(line, "choices");
    size_t n = json_array_size(choices);
    if (!json_is_array(choices) || n < 2 || n > YA_CHOICES_MAX)
        return refuse(at, "choices", "must be a list of 2 to 256 texts");
    question->choices = ya_alloc_zero(n, sizeof *question->choices);
    if (!question->choices)
        return no_memory(at);
    question->n_choices = n;
    for (size_t i = 0; i < n; i++) {
        const json_t *text = json_array_get(choices, i);
        if (!is_plain(text))
            return refuse(at, "choices",
                          "holds what is no text, is empty or is longer than 64 KiB");
        question->choices[i] = (ya_choice){json_string_value(text), YA_IN_MC1};
    }
    return mark_right(question, at, json_object_get(line, "answer"));
}

static ya_status read_words(const place *at, const json_t *keywords, const char *key,
                            const json_t **out)
{
    const json_t *words = json_object_get(keywords, key);
    size_t n = json_array_size(words);
    *out = NULL;
    if (!words)
        return YA_OK;
    if (!json_is_array(words) || n == 0 || n > MAX_KEYWORDS)
        return refuse(at, key, "must be a list of 1 to 64 texts");
    for (size_t i = 0; i < n; i++)
        if (!is_plain(json_array_get(words, i)))
            return refuse(at, key, "holds what is no text or is empty");
    *out = words;
    return YA_OK;
}

static ya_status read_keywords(ya_question *question, const place *at, const json_t *line)
{
    static const char *const keys[] = {"all", "any", "none"};
    const json_t *keywords = json_object_get(line, "keywords"),
                 *tokens = json_object_get(line, "max_tokens");
    ya_status status;
    if (!json_is_object(keywords) || json_object_size(keywords) == 0)
        return refuse(at, "keywords", "must be an object with \"all\", \"any\" or \"none\"");
    YA_TRY(check_keys(at, keywords, keys, sizeof keys / sizeof *keys));
    YA_TRY(read_words(at, keywords, "all", &question->all));
    YA_TRY(read_words(at, keywords, "any", &question->any));
    YA_TRY(read_words(at, keywords, "none", &question->none));
    question->max_tokens = DEFAULT_ANSWER_TOKENS;
    if (tokens) {
        json_int_t n = json_is_integer(tokens) ? json_integer_value(tokens) : 0;
        if (n < 1 || n > YA_ANSWER_MAX_TOKENS)
            return refuse(at, "max_tokens", "must be from 1 to 4096");
        question->max_tokens = (int)n;
    }
done:
    return status;
}

static ya_status read_question(ya_questions *q, const place *at, const json_t *line)
{
    static const char *const choosing[] = {"category", "question", "prompt", "choices", "answer"};
    static const char *const telling[] = {"category", "question", "prompt", "keywords",
                                          "max_tokens"};
    const char *question = NULL, *prompt = NULL;
    bool choices = json_object_get(line, "choices") != NULL;
    ya_question *new = ya_questions_add(q, at->line);
    ya_status status;
    if (!new)
        return no_memory(at);
    YA_TRY(check_keys(at, line, choices ? choosing : telling, 5));
    YA_TRY(read_text(at, line, "category", &new->category));
    YA_TRY(read_text(at, line, "question", &question));
    YA_TRY(read_text(at, line, "prompt", &prompt));
    if (!question == !prompt)
        YA_TRY(refuse(at, question ? "prompt" : "question",
                      question ? "stands beside \"question\": one of them is asked"
                               : "or \"prompt\" is missing: a text to ask"));
    new->text = question ? question : prompt;
    new->asking = question ? YA_ASK_QUESTION : YA_ASK_PROMPT;
    status = choices ? read_choices(new, at, line) : read_keywords(new, at, line);
done:
    return status;
}

ya_status ya_suite_line(ya_questions *q, const char *text, size_t size, size_t number,
                        const char *what, ya_error *err)
{
    place at = {what, number, err};
    json_error_t json;
    json_t *line = ya_json_load(text, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &json);
    if (!line)
        return ya_fail(err, YA_ERR_DATA, "%s:%zu: not JSON: %.200s", what, number, json.text);
    if (!q->documents)
        q->documents = json_array();
    if (!q->documents || json_array_append_new(q->documents, line) != 0)
        return no_memory(&at);
    if (!json_is_object(line))
        return ya_fail(err, YA_ERR_DATA, "%s:%zu: expected an object {...}", what, number);
    if (q->n == YA_QUESTIONS_MAX)
        return ya_fail(err, YA_ERR_DATA, "%s:%zu: more than %d questions", what, number,
                       YA_QUESTIONS_MAX);
    if (!json_object_get(line, "suite"))
        return read_question(q, &at, line);
    if (json_array_size(q->documents) > 1)
        return refuse(&at, "suite", "stands in the first line only");
    return read_header(q, &at, line);
}

ya_status ya_suite_check(const ya_questions *q, const char *what, ya_error *err)
{
    if (q->n == 0)
        return ya_fail(err, YA_ERR_DATA, "%s: holds no question", what);
    for (size_t t = 0; t < q->n_thresholds; t++) {
        const char *category = q->thresholds[t].category;
        bool there = strcmp(category, "all") == 0;
        for (size_t i = 0; i < q->n && !there; i++)
            there = strcmp(q->list[i].category, category) == 0;
        if (!there)
            return ya_fail(err, YA_ERR_DATA,
                           "%s: thresholds name the category \"%.60s\", which no question has",
                           what, category);
    }
    return YA_OK;
}

/* Reading: ------------------------------------------------------------------------------------- */

static ya_status read_file(ya_questions *q, const char *path, ya_error *err)
{
    ya_jsonl *stream = NULL;
    ya_line line;
    ya_status status;
    YA_TRY(ya_sha256_file(path, q->sha256, err));
    YA_TRY(ya_jsonl_open(&stream, path, err));
    for (;;) {
        YA_TRY(ya_jsonl_next(stream, &line, err));
        if (!line.text)
            break;
        if (line.too_long)
            YA_TRY(ya_fail(err, YA_ERR_DATA, "%s:%llu: the line is longer than %d MiB", path,
                           (unsigned long long)line.number, YA_LINE_MAX_BYTES >> 20));
        YA_TRY(ya_suite_line(q, line.text, line.size, (size_t)line.number, path, err));
    }
done:
    ya_jsonl_close(stream);
    return status;
}

static ya_status read_embedded(ya_questions *q, const ya_embedded *file, ya_error *err)
{
    size_t number = 1;
    ya_status status = ya_sha256_bytes(file->text, file->size, q->sha256, err);
    for (const char *at = file->text; !status && *at; number++) {
        size_t size = strcspn(at, "\n");
        if (size > 0)
            status = ya_suite_line(q, at, size, number, file->name, err);
        at += size + (at[size] == '\n');
    }
    return status;
}

ya_status ya_suite_read(ya_questions *q, const char *path, size_t limit, ya_error *err)
{
    char name[128];
    ya_status status;
    *q = (ya_questions){.examples = ""};
    snprintf(name, sizeof name, "suites/%.100s.jsonl", path);
    const ya_embedded *built_in = ya_embedded_find(name);
    q->path = ya_strdup(path);
    if (!q->path)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory for a path"));
    if (built_in)
        YA_TRY(read_embedded(q, built_in, err));
    else
        YA_TRY(read_file(q, path, err));
    if (!q->name)
        q->name = q->path;
    YA_TRY(ya_suite_check(q, path, err));
    for (; limit > 0 && q->n > limit; q->n--)
        ya_free(q->list[q->n - 1].choices);
done:
    if (status)
        ya_questions_free(q);
    return status;
}
