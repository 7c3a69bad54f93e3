#include "eval/results.h"

#include "base/buffer.h"
#include "io/outdir.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char SCHEMA[] = "your_ai-results-1";
enum { JSON_FLAGS = JSON_INDENT(1) | JSON_REAL_PRECISION(17) };

static void append(ya_results *r, json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) != 0)
        r->failed = true;
}

void ya_results_set(ya_results *r, const char *key, json_t *value)
{
    if (json_object_set_new(r->root, key, value) != 0)
        r->failed = true;
}

static json_t *new_list(ya_results *r, const char *key)
{
    json_t *list = json_array();
    ya_results_set(r, key, list);
    return list;
}

void ya_results_begin(ya_results *r, const char *kind, const char *name)
{
    *r = (ya_results){.root = json_object()};
    ya_results_set(r, "schema", json_string(SCHEMA));
    ya_results_set(r, "program", json_string(YA_VERSION));
    ya_results_set(r, "kind", json_string(kind));
    ya_results_set(r, "name", json_string(name));
    ya_results_set(r, "model", json_null());
    ya_results_set(r, "adapter", json_null());
    new_list(r, "data");
    ya_results_set(r, "passed", json_null());
    r->figures = new_list(r, "figures");
    r->comparisons = new_list(r, "comparisons");
    r->thresholds = new_list(r, "thresholds");
    r->items = new_list(r, "items");
}

json_t *ya_results_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *ya_results_file(const char *path, const char *key, const char *hash)
{
    return json_pack("{s: s, s: s}", "path", path, key, hash);
}

void ya_results_figure(ya_results *r, const char *metric, const char *group, const char *system,
                       const ya_estimate *e)
{
    append(r, r->figures,
           json_pack("{s: s, s: s, s: s, s: o, s: o, s: o, s: I}", "metric", metric, "group", group,
                     "system", system, "value", ya_results_number(e->mean), "low",
                     ya_results_number(e->low), "high", ya_results_number(e->high), "n",
                     (json_int_t)e->n));
}

void ya_results_compare(ya_results *r, const ya_comparison *c)
{
    json_t *entry = json_pack(
        "{s: s, s: s, s: s, s: s, s: o, s: o, s: o, s: I}", "metric", c->metric, "group", c->group,
        "a", c->a, "b", c->b, "difference", ya_results_number(c->difference.mean), "low",
        ya_results_number(c->difference.low), "high", ya_results_number(c->difference.high), "n",
        (json_int_t)c->difference.n);
    if (entry && isfinite(c->p) &&
        (json_object_set_new(entry, "mcnemar_p", json_real(c->p)) != 0 ||
         json_object_set_new(entry, "only_a", json_integer((json_int_t)c->only_a)) != 0 ||
         json_object_set_new(entry, "only_b", json_integer((json_int_t)c->only_b)) != 0))
        r->failed = true;
    append(r, r->comparisons, entry);
}

bool ya_results_threshold(ya_results *r, const char *metric, const char *group, const char *system,
                          double minimum, double value)
{
    bool passed = value >= minimum;
    append(r, r->thresholds,
           json_pack("{s: s, s: s, s: s, s: f, s: o, s: b}", "metric", metric, "group", group,
                     "system", system, "minimum", minimum, "value", ya_results_number(value),
                     "passed", passed));
    return passed;
}

void ya_results_item(ya_results *r, json_t *item)
{
    append(r, r->items, item);
}

ya_status ya_results_finish(ya_results *r, ya_error *err)
{
    bool passed = true;
    for (size_t i = 0; i < json_array_size(r->thresholds); i++)
        passed &= json_is_true(json_object_get(json_array_get(r->thresholds, i), "passed"));
    if (json_array_size(r->thresholds) > 0)
        ya_results_set(r, "passed", json_boolean(passed));
    if (r->failed)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the results");
    return YA_OK;
}

/* Printing: ------------------------------------------------------------------------------------ */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* "[0.1200, 0.3400]", or nothing */
static void interval(char *out, size_t room, const json_t *entry)
{
    double low = number_of(entry, "low"), high = number_of(entry, "high");
    out[0] = '\0';
    if (isfinite(low) && isfinite(high))
        snprintf(out, room, "[%.4f, %.4f]", low, high);
}

