/* What a hub has under a name. Hugging Face's interface:
 *
 *     ENDPOINT/api/models/ORG/NAME/revision/REV             {"sha": COMMIT, ...}
 *     ENDPOINT/api/models/ORG/NAME/tree/COMMIT?recursive=1  [{"type": "file", "path", "size",
 *                                                    "oid": Git's SHA-1, "lfs": {"oid": SHA-256}}]
 *     ENDPOINT/ORG/NAME/resolve/COMMIT/PATH                 the contents
 *
 * with "datasets" for "models", and "datasets/" before ORG in the last, of data sets. */
#ifndef YA_HUB_REPO_H
#define YA_HUB_REPO_H

#include "hub/digest.h"
#include "hub/http.h"

#include <jansson.h>

enum { YA_HUB_NAME = 200, YA_HUB_REVISION = 128, YA_HUB_PATH = 512 };

typedef struct {
    char path[YA_HUB_PATH]; /* relative, plain: no part is empty or begins with ".." */
    char digest[YA_DIGEST_HEX];
    uint64_t size;
    bool wanted;
} ya_hub_file;

typedef struct {
    char name[YA_HUB_NAME]; /* "ORG/NAME" */
    char revision[YA_HUB_REVISION];
    bool dataset;
    char commit[YA_DIGEST_HEX];
    ya_hub_file *files; /* in the server's order */
    size_t n;
} ya_hub_repo;

/* A name and revision as a user writes them; YA_ERR_USAGE for what can be none. */
ya_status ya_hub_name(ya_hub_repo *repo, const char *name, const char *revision, bool dataset,
                      ya_error *err) YA_CHECK;

/* Asks `endpoint` for commit and files. Free with ya_hub_free. */
ya_status ya_hub_list(ya_hub_repo *repo, ya_http *http, const char *endpoint,
                      ya_error *err) YA_CHECK;
void ya_hub_free(ya_hub_repo *repo);

/* Adds the files of one answer of "tree"; what is hostile or incomplete is YA_ERR_FORMAT. */
ya_status ya_hub_add_tree(ya_hub_repo *repo, const json_t *tree, ya_error *err) YA_CHECK;

/* Where the contents of a file are. */
ya_status ya_hub_url(char url[YA_URL_MAX], const ya_hub_repo *repo, const char *endpoint,
                     const ya_hub_file *file, ya_error *err) YA_CHECK;

#endif
