/* A GGUF file in parts, NAME-00001-of-0000N.gguf, opened as one by the name of any of them. The
 * keys are the first part's; the others hold split.* and tensors, and no key of their own.
 * https://github.com/ggml-org/llama.cpp/tree/master/tools/gguf-split */
#include "io/gguf_file.h"

#include "base/alloc.h"
#include "io/outdir.h"
#include "io/shown.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PARTS = 65535 }; /* split.count is 16 bits wide */

typedef struct {
    const char *path; /* as named by the caller, part `number` */
    size_t prefix;    /* bytes of the path before "-0000" */
    int number, count;
} split;

ya_status ya_gguf_part_path(char out[YA_PATH_MAX], const char *prefix, size_t size, int number,
                            int count, ya_error *err)
{
    int n =
        snprintf(out, YA_PATH_MAX, "%.*s-%05d-of-%05d.gguf", (int)size, prefix, number + 1, count);
    if (n < 0 || n >= YA_PATH_MAX)
        return ya_fail(err, YA_ERR_IO, "the path %.60s... is too long", prefix);
    return YA_OK;
}

/* split.count and split.no of one part. */
static ya_status read_numbers(const ya_gguf *part, const char *path, int *number, int *count,
                              ya_error *err)
{
    int64_t no = -1, of = 1;
    ya_gguf_type type;
    bool counted = ya_gguf_get_i64(part, "split.count", &of);
    if (!counted && ya_gguf_has(part, "split.count", &type))
        of = -1;
    if (of > 1 && !ya_gguf_get_i64(part, "split.no", &no))
        return ya_fail(err, YA_ERR_FORMAT, "%s: the key split.no is missing or no number", path);
    if (of < 0 || of > MAX_PARTS || (of > 1 && (no < 0 || no >= of)))
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s: part %lld (split.no) of %lld (split.count) is impossible", path,
                       (long long)no, (long long)of);
    *number = of > 1 ? (int)no : 0;
    *count = of > 1 ? (int)of : 1;
    return YA_OK;
}

/* The others are found by the name of this one. */
static ya_status read_name(split *s, ya_error *err)
{
    char ending[32];
    int n = snprintf(ending, sizeof ending, "-%05d-of-%05d.gguf", s->number + 1, s->count);
    size_t size = strlen(s->path);
    if (size <= (size_t)n || strcmp(s->path + size - n, ending) != 0)
        return ya_fail(
            err, YA_ERR_FORMAT,
            "%s is part %d of %d of a split GGUF, whose other parts are found by its name: "
            "that must end in %s",
            s->path, s->number + 1, s->count, ending);
    s->prefix = size - (size_t)n;
    return YA_OK;
}

/* Keys of a later part: split.*, and what the first one says too. */
static ya_status check_keys(const ya_gguf *first, const ya_gguf *part, const char *path,
                            ya_error *err)
{
    for (size_t i = 0; i < part->n_keys; i++) {
        const entry *e = &part->keys[i];
        const entry *same = ya_gguf_find(first, e->key);
        if (e->key.size > 6 && memcmp(e->key.data, "split.", 6) == 0)
            continue;
        if (same && same->type == e->type && same->value_bytes == e->value_bytes &&
            memcmp(same->value, e->value, e->value_bytes) == 0)
            continue;
        return ya_fail(
            err, YA_ERR_FORMAT,
            "%s: the key %s stands in a later part of a split GGUF, whose keys are those "
            "of the first",
            path, ya_show(e->key.data, e->key.size).text);
    }
    return YA_OK;
}

