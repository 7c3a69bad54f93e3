#include "io/cache.h"

#include "base/alloc.h"

#include "support/scratch.h"

static void make(const char *path, const char *text)
{
    char dir[TEMP_PATH];
    snprintf(dir, sizeof dir, "%s", scratch(path));
    *strrchr(dir, '/') = '\0';
    assert_int_equal(ya_make_dirs(dir, NULL), YA_OK);
    scratch_text(path, text);
}

static int set_up(void **state)
{
    scratch_setup(state);
    unsetenv("HF_HUB_CACHE");
    unsetenv("HF_HOME");
    setenv("XDG_CACHE_HOME", scratch_dir, 1);
    make("your_ai/b.gguf", "GGUF");
    make("your_ai/a/config.json", "{}");
    make("your_ai/org/deep/config.json", "{}");
    make("your_ai/notes.txt", "no model");
    make("huggingface/hub/models--some--model-1/refs/main", "abc123\n");
    make("huggingface/hub/models--some--model-1/snapshots/abc123/config.json", "{}");
    make("huggingface/hub/models--half--loaded/refs/main", "def456");
    make("huggingface/hub/models--some--ggufs/refs/main", "abc");
    make("huggingface/hub/models--some--ggufs/snapshots/abc/q4.gguf", "GGUF");
    make("huggingface/hub/models--evil--ref/refs/main", "../../../../your_ai");
    return 0;
}

static void names_are_found_in_both_caches(void **state)
{
    (void)state;
    char path[YA_PATH_MAX];
    assert_true(ya_cache_find(path, "b.gguf"));
    assert_string_equal(path, scratch("your_ai/b.gguf"));
    assert_true(ya_cache_find(path, "org/deep"));
    assert_true(ya_cache_find(path, "some/model-1"));
    assert_string_equal(path, scratch("huggingface/hub/models--some--model-1/snapshots/abc123"));
    assert_true(ya_cache_find(path, "some/ggufs/q4.gguf"));
    assert_string_equal(path, scratch("huggingface/hub/models--some--ggufs/snapshots/abc/q4.gguf"));
    assert_false(ya_cache_find(path, "some/ggufs/q8.gguf"));
    assert_false(ya_cache_find(path, "half/loaded"));
    assert_false(ya_cache_find(path, "none"));
}

static void names_that_lead_out_of_the_cache_are_not_found(void **state)
{
    (void)state;
    char path[YA_PATH_MAX];
    assert_false(ya_cache_find(path, "../huggingface"));
    assert_false(ya_cache_find(path, "org/../../huggingface"));
    assert_false(ya_cache_find(path, ".."));
    assert_false(ya_cache_find(path, scratch_dir));
    assert_false(ya_cache_find(path, ""));
    assert_false(ya_cache_find(path, "evil/ref"));
    assert_false(ya_cache_find(path, "some/ggufs/../../../x"));
}

static void the_hub_lies_where_its_variables_say(void **state)
{
    (void)state;
    char path[YA_PATH_MAX];
    setenv("HF_HOME", scratch("home"), 1);
    assert_false(ya_cache_find(path, "some/model-1"));
    setenv("HF_HUB_CACHE", scratch("huggingface/hub"), 1);
    assert_true(ya_cache_find(path, "some/model-1"));
}

static void models_are_listed_ours_first(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b.gguf", "org/deep", "some/ggufs/q4.gguf",
                                        "some/model-1"};
    ya_cached_model *models;
    size_t n;
    assert_int_equal(ya_cache_list(&models, &n, NULL), YA_OK);
    assert_int_equal(n, 5);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(models[i].name, names[i]);
    ya_free(models);
    setenv("XDG_CACHE_HOME", scratch("empty"), 1);
    assert_int_equal(ya_cache_list(&models, &n, NULL), YA_OK);
    assert_int_equal(n, 0);
    ya_free(models);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_are_found_in_both_caches),
        TEST(names_that_lead_out_of_the_cache_are_not_found),
        TEST(the_hub_lies_where_its_variables_say),
        TEST(models_are_listed_ours_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
