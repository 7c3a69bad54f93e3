/* The hub's part of the cache, in the layout that Hugging Face's programs share:
 *
 *     models--ORG--NAME/refs/main              the commit
 *                       blobs/DIGEST           contents, whole; DIGEST.incomplete while they come
 *                       snapshots/COMMIT/PATH  a link to ../../blobs/DIGEST
 *
 * "datasets--" of data sets. Contents get their name when they were checked, links when their
 * contents are there, refs when all links are: at any moment the cache is valid. */
#ifndef YA_HUB_STORE_H
#define YA_HUB_STORE_H

#include "hub/repo.h"
#include "io/outdir.h"

typedef struct {
    char root[YA_PATH_MAX];     /* models--ORG--NAME */
    char blobs[YA_PATH_MAX];    /* root/blobs */
    char snapshot[YA_PATH_MAX]; /* root/snapshots/COMMIT; "" before ya_store_use */
} ya_store;

/* Where `repo` belongs; makes nothing. */
ya_status ya_store_open(ya_store *store, const ya_hub_repo *repo, ya_error *err) YA_CHECK;
/* Sets the snapshot of repo->commit and makes the directories. */
ya_status ya_store_use(ya_store *store, const ya_hub_repo *repo, ya_error *err) YA_CHECK;
/* Sets commit and snapshot from refs, without the network; false when they are not there. */
bool ya_store_find(ya_store *store, ya_hub_repo *repo);

ya_status ya_store_blob(char path[YA_PATH_MAX], const ya_store *store, const ya_hub_file *file,
                        ya_error *err) YA_CHECK;
/* Puts a link to the blob of `file` in the snapshot. */
ya_status ya_store_link(const ya_store *store, const ya_hub_file *file, ya_error *err) YA_CHECK;
/* Writes refs/REVISION, unless the revision is the commit itself. */
ya_status ya_store_refer(const ya_store *store, const ya_hub_repo *repo, ya_error *err) YA_CHECK;

/* Fills repo->files with what the snapshot links to, every file wanted. */
ya_status ya_store_list(const ya_store *store, ya_hub_repo *repo, ya_error *err) YA_CHECK;

#endif
