/* The keys of a policy, in the order of spec/scoring.md "policy". */
#include "base/alloc.h"
#include "base/chars.h"
#include "provenance/policy.h"
#include "provenance/tree.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    ya_tree tree;
    ya_policy *policy;
    ya_error *err;
    size_t n_words; /* so far, names and hints among them */
} reader;

typedef char key_text[YA_TREE_KEY];

/* Memory: -------------------------------------------------------------------------------------- */

static ya_status new_array(const reader *r, void *out, size_t n, size_t size)
{
    void **array = out;
    *array = ya_alloc_zero(n ? n : 1, size);
    return *array ? YA_OK : ya_fail(r->err, YA_ERR_MEMORY, "out of memory for a policy");
}

ya_status ya_policy_keep(ya_policy *policy, const char *text, size_t size, ya_name *out,
                         ya_error *err)
{
    char *copy = ya_strndup(text, size);
    if (copy && policy->n_texts == policy->room_texts) {
        size_t room = 2 * policy->room_texts + 64;
        char **bigger = ya_realloc_array(policy->texts, room, sizeof *bigger);
        if (bigger) {
            policy->texts = bigger;
            policy->room_texts = room;
        }
    }
    if (!copy || policy->n_texts == policy->room_texts) {
        ya_free(copy);
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a policy");
    }
    policy->texts[policy->n_texts++] = copy;
    *out = (ya_name){copy, size};
    return YA_OK;
}

/* Words: --------------------------------------------------------------------------------------- */

static ya_status read_word(reader *r, const yaml_node_t *node, const char *key, ya_name *out)
{
    const char *text;
    size_t size;
    ya_status status = ya_tree_text(&r->tree, node, key, YA_WORD_MAX, &text, &size);
    if (status)
        return status;
    if (++r->n_words > YA_POLICY_MAX_WORDS)
        return ya_tree_fail(&r->tree, node, key, "more than %d words", YA_POLICY_MAX_WORDS);
    return ya_policy_keep(r->policy, text, size, out, r->err);
}

/* A name that name parts are compared with: lower case and digits, joined by '_'. */
static ya_status read_parts(reader *r, const yaml_node_t *node, const char *key, ya_name *out)
{
    ya_status status = read_word(r, node, key, out);
    if (status == YA_OK && !ya_parts_equal(out->text, out->size, out->text))
        return ya_tree_fail(&r->tree, node, key,
                            "\"%s\": names are letters a-z and digits, joined by _", out->text);
    return status;
}

static ya_status read_words(reader *r, const yaml_node_t *node, const char *key, ya_name **words,
                            size_t *n)
{
    ya_status status;
    *n = 0;
    size_t n_items = 0;
    YA_TRY(ya_tree_is_list(&r->tree, node, key, &n_items));
    YA_TRY(new_array(r, words, n_items, sizeof **words));
    for (; *n < n_items; ++*n)
        YA_TRY(read_word(r, ya_tree_item(&r->tree, node, *n), key, &(*words)[*n]));
done:
    return status;
}

/* Adds the words of a list to the entries. */
static ya_status read_entries(reader *r, const yaml_node_t *node, const char *key, unsigned list,
                              double score)
{
    ya_policy *p = r->policy;
    ya_name *words = NULL;
    size_t n = 0;
    ya_status status;
    YA_TRY(read_words(r, node, key, &words, &n));
    ya_entry *bigger = ya_realloc_array(p->entries, p->n_entries + n + 1, sizeof *bigger);
    if (!bigger) {
        status = ya_fail(r->err, YA_ERR_MEMORY, "out of memory for a policy");
        goto done;
    }
    p->entries = bigger;
    for (size_t i = 0; i < n; i++)
        bigger[p->n_entries++] = (ya_entry){.word = words[i], .score = score, .list = list};
done:
    ya_free(words);
    return status;
}

static ya_status read_as_written(reader *r, const yaml_node_t *node)
{
    ya_policy *p = r->policy;
    ya_name *names = NULL;
    size_t n = 0;
    ya_status status = read_words(r, node, "as_written", &names, &n);
    for (size_t i = 0; status == YA_OK && i < p->n_entries; i++)
        for (size_t k = 0; k < n && !p->entries[i].as_written; k++)
            p->entries[i].as_written = strcmp(p->entries[i].word.text, names[k].text) == 0;
    ya_free(names);
    return status;
}