static int widest(const json_t *list, const char *key, int least)
{
    int most = least;
    for (size_t i = 0; i < json_array_size(list); i++) {
        int n = (int)strlen(text_of(json_array_get(list, i), key));
        most = n > most && n <= 60 ? n : most;
    }
    return most;
}

static void print_figures(const ya_results *r)
{
    int metric = widest(r->figures, "metric", 6), group = widest(r->figures, "group", 5),
        system = widest(r->figures, "system", 6);
    printf("%-*s  %-*s  %-*s  %10s  %-20s %8s\n", metric, "metric", group, "group", system,
           "system", "value", "95 % interval", "n");
    for (size_t i = 0; i < json_array_size(r->figures); i++) {
        const json_t *f = json_array_get(r->figures, i);
        char range[64];
        interval(range, sizeof range, f);
        printf("%-*s  %-*s  %-*s  %10.4f  %-20s %8lld\n", metric, text_of(f, "metric"), group,
               text_of(f, "group"), system, text_of(f, "system"), number_of(f, "value"), range,
               (long long)json_integer_value(json_object_get(f, "n")));
    }
}

static void print_comparisons(const ya_results *r)
{
    for (size_t i = 0; i < json_array_size(r->comparisons); i++) {
        const json_t *c = json_array_get(r->comparisons, i);
        char range[64];
        interval(range, sizeof range, c);
        printf("%s%s of %s: %s - %s = %+.4f %s", i ? "" : "\n", text_of(c, "metric"),
               text_of(c, "group"), text_of(c, "b"), text_of(c, "a"), number_of(c, "difference"),
               range);
        if (json_object_get(c, "mcnemar_p"))
            printf("; right with %s only %lld, with %s only %lld, McNemar p = %.3g",
                   text_of(c, "a"), (long long)json_integer_value(json_object_get(c, "only_a")),
                   text_of(c, "b"), (long long)json_integer_value(json_object_get(c, "only_b")),
                   number_of(c, "mcnemar_p"));
        putchar('\n');
    }
}

static void print_thresholds(const ya_results *r)
{
    for (size_t i = 0; i < json_array_size(r->thresholds); i++) {
        const json_t *t = json_array_get(r->thresholds, i);
        printf("%s%s: %s of %s with %s is %.4f, asked for %.4f\n", i ? "" : "\n",
               json_is_true(json_object_get(t, "passed")) ? "passed" : "FAILED",
               text_of(t, "metric"), text_of(t, "group"), text_of(t, "system"),
               number_of(t, "value"), number_of(t, "minimum"));
    }
}

ya_status ya_results_print(const ya_results *r, bool json, ya_error *err)
{
    if (json) {
        if (json_dumpf(r->root, stdout, JSON_FLAGS) != 0)
            return ya_fail(err, YA_ERR_IO, "cannot write to standard output");
        putchar('\n');
        return YA_OK;
    }
    print_figures(r);
    print_comparisons(r);
    print_thresholds(r);
    return YA_OK;
}

ya_status ya_results_write(const ya_results *r, const char *dir, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_status status = ya_path_join(path, dir, "results.json", err);
    if (status)
        return status;
    char *text = json_dumps(r->root, JSON_FLAGS);
    if (!text)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the results");
    status = ya_write_file(path, text, strlen(text), err);
    free(text);
    return status;
}

ya_status ya_results_verdict(const ya_results *r, ya_error *err)
{
    ya_buffer missed = {0};
    ya_status status = YA_OK;
    for (size_t i = 0; i < json_array_size(r->thresholds); i++) {
        const json_t *t = json_array_get(r->thresholds, i);
        if (json_is_true(json_object_get(t, "passed")))
            continue;
        char value[32] = "not known";
        if (isfinite(number_of(t, "value")))
            snprintf(value, sizeof value, "%.4f", number_of(t, "value"));
        YA_TRY(ya_buffer_printf(&missed, err, "%s%s of %s is %s, asked for %.4f",
                                missed.size ? "; " : "", text_of(t, "metric"), text_of(t, "group"),
                                value, number_of(t, "minimum")));
    }
    if (missed.size > 0)
        status = ya_fail(err, YA_ERR_DATA, "%s does not pass: %s", text_of(r->root, "name"),
                         missed.data);
done:
    ya_buffer_free(&missed);
    return status;
}

void ya_results_free(ya_results *r)
{
    json_decref(r->root);
    *r = (ya_results){0};
}
