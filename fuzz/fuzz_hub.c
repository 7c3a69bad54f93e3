/* A hub's list of files: any JSON. What is taken in has a path below the cache and an address. */
#include "hub/select.h"
#include "io/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const ya_hub_repo *repo, const ya_hub_file *file)
{
    char url[YA_URL_MAX];
    ya_error err = {0};
    if (!file->path[0] || file->path[0] == '/' || strstr(file->path, "/../") ||
        strncmp(file->path, "../", 3) == 0 || !ya_digest_is_name(file->digest))
        abort();
    if (ya_hub_url(url, repo, "https://hub", file, &err)) {
        if (!err.text[0])
            abort(); /* a refusal without a sentence */
    } else if (strpbrk(url, " \n\"?#")) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ya_hub_repo repo;
    json_t *tree = NULL;
    ya_error err = {0};
    if (ya_hub_name(&repo, "org/name", "main", size & 1, &err))
        abort();
    ya_status status = ya_json_parse((const char *)data, size, "fuzz", &tree, &err);
    if (!status)
        status = ya_hub_add_tree(&repo, tree, &err);
    for (size_t i = 0; !status && i < repo.n; i++)
        check(&repo, &repo.files[i]);
    if (!status)
        status = ya_hub_select(&repo, NULL, 0, &err);
    if (status && !err.text[0])
        abort(); /* a refusal without a sentence */
    json_decref(tree);
    ya_hub_free(&repo);
    return 0;
}
