#include "eval/ids.h"

#include "base/alloc.h"
#include "io/json.h"

static ya_status read_list(ya_ids *ids, const json_t *list, const char *path, size_t which,
                           int vocab, ya_error *err)
{
    if (!json_is_array(list) || json_array_size(list) == 0)
        return ya_fail(err, YA_ERR_DATA, "%s: entry %zu is no list of token ids", path, which + 1);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        json_int_t id = json_is_integer(item) ? json_integer_value(item) : -1;
        if (id < 0 || id >= vocab)
            return ya_fail(err, YA_ERR_DATA,
                           "%s: entry %zu, position %zu: expected a token id from 0 to %d", path,
                           which + 1, i + 1, vocab - 1);
        ya_status status = ya_ids_add(ids, (int32_t)id, err);
        if (status)
            return status;
    }
    return YA_OK;
}

ya_status ya_id_lists_read(ya_id_lists *lists, const char *path, int vocab, ya_error *err)
{
    json_t *root = NULL;
    *lists = (ya_id_lists){0};
    ya_status status = ya_json_read_file(path, &root, err);
    if (status)
        return status;
    if (!json_is_array(root) || json_array_size(root) == 0) {
        status = ya_fail(err, YA_ERR_DATA,
                         "%s: expected a list of lists of token ids: [[1, 2, 3], ...]", path);
        goto done;
    }
    lists->lists = ya_alloc_zero(json_array_size(root), sizeof *lists->lists);
    if (!lists->lists) {
        status = ya_fail(err, YA_ERR_MEMORY, "out of memory for %s", path);
        goto done;
    }
    for (size_t i = 0; i < json_array_size(root); i++) {
        lists->n_lists = i + 1;
        YA_TRY(read_list(&lists->lists[i], json_array_get(root, i), path, i, vocab, err));
    }
done:
    json_decref(root);
    if (status)
        ya_id_lists_free(lists);
    return status;
}

void ya_id_lists_free(ya_id_lists *lists)
{
    for (size_t i = 0; i < lists->n_lists; i++)
        ya_ids_free(&lists->lists[i]);
    ya_free(lists->lists);
    *lists = (ya_id_lists){0};
}
