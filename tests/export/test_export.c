/* Exported models, read back by this program: the same logits as base and adapter in every form,
 * on every family; and what is refused, or fails half-way, leaves nothing behind. */
#include "support/exporting.h"
#include "support/fixture.h"

#include "io/gguf.h"
#include "io/json.h"
#include "io/outdir.h"
#include "model/model.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>

/* Logits with an adapter, of f32 files: fixtures/README.md. */
static const double BOUND = 1e-4;

static const char *const FAMILIES[] = {
    "models/llama",        "models/llama-sharded",   "models/llama3-tied",   "models/mistral",
    "models/mistral-swa",  "models/qwen2",           "models/qwen3",         "families/llama-yarn",
    "families/qwen2-yarn", "families/llama-dynamic", "families/mistral-nemo"};
enum { N_FAMILIES = sizeof FAMILIES / sizeof *FAMILIES };

typedef struct {
    ya_tensor_set golden;
    char dir[4096], adapter[4200];
    const float *base, *adapted; /* logits */
    size_t n;
} family;

static void open_family(family *f, const char *name)
{
    char path[4096];
    ya_error err;
    shared_path(f->dir, "fixtures/%s", name);
    snprintf(f->adapter, sizeof f->adapter, "%s/adapter", f->dir);
    f->golden = (ya_tensor_set){0};
    if (ya_safetensors_open(&f->golden, shared_path(path, "fixtures/%s/golden.safetensors", name),
                            &err))
        die(name, &err);
    write_ids(golden(&f->golden, "inf.input_ids"));
    f->base = golden_f32(&f->golden, "inf.logits");
    f->adapted = golden_f32(&f->golden, "lora.logits");
    f->n = (size_t)ya_tensor_elements(golden(&f->golden, "lora.logits"));
}

/* f32 files must agree; `out` is the exported model's name in the scratch directory. */
static void check_logits(const family *f, const char *what, const char *out, const char *more)
{
    double worst = logits_against(scratch(out), more, f->adapted, f->n);
    if (!(worst < BOUND))
        fail_msg("%s %s: logits differ by %g", f->dir, what, worst);
}

static void merged_models_have_the_logits_of_base_and_adapter(void **state)
{
    (void)state;
    for (int i = 0; i < N_FAMILIES; i++) {
        family f;
        open_family(&f, FAMILIES[i]);
        assert_true(max_difference(f.base, f.adapted, f.n) > 100 * BOUND);
        must_run(YA_FOR_EXPORT, "--model %s --to merged --dtype f32 --output %s --force", f.adapter,
                 scratch("merged"));
        check_logits(&f, "merged", "merged", "");
        must_run(YA_FOR_EXPORT, "--model %s --to gguf --dtype f32 --output %s --force", f.adapter,
                 scratch("merged.gguf"));
        check_logits(&f, "GGUF", "merged.gguf", "");
        must_run(YA_FOR_EXPORT, "--model %s --to merged --output %s --force",
                 scratch("merged.gguf"), scratch("back"));
        check_logits(&f, "GGUF and back", "back", "");
        must_run(YA_FOR_EXPORT, "--model %s --to gguf --output %s --force", scratch("merged.gguf"),
                 scratch("again.gguf"));
        check_logits(&f, "GGUF to GGUF", "again.gguf", "");
        ya_tensor_set_free(&f.golden);
    }
}

static void an_adapter_alone_goes_out_as_peft_directory(void **state)
{
    (void)state;
    for (int i = 0; i < N_FAMILIES; i++) {
        family f;
        open_family(&f, FAMILIES[i]);
        must_run(YA_FOR_EXPORT, "--model %s --to adapter --output %s --force", f.adapter,
                 scratch("peft"));
        check_logits(&f, "PEFT", "peft", "");
        ya_tensor_set_free(&f.golden);
    }
}

