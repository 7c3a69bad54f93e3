#include "provenance/tree.h"

#include "io/shown.h"
#include "settings/settings.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Opening: ------------------------------------------------------------------------------------- */

static ya_status fail_parser(const yaml_parser_t *parser, const char *what, ya_error *err)
{
    if (parser->error == YAML_MEMORY_ERROR || !parser->problem)
        return ya_fail(err, YA_ERR_MEMORY, "%s: no memory to read it", what);
    return ya_fail(err, YA_ERR_USAGE, "%s:%zu: not YAML: %s", what, parser->problem_mark.line + 1,
                   parser->problem);
}

static ya_status refuse_second(yaml_parser_t *parser, const char *what, ya_error *err)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second))
        return fail_parser(parser, what, err);
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    size_t line = root ? root->start_mark.line + 1 : 0;
    yaml_document_delete(&second);
    if (root)
        return ya_fail(err, YA_ERR_USAGE, "%s:%zu: a second document begins here; a policy is one",
                       what, line);
    return YA_OK;
}

ya_status ya_tree_open(ya_tree *tree, const char *text, size_t size, const char *what,
                       ya_error *err)
{
    yaml_parser_t parser;
    ya_status status = YA_OK;
    *tree = (ya_tree){.what = what, .err = err};
    if (!yaml_parser_initialize(&parser))
        return ya_fail(err, YA_ERR_MEMORY, "%s: no memory to read it", what);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    if (!yaml_parser_load(&parser, &tree->document))
        status = fail_parser(&parser, what, err);
    else if (!ya_tree_root(tree))
        status =
            ya_fail(err, YA_ERR_USAGE, "%s: empty; expected a policy, `key: value` lines", what);
    else
        status = refuse_second(&parser, what, err);
    yaml_parser_delete(&parser);
    return status;
}

void ya_tree_free(ya_tree *tree)
{
    yaml_document_delete(&tree->document);
}

const yaml_node_t *ya_tree_root(ya_tree *tree)
{
    return yaml_document_get_root_node(&tree->document);
}

/* Errors: -------------------------------------------------------------------------------------- */

ya_status ya_tree_fail(const ya_tree *tree, const yaml_node_t *node, const char *key,
                       const char *sentence, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, sentence);
    vsnprintf(text, sizeof text, sentence, arguments);
    va_end(arguments);
    return ya_fail(tree->err, YA_ERR_USAGE, "%s:%zu: %s%s%s", tree->what, node->start_mark.line + 1,
                   key, *key ? ": " : "", text);
}

static const char *kind_of(const yaml_node_t *node)
{
    return node->type == YAML_SEQUENCE_NODE  ? "a list"
           : node->type == YAML_MAPPING_NODE ? "a section"
                                             : "one value";
}

static ya_shown shown(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE)
        return ya_show(kind_of(node), strlen(kind_of(node)));
    return ya_show((const char *)node->data.scalar.value, node->data.scalar.length);
}

/* Structure: ----------------------------------------------------------------------------------- */

static bool is_scalar(const yaml_node_t *node, const char *text)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.length == strlen(text) &&
           memcmp(node->data.scalar.value, text, strlen(text)) == 0;
}

