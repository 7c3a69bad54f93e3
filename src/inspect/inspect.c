/* Gathers the document. jansson's json_object_set_new takes NULL for "no memory" and reports it, so
 * that one sticky flag is enough to notice it. */
#include "inspect/inspect.h"

#include "io/gguf.h"
#include "io/json.h"
#include "io/outdir.h"
#include "io/safetensors.h"
#include "io/sha256.h"
#include "io/shown.h"
#include "model/config.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    json_t *document;
    const char *path;
    bool is_dir, hash;
    bool failed; /* an allocation of jansson's failed */
    ya_error *err;
} gatherer;

static void put(gatherer *g, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new_nocheck(object, key, value) != 0)
        g->failed = true;
}

static void append(gatherer *g, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        g->failed = true;
}

/* Names in files may be any bytes; JSON is UTF-8. */
static json_t *text_of(const char *data, size_t size)
{
    json_t *text = json_stringn(data, size);
    if (text)
        return text;
    ya_shown shown = ya_show(data, size);
    for (char *c = shown.text; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return json_string(shown.text);
}

static json_t *text(const char *terminated)
{
    return text_of(terminated, strlen(terminated));
}

static bool has_file(const gatherer *g, const char *name, char path[YA_PATH_MAX])
{
    struct stat info;
    return g->is_dir && ya_path_join(path, g->path, name, NULL) == YA_OK &&
           stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Tensors: ------------------------------------------------------------------------------------- */

static void add_tensors(gatherer *g, const ya_tensor_set *set)
{
    struct {
        int64_t tensors, elements, bytes;
    } by_type[YA_N_DTYPES] = {0}, all = {0};
    json_t *list = json_array(), *types = json_array();
    for (size_t i = 0; i < set->n_tensors; i++) {
        const ya_tensor *t = &set->tensors[i];
        json_t *item = json_object(), *shape = json_array();
        for (int d = 0; d < t->n_dims; d++)
            append(g, shape, json_integer(t->shape[d]));
        put(g, item, "name", text(t->name));
        put(g, item, "type", json_string(ya_dtype_get(t->type)->name));
        put(g, item, "shape", shape);
        put(g, item, "bytes", json_integer((json_int_t)t->bytes));
        append(g, list, item);
        by_type[t->type].tensors++;
        by_type[t->type].elements += ya_tensor_elements(t);
        by_type[t->type].bytes += (int64_t)t->bytes;
        all.elements += ya_tensor_elements(t);
        all.bytes += (int64_t)t->bytes;
    }
    for (int type = 0; type < YA_N_DTYPES; type++) {
        if (!by_type[type].tensors)
            continue;
        json_t *item = json_object();
        put(g, item, "type", json_string(ya_dtype_get((ya_dtype)type)->name));
        put(g, item, "tensors", json_integer(by_type[type].tensors));
        put(g, item, "elements", json_integer(by_type[type].elements));
        put(g, item, "bytes", json_integer(by_type[type].bytes));
        append(g, types, item);
    }
    put(g, g->document, "parameters", json_integer(all.elements));
    put(g, g->document, "bytes", json_integer(all.bytes));
    put(g, g->document, "types", types);
    put(g, g->document, "tensors", list);
}

static ya_status add_safetensors(gatherer *g, const char *file)
{
    ya_tensor_set set = {0};
    ya_status status = file ? ya_safetensors_open(&set, file, g->err)
                            : ya_safetensors_open_dir(&set, g->path, g->err);
    if (status != YA_OK)
        return status;
    put(g, g->document, "format", json_string("safetensors"));
    add_tensors(g, &set);
    ya_tensor_set_free(&set);
    return YA_OK;
}

/* Model: --------------------------------------------------------------------------------------- */

static void add_config(gatherer *g, const ya_model_config *c)
{
    json_t *o = json_object();
    const struct {
        const char *key;
        int value;
    } numbers[] = {
        {"n_layers", c->n_layers},
        {"hidden_size", c->hidden_size},
        {"intermediate_size", c->intermediate_size},
        {"n_heads", c->n_heads},
        {"n_kv_heads", c->n_kv_heads},
        {"head_dim", c->head_dim},
        {"vocab_size", c->vocab_size},
        {"max_positions", c->max_positions},
        {"sliding_window", c->sliding_window},
        {"bos_id", c->bos_id},
        {"eos_id", c->eos_id},
    };
    put(g, o, "architecture", json_string(ya_architecture_name(c->architecture)));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        put(g, o, numbers[i].key, json_integer(numbers[i].value));
    put(g, o, "tied", json_boolean(c->tied));
    put(g, o, "qk_norm", json_boolean(c->qk_norm));
    put(g, o, "rms_norm_eps", json_real(c->rms_norm_eps));
    put(g, o, "rope_theta", json_real(c->rope.theta));
    if (c->rope.type != YA_ROPE_DEFAULT) {
        put(g, o, "rope_type", json_string(ya_rope_type_name(c->rope.type)));
        put(g, o, "rope_factor", json_real(c->rope.factor));
    }
    put(g, g->document, "config", o);
}

static json_t *scalar_key(const ya_gguf *gguf, const char *name, ya_gguf_type type)
{
    int64_t integer = 0;
    double real = 0;
    bool truth = false;
    ya_text value = {0};
    if (type == YA_GGUF_STRING && ya_gguf_get_text(gguf, name, &value))
        return text_of(value.data, value.size);
    if (type == YA_GGUF_BOOL && ya_gguf_get_bool(gguf, name, &truth))
        return json_boolean(truth);
    if (type != YA_GGUF_F32 && type != YA_GGUF_F64 && ya_gguf_get_i64(gguf, name, &integer))
        return json_integer(integer);
    if (ya_gguf_get_f64(gguf, name, &real) && real - real == 0)
        return json_real(real);
    return json_null(); /* a number that JSON cannot hold */
}

static json_t *array_key(gatherer *g, const ya_gguf *gguf, const char *name)
{
    static const char *const names[] = {"u8",   "i8",     "u16",   "i16", "u32", "i32", "f32",
                                        "bool", "string", "array", "u64", "i64", "f64"};
    ya_gguf_type type = YA_GGUF_U8;
    uint64_t count = 0;
    if (!ya_gguf_get_array(gguf, name, &type, &count))
        return json_null();
    json_t *o = json_object();
    put(g, o, "type", json_string(names[type]));
    put(g, o, "count", json_integer((json_int_t)count));
    return o;
}

static void add_metadata(gatherer *g, const ya_gguf *gguf)
{
    json_t *metadata = json_object();
    ya_text key;
    ya_gguf_type type;
    for (uint64_t i = 0; ya_gguf_key(gguf, i, &key, &type); i++) {
        char name[256];
        if (key.size >= sizeof name || memchr(key.data, '\0', key.size))
            continue; /* no key of the format is like that, and no reader could ask for it */
        memcpy(name, key.data, key.size);
        name[key.size] = '\0';
        json_t *value =
            type == YA_GGUF_ARRAY ? array_key(g, gguf, name) : scalar_key(gguf, name, type);
        json_t *valid = json_stringn(name, key.size);
        put(g, metadata, valid ? name : ya_show(name, key.size).text, value);
        json_decref(valid);
    }
    put(g, g->document, "metadata", metadata);
}

static ya_status add_gguf(gatherer *g)
{
    ya_gguf *gguf = NULL;
    ya_model_config config;
    ya_error why = {0};
    ya_status status = ya_gguf_open(&gguf, g->path, g->err);
    if (status != YA_OK)
        return status;
    put(g, g->document, "kind", json_string("model"));
    put(g, g->document, "format", json_string("gguf"));
    put(g, g->document, "gguf_version", json_integer(ya_gguf_version(gguf)));
    if (ya_model_config_from_gguf(&config, gguf, g->path, &why) == YA_OK)
        add_config(g, &config);
    else
        put(g, g->document, "config_error", text(why.text));
    add_metadata(g, gguf);
    add_tensors(g, ya_gguf_tensors(gguf));
    ya_gguf_close(gguf);
    return YA_OK;
}

static ya_status add_model_dir(gatherer *g)
{
    ya_model_config config;
    ya_error why = {0};
    put(g, g->document, "kind", json_string("model"));
    if (ya_model_config_read(&config, g->path, &why) == YA_OK)
        add_config(g, &config);
    else
        put(g, g->document, "config_error", text(why.text));
    return add_safetensors(g, NULL);
}

/* Adapter and checkpoint: ---------------------------------------------------------------------- */

static ya_status add_adapter(gatherer *g)
{
    static const char *const keys[][2] = {{"rank", "r"},
                                          {"alpha", "lora_alpha"},
                                          {"use_rslora", "use_rslora"},
                                          {"target_modules", "target_modules"},
                                          {"layers", "layers_to_transform"},
                                          {"base", "base_model_name_or_path"}};
    char path[YA_PATH_MAX];
    json_t *config = NULL, *o = json_object();
    ya_status status = YA_OK;
    YA_TRY(ya_path_join(path, g->path, "adapter_config.json", g->err));
    YA_TRY(ya_json_read_file(path, &config, g->err));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_t *value = json_object_get(config, keys[i][1]);
        if (value && !json_is_null(value))
            put(g, o, keys[i][0], json_incref(value));
    }
    put(g, g->document, "adapter", json_incref(o));
    YA_TRY(ya_path_join(path, g->path, "adapter_model.safetensors", g->err));
    status = add_safetensors(g, path);
done:
    json_decref(config);
    json_decref(o);
    return status;
}

/* Scalars and small objects of trainer_state.json; its histories can be long. */
static ya_status add_state(gatherer *g, const char *path)
{
    json_t *state = NULL, *value;
    const char *key;
    json_t *kept = json_object();
    ya_status status = ya_json_read_file(path, &state, g->err);
    if (status == YA_OK) {
        json_object_foreach(state, key, value)
        {
            if (!json_is_array(value))
                put(g, kept, key, json_incref(value));
        }
        put(g, g->document, "state", json_incref(kept));
    }
    json_decref(state);
    json_decref(kept);
    return status;
}

static ya_status add_checkpoint(gatherer *g)
{
    char path[YA_PATH_MAX];
    json_t *lineage = NULL;
    ya_error why = {0};
    ya_status status = YA_OK;
    bool matches = ya_outdir_verify(g->path, &why) == YA_OK;
    put(g, g->document, "sums", matches ? json_string("match") : text(why.text));
    if (has_file(g, "trainer_state.json", path))
        YA_TRY(add_state(g, path));
    if (has_file(g, "provenance.json", path)) {
        YA_TRY(ya_json_read_file(path, &lineage, g->err));
        put(g, g->document, "lineage", lineage);
    }
    if (has_file(g, "adapter_config.json", path))
        YA_TRY(add_adapter(g));
    else if (has_file(g, "trained.safetensors", path))
        YA_TRY(add_safetensors(g, path));
done:
    return status;
}

/* Files: --------------------------------------------------------------------------------------- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static ya_status add_file(gatherer *g, json_t *files, const char *path, const char *name)
{
    struct stat info;
    char hex[YA_SHA256_HEX];
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return YA_OK;
    json_t *item = json_object();
    put(g, item, "name", text(name));
    put(g, item, "bytes", json_integer(info.st_size));
    append(g, files, item);
    if (!g->hash)
        return YA_OK;
    ya_status status = ya_sha256_file(path, hex, g->err);
    if (status == YA_OK)
        put(g, item, "sha256", json_string(hex));
    return status;
}

static ya_status add_files(gatherer *g)
{
    json_t *files = json_array();
    put(g, g->document, "files", files);
    if (!g->is_dir)
        return add_file(g, files, g->path, g->path);
    struct dirent **names = NULL;
    int n = scandir(g->path, &names, NULL, by_name);
    if (n < 0)
        return ya_fail_errno(g->err, YA_ERR_IO, "%s: cannot list this directory", g->path);
    ya_status status = YA_OK;
    for (int i = 0; i < n; i++) {
        char path[YA_PATH_MAX];
        if (status == YA_OK && names[i]->d_name[0] != '.')
            status = ya_path_join(path, g->path, names[i]->d_name, g->err);
        if (status == YA_OK && names[i]->d_name[0] != '.')
            status = add_file(g, files, path, names[i]->d_name);
        free(names[i]); /* scandir's own */
    }
    free(names);
    return status;
}

