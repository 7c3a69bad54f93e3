/* Invariants, at every moment a crash may come:
 *   1. OUT/NAME is absent or complete: it only ever comes and goes by rename, or loses SHA256SUMS
 * first.
 *   2. While a new NAME takes the place of an old one, the old one is whole in NAME or in
 * .old-NAME.
 *   3. What begins with .tmp- or .old- (after ya_outdir_recover's look at it) is nobody's. */
#include "io/outdir.h"

#include "io/file.h"
#include "io/listing.h"
#include "io/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char SUMS[] = "SHA256SUMS";
static const char TEMPORARY[] = ".tmp-";
static const char OLD[] = ".old-";

/* parent/PREFIXname */
static ya_status beside(char out[YA_PATH_MAX], const char *parent, const char *prefix,
                        const char *name, ya_error *err)
{
    char hidden[YA_NAME_MAX];
    if (*name == '\0' || *name == '.' || strchr(name, '/'))
        return ya_fail(err, YA_ERR_IO, "'%s' is no name for an output directory", name);
    int n = snprintf(hidden, sizeof hidden, "%s%s", prefix, name);
    if (n < 0 || n >= (int)sizeof hidden)
        return ya_fail(err, YA_ERR_IO, "the name %s is too long", name);
    return ya_path_join(out, parent, hidden, err);
}

static bool exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

ya_status ya_remove_dir(const char *path, ya_error *err)
{
    ya_listing listing;
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return errno == ENOENT
                   ? YA_OK
                   : ya_fail_errno(err, YA_ERR_IO, "cannot remove the directory %s", path);
    ya_status status = YA_OK;
    bool gone = false;
    if (unlinkat(dir, SUMS, 0) == 0)
        fsync(dir); /* best effort: the order matters only if the machine fails right now */
    while (!gone) { /* a listing holds a limited number of names */
        YA_TRY(ya_list(&listing, path, NULL, NULL, err));
        for (int i = 0; i < listing.n; i++)
            if (unlinkat(dir, listing.names[i], 0) != 0)
                YA_TRY(
                    ya_fail_errno(err, YA_ERR_IO, "cannot remove %s/%s", path, listing.names[i]));
        gone = !listing.more;
    }
    if (rmdir(path) != 0)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot remove the directory %s", path);
done:
    close(dir);
    return status;
}

/* Removes a leftover, directory or file. */
static ya_status remove_any(const char *path, ya_error *err)
{
    struct stat info;
    if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return ya_remove_dir(path, err);
    if (unlink(path) != 0 && errno != ENOENT)
        return ya_fail_errno(err, YA_ERR_IO, "cannot remove %s", path);
    return YA_OK;
}

ya_status ya_outdir_begin(const char *parent, const char *name, char temporary[YA_PATH_MAX],
                          ya_error *err)
{
    ya_status status;
    YA_TRY(beside(temporary, parent, TEMPORARY, name, err));
    YA_TRY(ya_make_dirs(parent, err));
    YA_TRY(remove_any(temporary, err));
    if (mkdir(temporary, 0777) != 0)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot make the directory %s", temporary);
done:
    return status;
}

/* The names of the files in a checkpoint without SHA256SUMS itself, sorted. */
static ya_status list_files(ya_listing *listing, const char *path, ya_error *err)
{
    ya_status status = ya_list(listing, path, NULL, SUMS, err);
    if (!status && listing->more)
        status = ya_fail(err, YA_ERR_FORMAT, "%s holds more than %d files", path, YA_LISTING_MAX);
    return status;
}

