/* The document of ya_inspect as a table for people. */
#include "inspect/inspect.h"

#include "io/shown.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static double number_at(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* Names from files go to a terminal: without control characters, which could be commands to it. */
static ya_shown shown_at(const json_t *object, const char *key)
{
    const char *text = text_at(object, key);
    return ya_show(text, strlen(text));
}

/* 1536 -> "1.5 kB": decimal units, as disks and hubs count. */
static void print_amount(double amount, const char *const units[4], FILE *file)
{
    int unit = 0;
    for (; amount >= 1000 && unit < 3; unit++)
        amount /= 1000;
    fprintf(file, unit ? "%.4g" : "%.0f", amount);
    fprintf(file, *units[unit] ? " %s" : "%s", units[unit]);
}

static const char *const byte_units[4] = {"B", "kB", "MB", "GB"};
static const char *const count_units[4] = {"", "thousand", "million", "billion"};

/* A value on one line, long texts cut. */
static void print_value(const json_t *value, FILE *file)
{
    enum { SHOWN = 90 };
    char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9));
    const char *shown = dumped ? dumped : "?";
    size_t size = strlen(shown), cut = SHOWN;
    while (size > SHOWN && cut > 0 && ((unsigned char)shown[cut] & 0xC0) == 0x80)
        cut--; /* not inside a character */
    fprintf(file, "%.*s%s", (int)(size > SHOWN ? cut : size), shown, size > SHOWN ? "..." : "");
    free(dumped); /* jansson's own */
}

static void print_object(const char *title, const json_t *object, FILE *file)
{
    const char *key;
    json_t *value;
    if (!object)
        return;
    fprintf(file, "\n%s:\n", title);
    json_object_foreach((json_t *)object, key, value)
    {
        fprintf(file, "  %-34s ", ya_show(key, strlen(key)).text);
        print_value(value, file);
        fputc('\n', file);
    }
}

static void print_shape(const json_t *shape, FILE *file)
{
    char text[96] = "";
    size_t used = 0;
    for (size_t i = 0; i < json_array_size(shape); i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%" JSON_INTEGER_FORMAT,
                                 i ? " x " : "", json_integer_value(json_array_get(shape, i)));
    fprintf(file, "%-20s", text);
}

static void print_tensors(const json_t *document, FILE *file)
{
    size_t i;
    json_t *item;
    const json_t *types = json_object_get(document, "types");
    const json_t *tensors = json_object_get(document, "tensors");
    if (json_array_size(types))
        fprintf(file, "\n%-8s %8s %16s %16s\n", "type", "tensors", "elements", "bytes");
    json_array_foreach(types, i, item)
    {
        fprintf(file, "%-8s %8.0f %16.0f %16.0f\n", text_at(item, "type"),
                number_at(item, "tensors"), number_at(item, "elements"), number_at(item, "bytes"));
    }
    if (json_array_size(tensors))
        fprintf(file, "\n%-8s %-20s %14s  tensor\n", "type", "shape", "bytes");
    json_array_foreach(tensors, i, item)
    {
        fprintf(file, "%-8s ", text_at(item, "type"));
        print_shape(json_object_get(item, "shape"), file);
        fprintf(file, " %14.0f  %s\n", number_at(item, "bytes"), shown_at(item, "name").text);
    }
}

static void print_files(const json_t *document, FILE *file)
{
    size_t i;
    json_t *item;
    fprintf(file, "\nfiles:\n");
    json_array_foreach(json_object_get(document, "files"), i, item)
    {
        const char *hash = text_at(item, "sha256");
        fprintf(file, "  %14.0f  %s%s%s\n", number_at(item, "bytes"), hash, *hash ? "  " : "",
                shown_at(item, "name").text);
    }
}

void ya_inspect_print(const json_t *document, FILE *file)
{
    const json_t *config = json_object_get(document, "config");
    fprintf(file, "%s: %s", text_at(document, "path"), text_at(document, "kind"));
    if (*text_at(document, "format"))
        fprintf(file, ", %s", text_at(document, "format"));
    if (config)
        fprintf(file, ", %s", text_at(config, "architecture"));
    if (json_object_get(document, "parameters")) {
        fprintf(file, ", ");
        print_amount(number_at(document, "parameters"), count_units, file);
        fprintf(file, " parameters, ");
        print_amount(number_at(document, "bytes"), byte_units, file);
    }
    fputc('\n', file);
    if (*text_at(document, "config_error"))
        fprintf(file, "cannot be run: %s\n", text_at(document, "config_error"));
    if (*text_at(document, "sums"))
        fprintf(file, "SHA256SUMS: %s\n", text_at(document, "sums"));
    print_object("config", config, file);
    print_object("adapter", json_object_get(document, "adapter"), file);
    print_object("state", json_object_get(document, "state"), file);
    print_object("lineage", json_object_get(document, "lineage"), file);
    print_object("metadata", json_object_get(document, "metadata"), file);
    print_tensors(document, file);
    print_files(document, file);
}

ya_status ya_inspect_print_json(const json_t *document, FILE *file, ya_error *err)
{
    if (json_dumpf(document, file, JSON_INDENT(2)) != 0 || fputc('\n', file) == EOF)
        return ya_fail_errno(err, YA_ERR_IO, "cannot write the JSON document");
    return YA_OK;
}