/* The whole: ----------------------------------------------------------------------------------- */

static bool ends_with(const char *name, const char *end)
{
    size_t a = strlen(name), b = strlen(end);
    return a >= b && strcmp(name + a - b, end) == 0;
}

static ya_status gather(gatherer *g)
{
    char path[YA_PATH_MAX];
    if (!g->is_dir && ends_with(g->path, ".safetensors")) {
        put(g, g->document, "kind", json_string("tensors"));
        return add_safetensors(g, g->path);
    }
    if (!g->is_dir)
        return add_gguf(g);
    if (has_file(g, "trainer_state.json", path)) {
        put(g, g->document, "kind", json_string("checkpoint"));
        return add_checkpoint(g);
    }
    if (has_file(g, "adapter_config.json", path)) {
        put(g, g->document, "kind", json_string("adapter"));
        return add_adapter(g);
    }
    if (has_file(g, "config.json", path))
        return add_model_dir(g);
    return ya_fail(g->err, YA_ERR_USAGE,
                   "%s: neither a model (config.json), nor an adapter (adapter_config.json), nor a "
                   "checkpoint (trainer_state.json) is in this directory",
                   g->path);
}

ya_status ya_inspect(json_t **out, const char *path, bool hash, ya_error *err)
{
    struct stat info;
    *out = NULL;
    if (stat(path, &info) != 0)
        return ya_fail_errno(err, YA_ERR_IO, "%s", path);
    gatherer g = {.path = path, .is_dir = S_ISDIR(info.st_mode), .hash = hash, .err = err};
    g.document = json_object();
    put(&g, g.document, "path", text(path));
    ya_status status = gather(&g);
    if (status == YA_OK)
        status = add_files(&g);
    if (status == YA_OK && g.failed)
        status = ya_fail(err, YA_ERR_MEMORY, "%s: no memory to describe it", path);
    if (status == YA_OK)
        *out = g.document;
    else
        json_decref(g.document);
    return status;
}
