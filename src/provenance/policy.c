#include "provenance/policy.h"

#include "base/alloc.h"
#include "base/chars.h"
#include "base/embedded.h"
#include "io/map.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Words: --------------------------------------------------------------------------------------- */

static ya_word_kind kind_of(const ya_entry *entry)
{
    if (entry->list == YA_LIST_INSTITUTION && entry->word.text[0] == '.')
        return YA_WORD_HOST;
    return entry->as_written ? YA_WORD_NAME : YA_WORD_PLAIN;
}

/* Institutions first, the highest score first: of two equal words that one counts. */
static int compare_entries(const void *left, const void *right)
{
    const ya_entry *a = left, *b = right;
    if (a->list != b->list)
        return a->list < b->list ? -1 : 1;
    return (a->score < b->score) - (a->score > b->score);
}

static ya_status add_entries(ya_policy *p, ya_words_maker *maker, ya_error *err)
{
    if (p->n_entries > 0)
        qsort(p->entries, p->n_entries, sizeof *p->entries, compare_entries);
    for (size_t i = 0; i < p->n_entries; i++) {
        const ya_entry *e = &p->entries[i];
        ya_word_kind kind = kind_of(e);
        if (kind == YA_WORD_NAME && e->list != YA_LIST_INSTITUTION)
            continue; /* names as written do not count in the text */
        ya_status status =
            ya_words_add(maker, e->word.text, e->word.size, e->list, kind, (uint32_t)i, err);
        if (status)
            return status;
    }
    return YA_OK;
}

static ya_status add_fixed(ya_words_maker *maker, ya_error *err)
{
    static const char *const cites[] = {"ibid", "op", "loc"};
    static const char *const dates[] = {"copyright", "published", "written"};
    for (int i = 0; i < 3; i++) {
        ya_status status =
            ya_words_add(maker, cites[i], strlen(cites[i]), YA_LIST_CITE, YA_WORD_CITE, 0, err);
        if (status == YA_OK)
            status =
                ya_words_add(maker, dates[i], strlen(dates[i]), YA_LIST_DATE, YA_WORD_DATE, 0, err);
        if (status)
            return status;
    }
    return YA_OK;
}

static ya_status compile(ya_policy *p, ya_error *err)
{
    ya_words_maker *maker = NULL;
    ya_status status;
    YA_TRY(ya_words_maker_new(&maker, err));
    YA_TRY(add_entries(p, maker, err));
    for (size_t i = 0; i < p->n_offices; i++)
        YA_TRY(ya_words_add(maker, p->offices[i].text, p->offices[i].size, YA_LIST_OFFICE,
                            YA_WORD_OFFICE, (uint32_t)i, err));
    YA_TRY(add_fixed(maker, err));
    YA_TRY(ya_words_finish(&p->words, maker, err));
done:
    ya_words_maker_free(maker);
    return status;
}

/* Opening: ------------------------------------------------------------------------------------- */

static ya_status current_year(int *year, ya_error *err)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    time_t seconds = time(NULL);
    struct tm date;
    if (epoch) {
        char *end;
        errno = 0;
        long long value = strtoll(epoch, &end, 10);
        if (!ya_is_digit(*epoch) || *end || errno)
            return ya_fail(err, YA_ERR_USAGE,
                           "SOURCE_DATE_EPOCH is \"%.40s\", expected the seconds since 1970",
                           epoch);
        seconds = (time_t)value;
    }
    if (!gmtime_r(&seconds, &date) || date.tm_year > 9999 - 1900)
        return ya_fail(err, YA_ERR_USAGE,
                       "the current year is beyond 9999: set the clock, or "
                       "SOURCE_DATE_EPOCH");
    *year = date.tm_year + 1900;
    return YA_OK;
}

ya_status ya_policy_parse(ya_policy **out, const char *text, size_t size, const char *what,
                          ya_error *err)
{
    ya_status status;
    ya_policy *p = *out = ya_alloc_zero(1, sizeof *p);
    if (!p)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a policy");
    if (size > YA_POLICY_MAX_BYTES)
        status = ya_fail(err, YA_ERR_USAGE, "%s: larger than 1 MiB, which is no policy", what);
    else
        status = ya_policy_read(p, text, size, what, err);
    if (status == YA_OK)
        status = current_year(&p->years.accepted.last, err);
    if (status == YA_OK)
        status = compile(p, err);
    if (status) {
        ya_policy_close(p);
        *out = NULL;
    }
    return status;
}

ya_status ya_policy_open(ya_policy **out, const char *path, ya_error *err)
{
    if (!path) {
        const ya_embedded *file = ya_embedded_find("provenance/default.yaml");
        assert(file);
        return ya_policy_parse(out, file->text, file->size, "default policy", err);
    }
    char *text = NULL;
    size_t size = 0;
    *out = NULL;
    ya_status status = ya_read_file(path, YA_POLICY_MAX_BYTES, &text, &size, err);
    if (status == YA_OK)
        status = ya_policy_parse(out, text, size, path, err);
    ya_free(text);
    return status;
}

void ya_policy_close(ya_policy *policy)
{
    if (!policy)
        return;
    for (size_t i = 0; i < policy->n_texts; i++)
        ya_free(policy->texts[i]);
    ya_free(policy->texts);
    ya_free(policy->exempt_hosts);
    ya_free(policy->entries);
    ya_free(policy->types);
    ya_free(policy->offices);
    ya_free(policy->counts);
    ya_free(policy->priors);
    ya_free(policy->hints);
    ya_words_free(&policy->words);
    ya_free(policy);
}

/* Bands and trivia: ---------------------------------------------------------------------------- */

double ya_policy_hint_weight(const ya_policy *policy, unsigned hint)
{
    return policy->priors[hint ? hint - 1 : policy->unknown].w;
}

ya_band ya_policy_band(const ya_policy *policy, double auth_weight)
{
    return auth_weight < policy->bands.low    ? YA_BAND_LOW
           : auth_weight > policy->bands.high ? YA_BAND_HIGH
                                              : YA_BAND_MID;
}

const char *ya_band_name(ya_band band)
{
    static const char *const names[YA_N_BANDS] = {"low", "mid", "high"};
    return names[band];
}

const char *ya_trivium_name(ya_trivium trivium)
{
    static const char *const names[YA_N_TRIVIA] = {NULL, "grammar", "logic", "rhetoric"};
    return names[trivium];
}