static void a_gguf_adapter_goes_out_and_comes_in(void **state)
{
    (void)state;
    static const char *const types[] = {"f32", "f16"};
    for (int i = 0; i < N_FAMILIES * 2; i++) {
        family f;
        char more[4300];
        open_family(&f, FAMILIES[i / 2]);
        must_run(YA_FOR_EXPORT, "--model %s --to gguf-adapter --dtype %s --output %s --force",
                 f.adapter, types[i % 2], scratch("lora.gguf"));
        snprintf(more, sizeof more, "--adapter %s", scratch("lora.gguf"));
        double worst = logits_against(f.dir, more, f.adapted, f.n);
        double bound = i % 2 ? 100 * BOUND : BOUND; /* f16 rounds at 2^-11 */
        if (!(worst < bound))
            fail_msg("%s as GGUF adapter: logits differ by %g", f.dir, worst);
        if (i % 2 ==
            0) { /* on a GGUF base, whose rows are interleaved too; and merged from there */
            must_run(YA_FOR_EXPORT, "--model %s --to gguf --dtype f32 --output %s --force", f.dir,
                     scratch("base.gguf"));
            worst = logits_against(scratch("base.gguf"), more, f.adapted, f.n);
            assert_true(worst < BOUND);
            must_run(YA_FOR_EXPORT, "--model %s --adapter %s --to merged --output %s --force",
                     scratch("base.gguf"), scratch("lora.gguf"), scratch("merged"));
            check_logits(&f, "merged from GGUF adapter", "merged", "");
        }
        ya_tensor_set_free(&f.golden);
    }
}

/* Every weight's name, type and bytes. */
static void check_same_tensors(const char *a, const char *b)
{
    ya_gguf *x, *y;
    ya_error err;
    if (ya_gguf_open(&x, a, &err) || ya_gguf_open(&y, b, &err))
        die("gguf", &err);
    const ya_tensor_set *s = ya_gguf_tensors(x), *t = ya_gguf_tensors(y);
    assert_int_equal(s->n_tensors, t->n_tensors);
    for (size_t i = 0; i < s->n_tensors; i++) {
        assert_string_equal(s->tensors[i].name, t->tensors[i].name);
        assert_int_equal(s->tensors[i].type, t->tensors[i].type);
        assert_int_equal(s->tensors[i].bytes, t->tensors[i].bytes);
        assert_memory_equal(s->tensors[i].data, t->tensors[i].data, s->tensors[i].bytes);
    }
    ya_gguf_close(x);
    ya_gguf_close(y);
}

static void a_plain_model_round_trips_bit_by_bit(void **state)
{
    (void)state;
    for (int i = 0; i < N_FAMILIES; i++) {
        family f;
        open_family(&f, FAMILIES[i]);
        must_run(YA_FOR_EXPORT, "--model %s --to gguf --output %s --force", f.dir,
                 scratch("one.gguf"));
        must_run(YA_FOR_EXPORT, "--model %s --to merged --output %s --force", scratch("one.gguf"),
                 scratch("dir"));
        must_run(YA_FOR_EXPORT, "--model %s --to gguf --output %s --force", scratch("dir"),
                 scratch("two.gguf"));
        check_same_tensors(scratch("one.gguf"), scratch("two.gguf"));
        double worst = logits_against(scratch("two.gguf"), "", f.base, f.n);
        assert_true(worst < BOUND);
        ya_tensor_set_free(&f.golden);
    }
}

/* The weight_map of DIR's index names every tensor, each in a file that holds it. */
static void check_index(const char *dir, size_t least_files)
{
    char path[8300];
    json_t *index = NULL, *files = json_object(), *value;
    const char *name;
    ya_tensor_set set = {0};
    ya_error err;
    snprintf(path, sizeof path, "%s/model.safetensors.index.json", dir);
    if (ya_json_read_file(path, &index, &err) || ya_safetensors_open_dir(&set, dir, &err))
        die(dir, &err);
    const json_t *map = json_object_get(index, "weight_map");
    assert_int_equal(json_object_size(map), set.n_tensors);
    json_object_foreach((json_t *)map, name, value)
    {
        assert_non_null(ya_tensor_find(&set, name));
        json_object_set(files, json_string_value(value), value);
    }
    assert_true(json_object_size(files) >= least_files);
    assert_int_equal(json_object_size(files), set.n_maps);
    json_decref(files);
    json_decref(index);
    ya_tensor_set_free(&set);
}

static void a_large_model_is_written_in_shards_with_an_index(void **state)
{
    (void)state;
    family f;
    open_family(&f, "models/llama");
    must_run(YA_FOR_EXPORT, "--model %s --to merged --shard-size 65536 --output %s --force",
             f.adapter, scratch("shards"));
    check_index(scratch("shards"), 4);
    check_logits(&f, "shards", "shards", "");
    ya_tensor_set_free(&f.golden);
}

static void check_int(const ya_gguf *gguf, const char *key, int64_t wanted)
{
    int64_t found = -1;
    if (!ya_gguf_get_i64(gguf, key, &found) || found != wanted)
        fail_msg("%s is %lld, wanted %lld", key, (long long)found, (long long)wanted);
}

