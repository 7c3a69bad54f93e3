#include "train/saved.h"

#include "base/alloc.h"
#include "base/log.h"
#include "io/outdir.h"
#include "train/checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char PREFIX[] = "checkpoint-";

/* N of "checkpoint-N", -1 for other names. */
static int64_t step_of(const char *name)
{
    size_t size = sizeof PREFIX - 1;
    if (strncmp(name, PREFIX, size) != 0 || strlen(name) > size + 18 || !name[size])
        return -1;
    int64_t step = 0;
    for (const char *at = name + size; *at; at++) {
        if (*at < '0' || *at > '9')
            return -1;
        step = step * 10 + (*at - '0');
    }
    return step;
}

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

ya_status ya_saved_list(const char *output, int64_t **steps, int *n, ya_error *err)
{
    *steps = NULL;
    *n = 0;
    DIR *dir = opendir(output);
    if (!dir)
        return errno == ENOENT ? YA_OK : ya_fail_errno(err, YA_ERR_IO, "cannot list %s", output);
    ya_status status = YA_OK;
    for (const struct dirent *entry; !status && (entry = readdir(dir));) {
        int64_t step = step_of(entry->d_name);
        if (step < 0)
            continue;
        int64_t *bigger = ya_realloc_array(*steps, (size_t)*n + 1, sizeof *bigger);
        if (!bigger) {
            status = ya_fail(err, YA_ERR_MEMORY, "out of memory for the list of checkpoints");
        } else {
            *steps = bigger;
            bigger[(*n)++] = step;
        }
    }
    closedir(dir);
    if (*n > 1)
        qsort(*steps, (size_t)*n, sizeof **steps, ascending);
    return status;
}

static bool is_valid(const char *path)
{
    ya_error why;
    if (access(path, F_OK) != 0)
        return false;
    if (ya_outdir_verify(path, &why) == YA_OK)
        return true;
    ya_warn("%s is not used: %s", path, why.text);
    return false;
}

ya_status ya_checkpoint_find(const char *output, char path[YA_PATH_MAX], bool *found, ya_error *err)
{
    int64_t *steps = NULL;
    int n;
    *found = false;
    ya_status status = ya_saved_list(output, &steps, &n, err);
    for (int i = n - 1; !status && !*found && i >= -1; i--) {
        char name[40] = "checkpoint-best";
        if (i >= 0)
            snprintf(name, sizeof name, "%s%lld", PREFIX, (long long)steps[i]);
        status = ya_path_join(path, output, name, err);
        *found = !status && is_valid(path);
    }
    ya_free(steps);
    return status;
}

/* A name that a run leaves in its directory. */
static bool is_of_a_run(const char *name)
{
    return step_of(name) >= 0 || strcmp(name, "checkpoint-best") == 0 ||
           strcmp(name, "metrics.jsonl") == 0 || strcmp(name, "metrics.unreadable.jsonl") == 0 ||
           strcmp(name, "run.json") == 0 || strcmp(name, "logs") == 0;
}

static bool any_of_a_run(const char *output)
{
    DIR *dir = opendir(output);
    bool any = false;
    for (const struct dirent *entry; dir && !any && (entry = readdir(dir));)
        any = is_of_a_run(entry->d_name);
    if (dir)
        closedir(dir);
    return any;
}

static bool lies_in(const char *path, const char *dir)
{
    char a[PATH_MAX], b[PATH_MAX];
    if (!path || !realpath(path, a) || !realpath(dir, b))
        return false;
    size_t size = strlen(b);
    return strncmp(a, b, size) == 0 && (a[size] == '/' || a[size] == '\0');
}

static ya_status move_one(const char *output, const char *aside, const char *name, ya_error *err)
{
    char from[YA_PATH_MAX], to[YA_PATH_MAX];
    ya_status status;
    YA_TRY(ya_path_join(from, output, name, err));
    YA_TRY(ya_path_join(to, aside, name, err));
    if (rename(from, to) != 0)
        status = ya_fail_errno(err, YA_ERR_IO, "cannot move %s to %s", from, to);
done:
    return status;
}

static ya_status make_aside(const char *output, char aside[YA_PATH_MAX], ya_error *err)
{
    for (int k = 1; k < 100000; k++) {
        char name[32];
        snprintf(name, sizeof name, "earlier-%d", k);
        ya_status status = ya_path_join(aside, output, name, err);
        if (status)
            return status;
        if (mkdir(aside, 0777) == 0)
            return YA_OK;
        if (errno != EEXIST)
            break;
    }
    return ya_fail_errno(err, YA_ERR_IO, "cannot make %s", aside);
}

ya_status ya_saved_set_aside(const char *output, const char *in_use, ya_error *err)
{
    char aside[YA_PATH_MAX];
    DIR *dir = NULL;
    ya_status status = YA_OK;
    if (!any_of_a_run(output))
        return YA_OK;
    if (lies_in(in_use, output))
        return ya_fail(err, YA_ERR_USAGE,
                       "%s holds the run that this one starts from: pass --resume to go on with "
                       "it, or another --output",
                       output);
    YA_TRY(make_aside(output, aside, err));
    dir = opendir(output);
    if (!dir)
        YA_TRY(ya_fail_errno(err, YA_ERR_IO, "cannot list %s", output));
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (is_of_a_run(entry->d_name))
            YA_TRY(move_one(output, aside, entry->d_name, err));
    ya_info("what an earlier run left in %s is now in %s", output, aside);
done:
    if (dir)
        closedir(dir);
    return status;
}

ya_status ya_saved_lock(const char *output, int *lock, ya_error *err)
{
    *lock = open(output, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0)
        return ya_fail_errno(err, YA_ERR_IO, "cannot open the directory %s", output);
    /* a file system without locks is no reason not to train */
    if (flock(*lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return ya_fail(err, YA_ERR_USAGE, "another run is writing to %s", output);
    return YA_OK;
}
