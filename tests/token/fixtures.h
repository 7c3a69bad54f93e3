/* Where the shared tokenizer fixtures lie, and their JSON lines. */
#ifndef YA_TESTS_TOKEN_FIXTURES_H
#define YA_TESTS_TOKEN_FIXTURES_H

#include "base/buffer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SKIPPED = 77 };

static inline const char *fixture(const char *name)
{
    static char path[4096];
    const char *shared = getenv("YA_SHARED");
    snprintf(path, sizeof path, "%s/fixtures/tokenizers/%s", shared ? shared : "../shared", name);
    return path;
}

static inline bool have_fixtures(void)
{
    return access(fixture("README.md"), R_OK) == 0;
}

/* Calls `each` for every line of a fixture, returns how many there were; a line that is no JSON
 * ends the program. */
static inline int each_case(const char *name, void (*each)(json_t *line, void *context),
                            void *context)
{
    FILE *file = fopen(fixture(name), "r");
    char *line = NULL;
    size_t room = 0;
    int count = 0;
    if (!file) {
        fprintf(stderr, "cannot open %s\n", fixture(name));
        exit(1);
    }
    while (getline(&line, &room, file) > 0) {
        json_error_t error;
        json_t *document = json_loads(line, JSON_ALLOW_NUL, &error);
        if (!document) {
            fprintf(stderr, "%s: %s\n", name, error.text);
            exit(1);
        }
        each(document, context);
        json_decref(document);
        count++;
    }
    free(line);
    fclose(file);
    return count;
}

static inline void get_ids(const json_t *list, ya_ids *ids)
{
    ya_error err;
    ids->size = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (ya_ids_add(ids, (int32_t)json_integer_value(json_array_get(list, i)), &err) != YA_OK)
            exit(1);
}

#endif