static ya_status write_sums(const char *path, ya_error *err)
{
    char file_path[YA_PATH_MAX], sums_path[YA_PATH_MAX];
    char line[YA_SHA256_HEX + 2 + YA_NAME_MAX];
    ya_listing listing;
    int sums;
    ya_status status = ya_path_join(sums_path, path, SUMS, err);
    if (status || (status = list_files(&listing, path, err)) ||
        (status = ya_file_create(&sums, sums_path, err)))
        return status;
    for (int i = 0; i < listing.n; i++) {
        char hex[YA_SHA256_HEX];
        YA_TRY(ya_path_join(file_path, path, listing.names[i], err));
        YA_TRY(ya_file_sync(file_path, err));
        YA_TRY(ya_sha256_file(file_path, hex, err));
        int n = snprintf(line, sizeof line, "%s  %s\n", hex, listing.names[i]);
        YA_TRY(ya_file_write(sums, sums_path, line, (size_t)n, err));
    }
done:
    status = ya_file_finish(sums, sums_path, status, err);
    return status ? status : ya_file_sync(path, err);
}

/* Renames the finished directory to `final`, an old one away and then gone. */
static ya_status put_in_place(const char *temporary, const char *final, const char *old,
                              ya_error *err)
{
    ya_status status;
    bool replaces = exists(final);
    if (replaces) {
        YA_TRY(ya_remove_dir(old, err));
        if (rename(final, old) != 0)
            return ya_fail_errno(err, YA_ERR_IO, "cannot replace %s", final);
    }
    if (rename(temporary, final) != 0) {
        status = ya_fail_errno(err, YA_ERR_IO, "cannot rename %s to %s", temporary, final);
        if (replaces && rename(old, final) != 0)
            status = ya_wrap(err, status, "the old %s is now in %s", final, old);
        return status;
    }
    status = YA_OK;
done:
    return status;
}

ya_status ya_outdir_commit(const char *parent, const char *name, ya_error *err)
{
    char temporary[YA_PATH_MAX], final[YA_PATH_MAX], old[YA_PATH_MAX];
    ya_status status;
    if ((status = beside(temporary, parent, TEMPORARY, name, err)) ||
        (status = beside(old, parent, OLD, name, err)) ||
        (status = beside(final, parent, "", name, err)))
        return status;
    YA_TRY(write_sums(temporary, err));
    YA_TRY(put_in_place(temporary, final, old, err));
    YA_TRY(ya_file_sync(parent, err));
    YA_TRY(ya_remove_dir(old, err));
done:
    if (status)
        ya_outdir_abandon(parent, name);
    return status;
}

void ya_outdir_abandon(const char *parent, const char *name)
{
    char temporary[YA_PATH_MAX];
    if (beside(temporary, parent, TEMPORARY, name, NULL) || ya_remove_dir(temporary, NULL))
        return; /* it stays until ya_outdir_recover: nothing takes it for a checkpoint */
}

static ya_status restore(const char *parent, const char *old_name, ya_error *err)
{
    char old[YA_PATH_MAX], final[YA_PATH_MAX];
    ya_status status;
    YA_TRY(ya_path_join(old, parent, old_name, err));
    YA_TRY(ya_path_join(final, parent, old_name + strlen(OLD), err));
    if (exists(final))
        return remove_any(old, err);
    if (rename(old, final) != 0)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot restore %s", final);
done:
    return status;
}

ya_status ya_outdir_recover(const char *parent, ya_error *err)
{
    ya_listing listing;
    char path[YA_PATH_MAX];
    ya_status status = YA_OK;
    if (!exists(parent))
        return YA_OK;
    do {
        YA_TRY(ya_list(&listing, parent, OLD, NULL, err));
        for (int i = 0; i < listing.n; i++)
            YA_TRY(restore(parent, listing.names[i], err));
    } while (listing.more);
    do {
        YA_TRY(ya_list(&listing, parent, TEMPORARY, NULL, err));
        for (int i = 0; i < listing.n; i++) {
            YA_TRY(ya_path_join(path, parent, listing.names[i], err));
            YA_TRY(remove_any(path, err));
        }
    } while (listing.more);
    YA_TRY(ya_file_sync(parent, err));
done:
    return status;
}