static ya_status fail_key(const ya_tree *tree, const yaml_node_t *name, const char *key,
                          const char *const *names, size_t n)
{
    if (name->type != YAML_SCALAR_NODE)
        return ya_tree_fail(tree, name, key, "%s cannot be a key", kind_of(name));
    const char *near =
        ya_nearest((const char *)name->data.scalar.value, name->data.scalar.length, names, n);
    return ya_tree_fail(tree, name, key, "\"%s\" is no key here%s%s%s", shown(name).text,
                        near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

ya_status ya_tree_fields(ya_tree *tree, const yaml_node_t *node, const char *key,
                         const char *const *names, size_t n, unsigned optional,
                         const yaml_node_t **values)
{
    size_t n_pairs = 0;
    ya_status status = ya_tree_is_mapping(tree, node, key, &n_pairs);
    if (status)
        return status;
    memset(values, 0, n * sizeof *values);
    for (size_t i = 0; i < n_pairs; i++) {
        const yaml_node_t *name, *value;
        ya_tree_pair(tree, node, i, &name, &value);
        size_t k = 0;
        while (k < n && !is_scalar(name, names[k]))
            k++;
        if (k == n)
            return fail_key(tree, name, key, names, n);
        if (values[k])
            return ya_tree_fail(tree, name, key, "%s is there twice", names[k]);
        values[k] = value;
    }
    for (size_t k = 0; k < n; k++)
        if (!values[k] && !(optional >> k & 1))
            return ya_tree_fail(tree, node, key, "the key %s is missing", names[k]);
    return YA_OK;
}

ya_status ya_tree_is_mapping(const ya_tree *tree, const yaml_node_t *node, const char *key,
                             size_t *n)
{
    if (node->type != YAML_MAPPING_NODE)
        return ya_tree_fail(tree, node, key, "found %s, expected a section of `key: value`",
                            kind_of(node));
    *n = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    return YA_OK;
}

ya_status ya_tree_is_list(const ya_tree *tree, const yaml_node_t *node, const char *key, size_t *n)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return ya_tree_fail(tree, node, key, "found %s, expected a list", kind_of(node));
    *n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    return YA_OK;
}

const yaml_node_t *ya_tree_item(ya_tree *tree, const yaml_node_t *list, size_t i)
{
    return yaml_document_get_node(&tree->document, list->data.sequence.items.start[i]);
}

void ya_tree_pair(ya_tree *tree, const yaml_node_t *mapping, size_t i, const yaml_node_t **name,
                  const yaml_node_t **value)
{
    const yaml_node_pair_t *pair = &mapping->data.mapping.pairs.start[i];
    *name = yaml_document_get_node(&tree->document, pair->key);
    *value = yaml_document_get_node(&tree->document, pair->value);
}

/* Values: -------------------------------------------------------------------------------------- */

ya_status ya_tree_number(const ya_tree *tree, const yaml_node_t *node, const char *key, double low,
                         double high, double *out)
{
    bool good = node->type == YAML_SCALAR_NODE && node->data.scalar.length > 0 &&
                node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (good) {
        const char *text = (const char *)node->data.scalar.value;
        char *end;
        *out = strtod(text, &end);
        good = end == text + node->data.scalar.length && *out >= low && *out <= high;
    }
    if (good)
        return YA_OK;
    return ya_tree_fail(tree, node, key, "found %s, expected a number from %g to %g",
                        shown(node).text, low, high);
}

ya_status ya_tree_numbers(ya_tree *tree, const yaml_node_t *node, const char *key, size_t n,
                          double low, double high, double *out)
{
    size_t found = 0;
    ya_status status = ya_tree_is_list(tree, node, key, &found);
    if (status == YA_OK && found != n)
        return ya_tree_fail(tree, node, key, "found %zu numbers, expected %zu", found, n);
    for (size_t i = 0; status == YA_OK && i < n; i++)
        status = ya_tree_number(tree, ya_tree_item(tree, node, i), key, low, high, &out[i]);
    return status;
}

ya_status ya_tree_integer(const ya_tree *tree, const yaml_node_t *node, const char *key, long low,
                          long high, long *out)
{
    double value = 0;
    ya_status status = ya_tree_number(tree, node, key, (double)low, (double)high, &value);
    if (status == YA_OK && value != floor(value))
        return ya_tree_fail(tree, node, key, "found %s, expected a whole number", shown(node).text);
    if (status == YA_OK)
        *out = (long)value;
    return status;
}

ya_status ya_tree_text(const ya_tree *tree, const yaml_node_t *node, const char *key, size_t limit,
                       const char **out, size_t *size)
{
    if (node->type != YAML_SCALAR_NODE)
        return ya_tree_fail(tree, node, key, "found %s, expected a word", kind_of(node));
    const char *text = (const char *)node->data.scalar.value;
    size_t n = node->data.scalar.length;
    if (n == 0)
        return ya_tree_fail(tree, node, key, "a word is empty");
    if (n > limit)
        return ya_tree_fail(tree, node, key, "\"%s\" is longer than %zu bytes", shown(node).text,
                            limit);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        bool alone = c == ' ' && i > 0 && i + 1 < n && text[i - 1] != ' ';
        bool no_break = c == 0xA0 && i > 0 && (unsigned char)text[i - 1] == 0xC2;
        if ((c <= ' ' && !alone) || c == 0x7F || no_break)
            return ya_tree_fail(tree, node, key,
                                "\"%s\": words are parted by single spaces, with none at the ends",
                                shown(node).text);
    }
    *out = text;
    *size = n;
    return YA_OK;
}