static ya_status read_hosts(reader *r, const yaml_node_t *node)
{
    ya_policy *p = r->policy;
    ya_status status = read_words(r, node, "exempt_hosts", &p->exempt_hosts, &p->n_exempt_hosts);
    /* the last of the texts kept are these */
    for (size_t i = 0; status == YA_OK && i < p->n_exempt_hosts; i++)
        for (char *at = p->texts[p->n_texts - 1 - i]; *at; at++)
            *at = ya_fold(*at);
    return status;
}

/* Numbers: ------------------------------------------------------------------------------------- */

static ya_status read_pair(reader *r, const yaml_node_t *node, const char *key, double high,
                           ya_step_cap *out)
{
    double pair[2] = {0};
    ya_status status = ya_tree_numbers(&r->tree, node, key, 2, 0, high, pair);
    if (status == YA_OK)
        *out = (ya_step_cap){pair[0], pair[1]};
    return status;
}

static ya_status read_weight(reader *r, const yaml_node_t *node)
{
    static const char *const names[] = {"base", "max", "citation", "consensus", "primary", "age"};
    const yaml_node_t *v[6];
    ya_policy *p = r->policy;
    ya_status status;
    YA_TRY(ya_tree_fields(&r->tree, node, "weight", names, 6, 0, v));
    YA_TRY(ya_tree_number(&r->tree, v[0], "weight.base", 0, 1, &p->weight.base));
    YA_TRY(ya_tree_number(&r->tree, v[1], "weight.max", 0, 0.99, &p->weight.max));
    YA_TRY(read_pair(r, v[2], "weight.citation", 1, &p->weight.citation));
    YA_TRY(read_pair(r, v[3], "weight.consensus", 1, &p->weight.consensus));
    YA_TRY(read_pair(r, v[4], "weight.primary", 1, &p->weight.primary));
    YA_TRY(ya_tree_numbers(&r->tree, v[5], "weight.age", 3, -1, 1, p->weight.age));
done:
    return status;
}

static ya_status read_entropy(reader *r, const yaml_node_t *node)
{
    static const char *const names[] = {"base", "primary", "types", "institution", "consensus"};
    enum { HIGH = 100 };
    const yaml_node_t *v[5];
    ya_policy *p = r->policy;
    ya_status status;
    YA_TRY(ya_tree_fields(&r->tree, node, "entropy", names, 5, 0, v));
    YA_TRY(ya_tree_numbers(&r->tree, v[0], "entropy.base", 3, 0, HIGH, p->entropy.base));
    YA_TRY(read_pair(r, v[1], "entropy.primary", HIGH, &p->entropy.primary));
    YA_TRY(read_pair(r, v[2], "entropy.types", HIGH, &p->entropy.types));
    YA_TRY(ya_tree_number(&r->tree, v[3], "entropy.institution", 0, HIGH, &p->entropy.institution));
    YA_TRY(read_pair(r, v[4], "entropy.consensus", HIGH, &p->entropy.consensus));
done:
    return status;
}

static ya_status read_years(reader *r, const yaml_node_t *node)
{
    static const char *const names[] = {"old", "recent", "first"};
    static const char *const keys[] = {"years.old", "years.recent", "years.first"};
    const yaml_node_t *v[3];
    long years[3] = {0};
    ya_status status;
    YA_TRY(ya_tree_fields(&r->tree, node, "years", names, 3, 0, v));
    for (int i = 0; i < 3; i++)
        YA_TRY(ya_tree_integer(&r->tree, v[i], keys[i], 1000, 9999, &years[i]));
    if (years[0] > years[1])
        return ya_tree_fail(&r->tree, v[0], "years.old", "%ld is after years.recent, %ld", years[0],
                            years[1]);
    r->policy->years.old = (int)years[0];
    r->policy->years.recent = (int)years[1];
    r->policy->years.accepted.first = (int)years[2];
done:
    return status;
}

