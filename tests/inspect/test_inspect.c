#include "inspect/inspect.h"
#include "io/json.h"
#include "io/outdir.h"
#include "io/safetensors.h"
#include "support/golden.h"
#include "support/scratch.h"

static ya_error err;

static json_t *look(const char *path, bool hash)
{
    json_t *document = NULL;
    if (ya_inspect(&document, path, hash, &err) != YA_OK)
        fail_msg("%s: %s", path, err.text);
    return document;
}

static int64_t number(const json_t *object, const char *key)
{
    int64_t value = -1;
    assert_true(ya_json_get_i64(object, key, &value));
    return value;
}

static void write_tensors(const char *path)
{
    static const float a[6] = {1, 2, 3, 4, 5, 6};
    static const uint16_t b[2] = {0, 0};
    const ya_tensor tensors[] = {
        {.name = "a", .type = YA_F32, .n_dims = 2, .shape = {2, 3}, .data = a, .bytes = 24},
        {.name = "b\033[2J", .type = YA_BF16, .n_dims = 1, .shape = {2}, .data = b, .bytes = 4},
    };
    assert_int_equal(ya_safetensors_write(path, tensors, 2, NULL, 0, NULL, &err), YA_OK);
}

/* What ya_inspect_print writes. */
static char *printed(const json_t *document)
{
    const char *path = scratch("printed");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    ya_inspect_print(document, file);
    assert_int_equal(fclose(file), 0);
    return scratch_read(path, NULL);
}

static void tensors_of_a_file_are_listed_and_summed_by_type(void **state)
{
    (void)state;
    const char *path = scratch("x.safetensors");
    write_tensors(path);
    json_t *d = look(path, true);
    assert_string_equal(ya_json_get_text(d, "kind"), "tensors");
    assert_int_equal(number(d, "parameters"), 8);
    assert_int_equal(number(d, "bytes"), 28);
    assert_int_equal(json_array_size(json_object_get(d, "types")), 2);
    const json_t *first = json_array_get(json_object_get(d, "tensors"), 0);
    assert_string_equal(ya_json_get_text(first, "name"), "a");
    assert_string_equal(ya_json_get_text(first, "type"), "F32");
    assert_int_equal(json_array_size(json_object_get(first, "shape")), 2);
    const json_t *file = json_array_get(json_object_get(d, "files"), 0);
    assert_int_equal(strlen(ya_json_get_text(file, "sha256")), 64);
    json_decref(d);
}

static void names_from_files_cannot_command_the_terminal(void **state)
{
    (void)state;
    const char *path = scratch("y.safetensors");
    write_tensors(path);
    json_t *d = look(path, false);
    char *text = printed(d);
    assert_null(strchr(text, '\033'));
    assert_non_null(strstr(text, "b?[2J"));
    free(text);
    json_decref(d);
}

static void what_is_no_model_is_refused(void **state)
{
    (void)state;
    json_t *document = NULL;
    assert_int_equal(ya_inspect(&document, scratch("absent"), false, &err), YA_ERR_IO);
    assert_null(document);
    assert_int_equal(ya_inspect(&document, scratch_text("text.gguf", "hello, world"), false, &err),
                     YA_ERR_FORMAT);
    assert_int_equal(mkdir(scratch("empty"), 0700), 0);
    assert_int_equal(ya_inspect(&document, scratch("empty"), false, &err), YA_ERR_USAGE);
    assert_non_null(strstr(err.text, "config.json"));
    assert_null(document);
}

/* A checkpoint directory as the trainer leaves it, small. */
static void make_checkpoint(const char *name)
{
    static const char state_text[] = "{\"step\": 7, \"loss_history\": [1, 2, 3]}";
    static const char lineage[] = "{\"base\": {\"path\": \"m\"}, \"mode\": \"weighted\"}";
    static const char config[] = "{\"r\": 4, \"lora_alpha\": 8, \"target_modules\": [\"q_proj\"]}";
    const struct {
        const char *name, *text;
    } files[] = {{"trainer_state.json", state_text},
                 {"provenance.json", lineage},
                 {"adapter_config.json", config}};
    char dir[YA_PATH_MAX], path[YA_PATH_MAX];
    assert_int_equal(ya_outdir_begin(scratch_dir, name, dir, &err), YA_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ya_path_join(path, dir, files[i].name, &err), YA_OK);
        assert_int_equal(ya_write_file(path, files[i].text, strlen(files[i].text), &err), YA_OK);
    }
    assert_int_equal(ya_path_join(path, dir, "adapter_model.safetensors", &err), YA_OK);
    write_tensors(path);
    assert_int_equal(ya_outdir_commit(scratch_dir, name, &err), YA_OK);
}

static void a_checkpoint_shows_its_state_lineage_and_whether_its_sums_match(void **state)
{
    (void)state;
    make_checkpoint("checkpoint-7");
    json_t *d = look(scratch("checkpoint-7"), false);
    assert_string_equal(ya_json_get_text(d, "kind"), "checkpoint");
    assert_string_equal(ya_json_get_text(d, "sums"), "match");
    assert_int_equal(number(json_object_get(d, "state"), "step"), 7);
    assert_null(json_object_get(json_object_get(d, "state"), "loss_history"));
    assert_string_equal(ya_json_get_text(json_object_get(d, "lineage"), "mode"), "weighted");
    assert_int_equal(number(json_object_get(d, "adapter"), "rank"), 4);
    assert_int_equal(number(d, "parameters"), 8);
    json_decref(d);

    scratch_text("checkpoint-7/provenance.json", "{\"mode\": \"off\"}");
    d = look(scratch("checkpoint-7"), false);
    assert_string_not_equal(ya_json_get_text(d, "sums"), "match");
    json_decref(d);
}

static void the_fixtures_are_described_as_their_configurations_say(void **state)
{
    (void)state;
    char path[4096];
    if (access(shared_path(path, "fixtures/README.md"), R_OK) != 0)
        skip();
    json_t *d = look(shared_path(path, "fixtures/models/llama"), false);
    const json_t *config = json_object_get(d, "config");
    assert_string_equal(ya_json_get_text(d, "kind"), "model");
    assert_string_equal(ya_json_get_text(config, "architecture"), "llama");
    assert_int_equal(number(config, "n_layers"), 2);
    assert_int_equal(number(config, "n_kv_heads"), 2);
    json_decref(d);
    d = look(shared_path(path, "fixtures/models/llama/adapter"), false);
    assert_string_equal(ya_json_get_text(d, "kind"), "adapter");
    assert_string_equal(ya_json_get_text(json_object_get(d, "adapter"), "base"), "..");
    json_decref(d);
    d = look(shared_path(path, "fixtures/models/llama-sharded"), false);
    assert_true(json_array_size(json_object_get(d, "files")) >= 6);
    json_decref(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_of_a_file_are_listed_and_summed_by_type),
        cmocka_unit_test(names_from_files_cannot_command_the_terminal),
        cmocka_unit_test(what_is_no_model_is_refused),
        cmocka_unit_test(a_checkpoint_shows_its_state_lineage_and_whether_its_sums_match),
        cmocka_unit_test(the_fixtures_are_described_as_their_configurations_say),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