static void gguf_metadata_say_what_llama_cpp_asks_for(void **state)
{
    (void)state;
    static const struct {
        const char *dtype;
        int file_type;
    } types[] = {{"f32", 0}, {"f16", 1}, {"bf16", 32}, {"q8_0", 7}, {"q4_0", 2}};
    family f;
    ya_error err;
    open_family(&f, "models/llama3-tied");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        ya_gguf *g;
        ya_text text;
        must_run(YA_FOR_EXPORT, "--model %s --to gguf --dtype %s --output %s --force", f.adapter,
                 types[i].dtype, scratch("keys.gguf"));
        if (ya_gguf_open(&g, scratch("keys.gguf"), &err))
            die("keys.gguf", &err);
        check_int(g, "general.file_type", types[i].file_type);
        check_int(g, "general.quantization_version", 2);
        check_int(g, "llama.block_count", 2);
        check_int(g, "llama.attention.head_count_kv", 2);
        check_int(g, "llama.rope.dimension_count", 16);
        check_int(g, "llama.vocab_size", 256);
        check_int(g, "your_ai.lora.rank", 4);
        assert_true(ya_gguf_get_text(g, "your_ai.base.fingerprint", &text) && text.size == 64);
        const ya_tensor_set *set = ya_gguf_tensors(g);
        const ya_tensor *factors = ya_tensor_find(set, "rope_freqs.weight");
        assert_true(factors && factors->type == YA_F32 && factors->shape[0] == 8);
        assert_null(ya_tensor_find(set, "output.weight")); /* tied */
        assert_int_equal(ya_tensor_find(set, "blk.1.attn_norm.weight")->type, YA_F32);
        ya_gguf_close(g);
    }
    ya_tensor_set_free(&f.golden);
}

static void a_gguf_file_is_written_in_parts_that_open_as_one(void **state)
{
    (void)state;
    family f;
    ya_gguf *whole, *parts;
    ya_error err;
    open_family(&f, "models/llama3-tied");
    must_run(YA_FOR_EXPORT, "--model %s --to gguf --dtype f32 --output %s --force", f.adapter,
             scratch("whole.gguf"));
    must_run(YA_FOR_EXPORT, "--model %s --to gguf --dtype f32 --split-size 65536 --output %s",
             f.adapter, scratch("parts.gguf"));
    assert_false(scratch_exists("parts.gguf"));
    assert_true(scratch_exists("parts.README.md"));
    if (ya_gguf_open(&whole, scratch("whole.gguf"), &err))
        die("whole.gguf", &err);
    const ya_tensor_set *a = ya_gguf_tensors(whole);
    uint64_t bytes = 0;
    for (size_t i = 0; i < a->n_tensors; i++)
        bytes += a->tensors[i].bytes;
    char name[64];
    int count = 1;
    do {
        count++;
        snprintf(name, sizeof name, "parts-%05d-of-%05d.gguf", count, count);
    } while (count < 99 && !scratch_exists(name));
    assert_true((uint64_t)count >= bytes / 65536);
    if (ya_gguf_open(&parts, scratch(name), &err)) /* by its last part */
        die(name, &err);
    const ya_tensor_set *b = ya_gguf_tensors(parts);
    assert_int_equal(a->n_tensors, b->n_tensors);
    assert_int_equal(b->n_maps, count);
    for (size_t i = 0; i < a->n_tensors; i++) {
        assert_string_equal(a->tensors[i].name, b->tensors[i].name);
        assert_int_equal(a->tensors[i].bytes, b->tensors[i].bytes);
        assert_memory_equal(a->tensors[i].data, b->tensors[i].data, a->tensors[i].bytes);
    }
    check_int(parts, "llama.block_count", 2);
    check_int(parts, "split.count", count);
    check_int(parts, "split.tensors.count", (int64_t)a->n_tensors);
    ya_gguf_close(whole);
    ya_gguf_close(parts);
    check_logits(&f, "parts", name, "");
    ya_tensor_set_free(&f.golden);
}

static int count_entries(const char *path, char last[256])
{
    DIR *dir = opendir(path);
    const struct dirent *item;
    int n = 0;
    assert_non_null(dir);
    while ((item = readdir(dir)) != NULL)
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0) {
            snprintf(last, 256, "%s", item->d_name);
            n++;
        }
    closedir(dir);
    return n;
}

