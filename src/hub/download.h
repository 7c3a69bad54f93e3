/* One file from a hub into the cache: resumed, checked, whole or not there. */
#ifndef YA_HUB_DOWNLOAD_H
#define YA_HUB_DOWNLOAD_H

#include "hub/store.h"

/* Told while bytes come: how many of `file` are there. */
typedef struct {
    void (*show)(void *context, const ya_hub_file *file, uint64_t bytes);
    void *context;
} ya_download_watch;

/* Fetches `url` into the blob of `file`, from where an earlier try ended. Contents that do not have
 * the sum in their name are deleted and an error, which says so. */
ya_status ya_hub_download(ya_http *http, const ya_store *store, const ya_hub_file *file,
                          const char *url, const ya_download_watch *watch, ya_error *err) YA_CHECK;

/* Whether the blob is there with the sum in its name; one that is not right is removed. */
ya_status ya_hub_present(const ya_store *store, const ya_hub_file *file, bool *present,
                         ya_error *err) YA_CHECK;

/* Bytes of it that an earlier try left. */
uint64_t ya_hub_partial(const ya_store *store, const ya_hub_file *file);

#endif
