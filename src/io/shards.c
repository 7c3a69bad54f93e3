/* A model in several safetensors files: the index says which tensor lies in which shard. */
#include "base/alloc.h"
#include "io/json.h"
#include "io/outdir.h"
#include "io/safetensors.h"
#include "io/shown.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char INDEX[] = "model.safetensors.index.json";

/* One entry of weight_map; the texts belong to the index document. */
typedef struct {
    const char *shard, *tensor;
} placed;

static int by_shard(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    int order = strcmp(x->shard, y->shard);
    return order ? order : strcmp(x->tensor, y->tensor);
}

static bool is_plain_name(const char *name)
{
    return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static ya_status read_weight_map(const char *path, json_t *index, placed **out, size_t *n,
                                 ya_error *err)
{
    json_t *map = json_object_get(index, "weight_map");
    if (!json_is_object(map) || json_object_size(map) == 0)
        return ya_fail(err, YA_ERR_FORMAT, "%s has no \"weight_map\" object with tensors", path);
    *out = ya_alloc_zero(json_object_size(map), sizeof **out);
    if (!*out)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory reading %s", path);
    const char *tensor;
    json_t *shard;
    json_object_foreach(map, tensor, shard)
    {
        const char *name = json_string_value(shard);
        if (!name || strlen(name) != json_string_length(shard) || !is_plain_name(name)) {
            ya_shown shown = ya_show(tensor, strlen(tensor));
            return ya_fail(err, YA_ERR_FORMAT,
                           "%s: the shard of %s is not the name of a file in that directory", path,
                           shown.text);
        }
        (*out)[(*n)++] = (placed){name, tensor};
    }
    qsort(*out, *n, sizeof **out, by_shard);
    return YA_OK;
}

/* Moves the `n` tensors that the index places in one shard, and its map, to `set`. */
static ya_status take_shard(ya_tensor_set *set, const char *dir, const placed *wanted, size_t n,
                            ya_error *err)
{
    char path[YA_PATH_MAX];
    ya_tensor_set shard = {0};
    ya_status status;
    YA_TRY(ya_path_join(path, dir, wanted[0].shard, err));
    if (access(path, F_OK) != 0)
        return ya_fail_errno(err, YA_ERR_IO, "the shard %s, which %s names, is missing in %s",
                             wanted[0].shard, INDEX, dir);
    YA_TRY(ya_safetensors_open(&shard, path, err));
    for (size_t i = 0; i < n; i++) {
        const ya_tensor *found = ya_tensor_find(&shard, wanted[i].tensor);
        ya_shown shown = ya_show(wanted[i].tensor, strlen(wanted[i].tensor));
        if (!found)
            YA_TRY(ya_fail(err, YA_ERR_FORMAT, "%s lacks the tensor %s that %s places there", path,
                           shown.text, INDEX));
        ya_tensor moved = *found;
        moved.name = ya_strdup(found->name);
        if (!moved.name)
            YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory reading %s", path));
        set->tensors[set->n_tensors++] = moved;
    }
    set->maps[set->n_maps++] = shard.maps[0];
    shard.n_maps = 0;
done:
    ya_tensor_set_free(&shard);
    return status;
}

static ya_status open_shards(ya_tensor_set *set, const char *dir, const char *index_path,
                             ya_error *err)
{
    json_t *index = NULL;
    placed *entries = NULL;
    size_t n = 0, n_shards = 1;
    ya_status status;
    YA_TRY(ya_json_read_file(index_path, &index, err));
    YA_TRY(read_weight_map(index_path, index, &entries, &n, err));
    for (size_t i = 1; i < n; i++)
        n_shards += strcmp(entries[i - 1].shard, entries[i].shard) != 0;
    set->tensors = ya_alloc_zero(n, sizeof *set->tensors);
    set->maps = ya_alloc_zero(n_shards, sizeof *set->maps);
    if (!set->tensors || !set->maps)
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory reading %s", index_path));
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && strcmp(entries[from].shard, entries[to].shard) == 0;)
            to++;
        YA_TRY(take_shard(set, dir, entries + from, to - from, err));
    }
    ya_tensor_set_sort(set); /* no name twice: keys of one object */
done:
    ya_free(entries);
    json_decref(index);
    if (status)
        ya_tensor_set_free(set);
    return status;
}

static bool holds(const char *dir, const char *name)
{
    char path[YA_PATH_MAX];
    return ya_path_join(path, dir, name, NULL) == YA_OK && access(path, F_OK) == 0;
}

ya_status ya_safetensors_open_dir(ya_tensor_set *set, const char *dir, ya_error *err)
{
    char path[YA_PATH_MAX];
    *set = (ya_tensor_set){0};
    ya_status status;
    YA_TRY(ya_path_join(path, dir, "model.safetensors", err));
    if (access(path, F_OK) == 0)
        return ya_safetensors_open(set, path, err);
    YA_TRY(ya_path_join(path, dir, INDEX, err));
    if (access(path, F_OK) == 0)
        return open_shards(set, dir, path, err);
    if (holds(dir, "pytorch_model.bin") || holds(dir, "pytorch_model.bin.index.json"))
        return ya_fail(err, YA_ERR_IO,
                       "%s holds pytorch_model.bin, a pickle, which is not read; save the model as "
                       "safetensors: python -c \"from transformers import "
                       "AutoModelForCausalLM as M, AutoTokenizer as T; "
                       "M.from_pretrained('%s').save_pretrained('NEW'); "
                       "T.from_pretrained('%s').save_pretrained('NEW')\"",
                       dir, dir, dir);
    status = ya_fail(err, YA_ERR_IO, "%s holds neither model.safetensors nor %s", dir, INDEX);
done:
    return status;
}