static void expect(ya_status status, const char *names, const char *format, ...)
{
    char flags[32768];
    ya_error err = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(flags, sizeof flags, format, args);
    va_end(args);
    assert_int_equal(run_command(YA_FOR_EXPORT, flags, &err), status);
    if (!strstr(err.text, names))
        fail_msg("\"%s\" does not say %s", err.text, names);
}

static void what_exists_is_not_overwritten_unless_forced(void **state)
{
    (void)state;
    family f;
    open_family(&f, "models/llama");
    static const char *const forms[][2] = {
        {"merged", "out"}, {"adapter", "out"}, {"gguf", "out.gguf"}, {"gguf-adapter", "out.gguf"}};
    for (size_t i = 0; i < 4; i++) {
        const char *to = forms[i][0], *out = scratch(forms[i][1]);
        must_run(YA_FOR_EXPORT, "--model %s --to %s --output %s --force", f.adapter, to, out);
        expect(YA_ERR_USAGE, "--force", "--model %s --to %s --output %s", f.adapter, to, out);
        must_run(YA_FOR_EXPORT, "--model %s --to %s --output %s --force", f.adapter, to, out);
    }
    /* a directory of the user's own, whatever it holds */
    assert_int_equal(ya_make_dirs(scratch("mine"), NULL), YA_OK);
    expect(YA_ERR_USAGE, "SHA256SUMS", "--model %s --to merged --output %s --force", f.adapter,
           scratch("mine"));
    expect(YA_ERR_USAGE, "directory", "--model %s --to gguf --output %s --force", f.adapter,
           scratch("mine"));
    ya_tensor_set_free(&f.golden);
}

static void what_cannot_be_is_refused_in_a_sentence(void **state)
{
    (void)state;
    family f;
    open_family(&f, "models/llama");
    expect(YA_ERR_USAGE, "--output", "--model %s --to merged", f.adapter);
    expect(YA_ERR_USAGE, "q8_0", "--model %s --to merged --dtype q8_0 --output %s", f.adapter,
           scratch("x"));
    expect(YA_ERR_USAGE, "q4_0", "--model %s --to gguf-adapter --dtype q4_0 --output %s", f.adapter,
           scratch("x"));
    expect(YA_ERR_USAGE, "no adapter", "--model %s --to adapter --output %s", f.dir, scratch("x"));
    expect(YA_ERR_USAGE, "no adapter", "--model %s --to gguf-adapter --output %s", f.dir,
           scratch("x"));
    ya_tensor_set_free(&f.golden);
}

/* The disk is full after some bytes: an error, and the directory is as it was before. */
static void a_full_disk_leaves_nothing_behind(void **state)
{
    (void)state;
    static const char *const forms[] = {"merged", "gguf", "gguf-adapter", "adapter"};
    family f;
    struct rlimit before, limit;
    open_family(&f, "models/llama");
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (size_t i = 0; i < 4; i++)
        for (rlim_t bytes = 1; bytes < 20000; bytes = bytes * 7 + 1) {
            char last[256];
            ya_error err = {0};
            char flags[16384];
            assert_int_equal(ya_make_dirs(scratch("full"), NULL), YA_OK);
            snprintf(flags, sizeof flags, "--model %s --to %s --output %s/out", f.adapter, forms[i],
                     scratch("full"));
            limit = (struct rlimit){bytes, before.rlim_max};
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
            ya_status status = run_command(YA_FOR_EXPORT, flags, &err);
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
            if (status == YA_OK)
                fail_msg("%s in files of %d bytes succeeds", forms[i], (int)bytes);
            assert_int_equal(status, YA_ERR_IO);
            if (count_entries(scratch("full"), last) != 0)
                fail_msg("%s in files of %d bytes leaves %s", forms[i], (int)bytes, last);
        }
    ya_tensor_set_free(&f.golden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merged_models_have_the_logits_of_base_and_adapter),
        cmocka_unit_test(an_adapter_alone_goes_out_as_peft_directory),
        cmocka_unit_test(a_gguf_adapter_goes_out_and_comes_in),
        cmocka_unit_test(a_plain_model_round_trips_bit_by_bit),
        cmocka_unit_test(a_large_model_is_written_in_shards_with_an_index),
        cmocka_unit_test(gguf_metadata_say_what_llama_cpp_asks_for),
        cmocka_unit_test(a_gguf_file_is_written_in_parts_that_open_as_one),
        cmocka_unit_test(what_exists_is_not_overwritten_unless_forced),
        cmocka_unit_test(what_cannot_be_is_refused_in_a_sentence),
        cmocka_unit_test(a_full_disk_leaves_nothing_behind),
    };
    need_shared();
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