static ya_status read_blend(reader *r, const yaml_node_t *node)
{
    static const char *const names[] = {"prior", "min_chars", "max_chars"};
    const yaml_node_t *v[3];
    long least = 0, most = 0;
    ya_policy *p = r->policy;
    ya_status status;
    YA_TRY(ya_tree_fields(&r->tree, node, "blend", names, 3, 0, v));
    YA_TRY(ya_tree_number(&r->tree, v[0], "blend.prior", 0, 1, &p->blend.prior));
    YA_TRY(ya_tree_integer(&r->tree, v[1], "blend.min_chars", 0, YA_POLICY_MAX_CHARS, &least));
    YA_TRY(ya_tree_integer(&r->tree, v[2], "blend.max_chars", 1, YA_POLICY_MAX_CHARS, &most));
    p->blend.min_chars = (size_t)least;
    p->blend.max_chars = (size_t)most;
done:
    return status;
}

static ya_status read_bands(reader *r, const yaml_node_t *node)
{
    static const char *const names[] = {"low", "high"};
    const yaml_node_t *v[2];
    ya_policy *p = r->policy;
    ya_status status;
    YA_TRY(ya_tree_fields(&r->tree, node, "bands", names, 2, 0, v));
    YA_TRY(ya_tree_number(&r->tree, v[0], "bands.low", 0, 1, &p->bands.low));
    YA_TRY(ya_tree_number(&r->tree, v[1], "bands.high", 0, 1, &p->bands.high));
    if (p->bands.low > p->bands.high)
        return ya_tree_fail(&r->tree, v[0], "bands.low", "%g is above bands.high, %g", p->bands.low,
                            p->bands.high);
done:
    return status;
}

/* Lists: --------------------------------------------------------------------------------------- */

static ya_status read_institutions(reader *r, const yaml_node_t *node)
{
    static const char *const names[] = {"score", "words"};
    const yaml_node_t *v[2];
    size_t n = 0;
    ya_status status;
    YA_TRY(ya_tree_is_list(&r->tree, node, "institutions", &n));
    for (size_t i = 0; i < n; i++) {
        key_text item, score, words;
        double value = 0;
        snprintf(item, sizeof item, "institutions[%zu]", i);
        snprintf(score, sizeof score, "institutions[%zu].score", i);
        snprintf(words, sizeof words, "institutions[%zu].words", i);
        YA_TRY(ya_tree_fields(&r->tree, ya_tree_item(&r->tree, node, i), item, names, 2, 0, v));
        YA_TRY(ya_tree_number(&r->tree, v[0], score, 0, 1, &value));
        YA_TRY(read_entries(r, v[1], words, YA_LIST_INSTITUTION, value));
    }
done:
    return status;
}

static size_t find_name(const ya_name *names, size_t n, const char *text)
{
    size_t i = 0;
    while (i < n && strcmp(names[i].text, text) != 0)
        i++;
    return i;
}

static ya_status read_types(reader *r, const yaml_node_t *node)
{
    ya_policy *p = r->policy;
    size_t n = 0;
    ya_status status;
    YA_TRY(ya_tree_is_mapping(&r->tree, node, "types", &n));
    if (n > YA_MAX_TYPES)
        return ya_tree_fail(&r->tree, node, "types", "%zu types, at most %d are possible", n,
                            YA_MAX_TYPES);
    YA_TRY(new_array(r, &p->types, n, sizeof *p->types));
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *name, *words;
        key_text key;
        ya_tree_pair(&r->tree, node, i, &name, &words);
        YA_TRY(read_word(r, name, "types", &p->types[i]));
        if (find_name(p->types, i, p->types[i].text) < i)
            return ya_tree_fail(&r->tree, name, "types", "%.96s is there twice", p->types[i].text);
        snprintf(key, sizeof key, "types.%.96s", p->types[i].text);
        YA_TRY(read_entries(r, words, key, YA_LIST_TYPES + (unsigned)i, 0));
        p->n_types++;
    }
done:
    return status;
}

static ya_status read_offices(reader *r, const yaml_node_t *node)
{
    ya_policy *p = r->policy;
    ya_status status = read_words(r, node, "patent_offices", &p->offices, &p->n_offices);
    if (status)
        return status;
    p->patent_type = (unsigned)find_name(p->types, p->n_types, "patent");
    if (p->n_offices > 0 && p->patent_type == p->n_types)
        return ya_tree_fail(&r->tree, node, "patent_offices",
                            "numbers of patents count for the type patent, which types does not "
                            "have");
    return YA_OK;
}