/* Moves the tensors and the map of `part` to `whole`. */
static ya_status take_part(ya_gguf *whole, ya_gguf *part, ya_error *err)
{
    ya_tensor_set *to = &whole->set, *from = &part->set;
    size_t n = to->n_tensors + from->n_tensors;
    ya_tensor *tensors = ya_realloc_array(to->tensors, n + 1, sizeof *tensors);
    if (tensors)
        to->tensors = tensors;
    ya_map *maps = ya_realloc_array(to->maps, to->n_maps + 1, sizeof *maps);
    if (maps)
        to->maps = maps;
    if (!tensors || !maps)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for the tables of a split GGUF");
    if (from->n_tensors)
        memcpy(to->tensors + to->n_tensors, from->tensors, from->n_tensors * sizeof *tensors);
    to->n_tensors = n;
    to->maps[to->n_maps++] = from->maps[0];
    from->n_tensors = from->n_maps = 0;
    return YA_OK;
}

static ya_status add_part(ya_gguf *whole, const split *s, int i, ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_gguf *part = NULL;
    int number, count;
    ya_status status;
    YA_TRY(ya_gguf_part_path(path, s->path, s->prefix, i, s->count, err));
    if (access(path, F_OK) != 0)
        return ya_fail_errno(err, YA_ERR_IO, "part %d of %d of the split GGUF %s is missing: %s",
                             i + 1, s->count, s->path, path);
    YA_TRY(ya_gguf_open_file(&part, path, err));
    YA_TRY(read_numbers(part, path, &number, &count, err));
    if (number != i || count != s->count)
        YA_TRY(ya_fail(err, YA_ERR_FORMAT, "%s says that it is part %d of %d, not %d of %d", path,
                       number + 1, count, i + 1, s->count));
    YA_TRY(check_keys(whole, part, path, err));
    YA_TRY(take_part(whole, part, err));
done:
    ya_gguf_close(part);
    return status;
}

static ya_status check_whole(ya_gguf *whole, const split *s, ya_error *err)
{
    int64_t n;
    if (!ya_gguf_get_i64(whole, "split.tensors.count", &n) || n != (int64_t)whole->set.n_tensors)
        return ya_fail(err, YA_ERR_FORMAT,
                       "%s: the parts hold %zu tensors together, not the number that "
                       "split.tensors.count says",
                       s->path, whole->set.n_tensors);
    const char *twice = ya_tensor_set_sort(&whole->set);
    if (twice)
        return ya_fail(err, YA_ERR_FORMAT, "%s: tensor %s is in two parts", s->path,
                       ya_show(twice, strlen(twice)).text);
    return YA_OK;
}

/* All parts, from the first one on, which is `*gguf` already if it was named. */
static ya_status open_parts(ya_gguf **gguf, split *s, ya_error *err)
{
    char path[YA_PATH_MAX];
    int number, count;
    ya_status status;
    YA_TRY(read_name(s, err));
    if (s->number > 0) {
        ya_gguf_close(*gguf);
        *gguf = NULL;
        YA_TRY(ya_gguf_part_path(path, s->path, s->prefix, 0, s->count, err));
        if (access(path, F_OK) != 0)
            return ya_fail_errno(err, YA_ERR_IO, "part 1 of %d of the split GGUF %s is missing: %s",
                                 s->count, s->path, path);
        YA_TRY(ya_gguf_open_file(gguf, path, err));
        YA_TRY(read_numbers(*gguf, path, &number, &count, err));
        if (number != 0 || count != s->count)
            return ya_fail(err, YA_ERR_FORMAT, "%s says that it is part %d of %d, not 1 of %d",
                           path, number + 1, count, s->count);
    }
    for (int i = 1; i < s->count; i++)
        YA_TRY(add_part(*gguf, s, i, err));
    status = check_whole(*gguf, s, err);
done:
    return status;
}

ya_status ya_gguf_open(ya_gguf **out, const char *path, ya_error *err)
{
    ya_gguf *gguf = NULL;
    split s = {.path = path};
    ya_status status;
    *out = NULL;
    YA_TRY(ya_gguf_open_file(&gguf, path, err));
    YA_TRY(read_numbers(gguf, path, &s.number, &s.count, err));
    if (s.count > 1)
        YA_TRY(open_parts(&gguf, &s, err));
    *out = gguf;
    gguf = NULL;
done:
    ya_gguf_close(gguf);
    return status;
}
