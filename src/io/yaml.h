/* Small YAML files as JSON documents: mappings, lists and plain or quoted scalars; no anchors,
 * aliases or tags. The settings have a reader of their own, which knows their keys. */
#ifndef YA_IO_YAML_H
#define YA_IO_YAML_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

/* One document. Plain scalars that read as an integer, a number, true, false or null become these,
 * other scalars texts. A key that stands twice, nesting deeper than 32 and whatever is left out
 * above are YA_ERR_FORMAT with `what` and the line. Free with json_decref. */
ya_status ya_yaml_parse(const char *text, size_t size, const char *what, json_t **out,
                        ya_error *err) YA_CHECK;

#endif