static ya_status read_counts(reader *r, const yaml_node_t *node)
{
    ya_policy *p = r->policy;
    const char *key = "source_type_counts";
    size_t n = 0;
    ya_status status;
    YA_TRY(ya_tree_is_list(&r->tree, node, key, &n));
    YA_TRY(new_array(r, &p->counts, n, sizeof *p->counts));
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = ya_tree_item(&r->tree, node, i);
        ya_type_count *count = &p->counts[i];
        ya_name type;
        size_t n_values = 0;
        long value = 0;
        YA_TRY(ya_tree_is_list(&r->tree, item, key, &n_values));
        if (n_values != 3)
            return ya_tree_fail(&r->tree, item, key, "expected [name part, type, count]");
        YA_TRY(read_parts(r, ya_tree_item(&r->tree, item, 0), key, &count->part));
        if (strchr(count->part.text, '_'))
            return ya_tree_fail(&r->tree, item, key, "\"%s\" is more than one part of a name",
                                count->part.text);
        YA_TRY(read_word(r, ya_tree_item(&r->tree, item, 1), key, &type));
        count->type = (unsigned)find_name(p->types, p->n_types, type.text);
        if (count->type == p->n_types)
            return ya_tree_fail(&r->tree, item, key, "types has no type \"%s\"", type.text);
        YA_TRY(ya_tree_integer(&r->tree, ya_tree_item(&r->tree, item, 2), key, 1, 1000, &value));
        count->count = (double)value;
        p->n_counts++;
    }
done:
    return status;
}

/* Types of records: ---------------------------------------------------------------------------- */

static ya_status read_trivium(reader *r, const yaml_node_t *node, const char *key, ya_trivium *out)
{
    const char *text;
    size_t size;
    ya_status status = ya_tree_text(&r->tree, node, key, YA_WORD_MAX, &text, &size);
    for (int i = 1; status == YA_OK && i < YA_N_TRIVIA; i++) {
        *out = (ya_trivium)i;
        if (strlen(ya_trivium_name(*out)) == size && memcmp(text, ya_trivium_name(*out), size) == 0)
            return YA_OK;
    }
    return status ? status
                  : ya_tree_fail(&r->tree, node, key, "expected grammar, logic or rhetoric");
}

/* The value of the prior whose name is read: {w, H} of unknown, else trivium and maybe dated. */
static ya_status read_prior(reader *r, const yaml_node_t *node, ya_prior *prior)
{
    static const char *const names[] = {"w", "H", "trivium", "dated"};
    enum { DATED = 1 << 3, H_HIGH = 100 };
    const yaml_node_t *v[4] = {NULL};
    key_text key, w, h, trivium, dated;
    bool unknown = strcmp(prior->name.text, "unknown") == 0;
    snprintf(key, sizeof key, "priors.%.96s", prior->name.text);
    snprintf(w, sizeof w, "priors.%.96s.w", prior->name.text);
    snprintf(h, sizeof h, "priors.%.96s.H", prior->name.text);
    snprintf(trivium, sizeof trivium, "priors.%.96s.trivium", prior->name.text);
    snprintf(dated, sizeof dated, "priors.%.96s.dated", prior->name.text);
    ya_status status;
    YA_TRY(ya_tree_fields(&r->tree, node, key, names, unknown ? 2 : 4, DATED, v));
    YA_TRY(ya_tree_number(&r->tree, v[0], w, 0, 0.99, &prior->w));
    YA_TRY(ya_tree_number(&r->tree, v[1], h, 0, H_HIGH, &prior->H));
    if (v[2])
        YA_TRY(read_trivium(r, v[2], trivium, &prior->trivium));
    if (v[3])
        YA_TRY(read_parts(r, v[3], dated, &prior->dated));
done:
    return status;
}

static ya_status read_priors(reader *r, const yaml_node_t *node)
{
    ya_policy *p = r->policy;
    size_t n = 0;
    ya_status status;
    YA_TRY(ya_tree_is_mapping(&r->tree, node, "priors", &n));
    YA_TRY(new_array(r, &p->priors, n, sizeof *p->priors));
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *name, *value;
        ya_prior prior = {0};
        ya_tree_pair(&r->tree, node, i, &name, &value);
        YA_TRY(read_parts(r, name, "priors", &prior.name));
        YA_TRY(read_prior(r, value, &prior));
        if (ya_policy_find_prior(p, prior.name.text, prior.name.size) < p->n_priors)
            return ya_tree_fail(&r->tree, name, "priors", "the name %.96s is there twice",
                                prior.name.text);
        if (prior.dated.text &&
            (ya_policy_find_prior(p, prior.dated.text, prior.dated.size) < p->n_priors ||
             strcmp(prior.dated.text, prior.name.text) == 0))
            return ya_tree_fail(&r->tree, value, "priors", "the name %.96s is there twice",
                                prior.dated.text);
        p->priors[p->n_priors++] = prior;
    }
    p->unknown = (unsigned)ya_policy_find_prior(p, "unknown", strlen("unknown"));
    if (p->unknown == p->n_priors || p->priors[p->unknown].dated.text)
        return ya_tree_fail(&r->tree, node, "priors", "the key unknown is missing");
