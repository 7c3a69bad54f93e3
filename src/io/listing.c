#include "io/listing.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

static void insert(ya_listing *listing, const char *name)
{
    if (listing->n == YA_LISTING_MAX || strlen(name) >= YA_NAME_MAX) {
        listing->more = true;
        return;
    }
    int at = listing->n++;
    for (; at > 0 && strcmp(listing->names[at - 1], name) > 0; at--)
        memcpy(listing->names[at], listing->names[at - 1], YA_NAME_MAX);
    strcpy(listing->names[at], name); /* fits: checked above */
}

static bool wanted(const char *name, const char *prefix, const char *except)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    if (except && strcmp(name, except) == 0)
        return false;
    return !prefix || strncmp(name, prefix, strlen(prefix)) == 0;
}

ya_status ya_list(ya_listing *listing, const char *path, const char *prefix, const char *except,
                  ya_error *err)
{
    listing->n = 0;
    listing->more = false;
    DIR *dir = opendir(path);
    if (!dir)
        return ya_fail_errno(err, YA_ERR_IO, "cannot list the directory %s", path);
    const struct dirent *item;
    while (errno = 0, (item = readdir(dir)) != NULL)
        if (wanted(item->d_name, prefix, except))
            insert(listing, item->d_name);
    ya_status status = YA_OK;
    if (errno)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot list the directory %s", path);
    closedir(dir);
    return status;
}
