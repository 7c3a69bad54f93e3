/* A YAML document as a tree of nodes, read with errors that name file, line and key: inside
 * provenance. A key is a path such as weight.base or institutions[2].words. */
#ifndef YA_PROVENANCE_TREE_H
#define YA_PROVENANCE_TREE_H

#include "base/error.h"

#include <stddef.h>
#include <yaml.h>

typedef struct {
    yaml_document_t document;
    const char *what; /* the file's name */
    ya_error *err;
} ya_tree;

enum { YA_TREE_KEY = 160 };

/* Parses one document; free with ya_tree_free, also after an error. */
ya_status ya_tree_open(ya_tree *tree, const char *text, size_t size, const char *what,
                       ya_error *err) YA_CHECK;
void ya_tree_free(ya_tree *tree);

const yaml_node_t *ya_tree_root(ya_tree *tree);

/* "FILE:LINE: KEY: sentence", YA_ERR_USAGE. An empty key is left out. */
ya_status ya_tree_fail(const ya_tree *tree, const yaml_node_t *node, const char *key,
                       const char *sentence, ...) YA_PRINTF(4, 5);

/* The values of a mapping that has the `n` keys `names`: values[i] is that of names[i]. Another
 * key is an error with the nearest name, and so are a missing one (unless bit i of `optional` is
 * set: then NULL) and one that is there twice. */
ya_status ya_tree_fields(ya_tree *tree, const yaml_node_t *node, const char *key,
                         const char *const *names, size_t n, unsigned optional,
                         const yaml_node_t **values) YA_CHECK;

/* Mappings whose keys are names that the user gives, and lists: the number of items, and each. */
ya_status ya_tree_is_mapping(const ya_tree *tree, const yaml_node_t *node, const char *key,
                             size_t *n) YA_CHECK;
ya_status ya_tree_is_list(const ya_tree *tree, const yaml_node_t *node, const char *key,
                          size_t *n) YA_CHECK;
const yaml_node_t *ya_tree_item(ya_tree *tree, const yaml_node_t *list, size_t i);
void ya_tree_pair(ya_tree *tree, const yaml_node_t *mapping, size_t i, const yaml_node_t **name,
                  const yaml_node_t **value);

/* A number from `low` to `high`; a list of exactly `n` of them. */
ya_status ya_tree_number(const ya_tree *tree, const yaml_node_t *node, const char *key, double low,
                         double high, double *out) YA_CHECK;
ya_status ya_tree_numbers(ya_tree *tree, const yaml_node_t *node, const char *key, size_t n,
                          double low, double high, double *out) YA_CHECK;
/* A whole number. */
ya_status ya_tree_integer(const ya_tree *tree, const yaml_node_t *node, const char *key, long low,
                          long high, long *out) YA_CHECK;
/* A text of 1 to `limit` bytes without control characters, with single spaces between words;
 * it lives as long as the tree. */
ya_status ya_tree_text(const ya_tree *tree, const yaml_node_t *node, const char *key, size_t limit,
                       const char **out, size_t *size) YA_CHECK;

#endif