done:
    return status;
}

static ya_status read_hints(reader *r, const yaml_node_t *node)
{
    ya_policy *p = r->policy;
    size_t n = 0;
    ya_status status;
    YA_TRY(ya_tree_is_list(&r->tree, node, "hints", &n));
    YA_TRY(new_array(r, &p->hints, n, sizeof *p->hints));
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = ya_tree_item(&r->tree, node, i);
        ya_name type;
        size_t n_values = 0;
        YA_TRY(ya_tree_is_list(&r->tree, item, "hints", &n_values));
        if (n_values != 2)
            return ya_tree_fail(&r->tree, item, "hints", "expected [name parts, type]");
        YA_TRY(read_parts(r, ya_tree_item(&r->tree, item, 0), "hints", &p->hints[i].parts));
        YA_TRY(read_parts(r, ya_tree_item(&r->tree, item, 1), "hints", &type));
        size_t prior = ya_policy_find_prior(p, type.text, type.size);
        if (prior == p->n_priors || prior == p->unknown)
            return ya_tree_fail(&r->tree, item, "hints", "priors has no type \"%s\"", type.text);
        p->hints[i].prior = (unsigned)prior;
        p->n_hints++;
    }
done:
    return status;
}

/* The file: ------------------------------------------------------------------------------------ */

static ya_status read_root(reader *r)
{
    enum {
        WEIGHT,
        ENTROPY,
        YEARS,
        BLEND,
        BANDS,
        AS_WRITTEN,
        HOSTS,
        INSTITUTIONS,
        CONSENSUS,
        PRIMARY,
        TYPES,
        OFFICES,
        COUNTS,
        PRIORS,
        HINTS,
        N_KEYS
    };
    static const char *const names[N_KEYS] = {"weight",
                                              "entropy",
                                              "years",
                                              "blend",
                                              "bands",
                                              "as_written",
                                              "exempt_hosts",
                                              "institutions",
                                              "consensus",
                                              "primary",
                                              "types",
                                              "patent_offices",
                                              "source_type_counts",
                                              "priors",
                                              "hints"};
    const yaml_node_t *v[N_KEYS];
    ya_status status;
    YA_TRY(ya_tree_fields(&r->tree, ya_tree_root(&r->tree), "", names, N_KEYS, 0, v));
    YA_TRY(read_weight(r, v[WEIGHT]));
    YA_TRY(read_entropy(r, v[ENTROPY]));
    YA_TRY(read_years(r, v[YEARS]));
    YA_TRY(read_blend(r, v[BLEND]));
    YA_TRY(read_bands(r, v[BANDS]));
    YA_TRY(read_hosts(r, v[HOSTS]));
    YA_TRY(read_institutions(r, v[INSTITUTIONS]));
    YA_TRY(read_entries(r, v[CONSENSUS], "consensus", YA_LIST_CONSENSUS, 0));
    YA_TRY(read_entries(r, v[PRIMARY], "primary", YA_LIST_PRIMARY, 0));
    YA_TRY(read_types(r, v[TYPES]));
    YA_TRY(read_as_written(r, v[AS_WRITTEN]));
    YA_TRY(read_offices(r, v[OFFICES]));
    YA_TRY(read_counts(r, v[COUNTS]));
    YA_TRY(read_priors(r, v[PRIORS]));
    YA_TRY(read_hints(r, v[HINTS]));
done:
    return status;
}

ya_status ya_policy_read(ya_policy *policy, const char *text, size_t size, const char *what,
                         ya_error *err)
{
    reader r = {.policy = policy, .err = err};
    ya_status status = ya_tree_open(&r.tree, text, size, what, err);
    if (status == YA_OK)
        status = read_root(&r);
    ya_tree_free(&r.tree);
    return status;
}
