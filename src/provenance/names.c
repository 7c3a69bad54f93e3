/* Name parts: of source types and of file names. */
#include "base/chars.h"
#include "provenance/policy.h"

#include <string.h>

bool ya_next_part(ya_parts *parts)
{
    const char *at = parts->at, *end = parts->end;
    while (at < end && !ya_is_letter(*at) && !ya_is_digit(*at))
        at++;
    parts->part = at;
    while (at < end && (ya_is_letter(*at) || ya_is_digit(*at)))
        at++;
    parts->at = at;
    parts->size = (size_t)(at - parts->part);
    return parts->size > 0;
}

/* Whether `name` begins with the part; *behind is what comes after. */
static bool begins_with(const char *name, const ya_parts *part, const char **behind)
{
    for (size_t i = 0; i < part->size; i++)
        if (name[i] != ya_fold(part->part[i]))
            return false;
    *behind = name + part->size;
    return true;
}

bool ya_parts_equal(const char *text, size_t size, const char *name)
{
    ya_parts parts = {.at = text, .end = text + size};
    if (!ya_next_part(&parts))
        return false;
    for (;;) {
        if (!begins_with(name, &parts, &name))
            return false;
        bool more = ya_next_part(&parts);
        if (!more || *name != '_')
            return !more && *name == '\0';
        name++;
    }
}

size_t ya_policy_find_prior(const ya_policy *policy, const char *name, size_t size)
{
    size_t i = 0;
    for (; i < policy->n_priors; i++) {
        const ya_prior *prior = &policy->priors[i];
        if (ya_parts_equal(name, size, prior->name.text) ||
            (prior->dated.text && ya_parts_equal(name, size, prior->dated.text)))
            break;
    }
    return i;
}

/* Whether the parts from `parts` on are those of `name`, side by side. */
static bool parts_begin(ya_parts parts, const char *name)
{
    for (;;) {
        if (!begins_with(name, &parts, &name))
            return false;
        if (*name == '\0')
            return true;
        if (*name++ != '_' || !ya_next_part(&parts))
            return false;
    }
}

/* Whether the parts `name` are side by side in the file's name. */
static bool has_parts(const char *file, size_t size, const char *name)
{
    ya_parts parts = {.at = file, .end = file + size};
    while (ya_next_part(&parts))
        if (parts_begin(parts, name))
            return true;
    return false;
}

static bool is_hint(const ya_policy *policy, const char *parts)
{
    for (size_t i = 0; i < policy->n_hints; i++)
        if (strcmp(policy->hints[i].parts.text, parts) == 0)
            return true;
    return false;
}

/* The name without the ending of a file of records. */
static size_t stem_size(const char *name, size_t size)
{
    static const char *const endings[] = {".jsonl", ".jsonl.gz", ".jsonl.zst"};
    for (int i = 0; i < 3; i++) {
        size_t n = strlen(endings[i]);
        if (size >= n && memcmp(name + size - n, endings[i], n) == 0)
            return size - n;
    }
    return size;
}

unsigned ya_policy_hint(const ya_policy *policy, const char *name, size_t size)
{
    size = stem_size(name, size);
    for (size_t i = 0; i < policy->n_hints; i++) {
        const ya_name *parts = &policy->hints[i].parts;
        char plural[YA_WORD_MAX + 3 + 1];
        plural[ya_plural(plural, parts->text, parts->size)] = '\0';
        if (has_parts(name, size, parts->text) ||
            (*plural && !is_hint(policy, plural) && has_parts(name, size, plural)))
            return policy->hints[i].prior + 1;
    }
    return 0;
}
