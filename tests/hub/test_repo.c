/* Names, lists of files and the choice among them, without a network (tests/e2e/pull.sh has one).
 */
#include "hub/repo.h"
#include "hub/select.h"

#include "support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

#define SHA1 "0123456789abcdef0123456789abcdef01234567"
#define SHA256 SHA1 "0123456789abcdef01234567"

static ya_error err;

static void only_names_that_stay_in_the_cache_are_taken(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",     "name",  "a/b/c", "/b",   "a/",   "../b",  "a/..",
                                        ".a/b", "a b/c", "a/b?",  "a/b%", "-a/b", "a/\nb", "a//b"};
    ya_hub_repo repo;
    assert_int_equal(ya_hub_name(&repo, "Org-1/Name_2.b", "refs/pr/1", false, &err), YA_OK);
    assert_string_equal(repo.name, "Org-1/Name_2.b");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (ya_hub_name(&repo, wrong[i], "main", false, &err) != YA_ERR_USAGE)
            fail_msg("%s was taken", wrong[i]);
    static const char *const revisions[] = {"", "..", "a/../b", "/a", "a/", "a//b", "a b", ".a"};
    for (size_t i = 0; i < sizeof revisions / sizeof *revisions; i++)
        if (ya_hub_name(&repo, "a/b", revisions[i], false, &err) != YA_ERR_USAGE)
            fail_msg("revision %s was taken", revisions[i]);
}

static ya_status add(ya_hub_repo *repo, const char *text)
{
    json_t *tree = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(tree);
    ya_status status = ya_hub_add_tree(repo, tree, &err);
    json_decref(tree);
    return status;
}

static ya_status add_file(ya_hub_repo *repo, const char *path, const char *rest)
{
    char text[2048];
    snprintf(text, sizeof text, "[{\"type\": \"file\", \"path\": \"%s\", %s}]", path, rest);
    return add(repo, text);
}

#define GIT "\"size\": 5, \"oid\": \"" SHA1 "\""

static void files_have_the_sum_of_their_contents(void **state)
{
    (void)state;
    ya_hub_repo repo = {.name = "a/b"};
    assert_int_equal(add(&repo, "[]"), YA_OK);
    assert_int_equal(add(&repo, "[{\"type\": \"directory\", \"path\": \"d\"}]"), YA_OK);
    assert_int_equal(add_file(&repo, "config.json", GIT), YA_OK);
    assert_int_equal(add_file(&repo, "m.safetensors", GIT ", \"lfs\": {\"oid\": \"" SHA256 "\"}"),
                     YA_OK);
    assert_int_equal(repo.n, 2);
    assert_string_equal(repo.files[0].digest, SHA1);
    assert_string_equal(repo.files[1].digest, SHA256);
    assert_int_equal(repo.files[1].size, 5);
    ya_hub_free(&repo);
}

static void hostile_lists_are_refused(void **state)
{
    (void)state;
    static const char *const paths[] = {"",      "/etc/passwd", "../x", "a/../../x", "a//b",
                                        "a/./b", "a/",          "..",   "a\\\\b",    "a\\nb"};
    static const char *const rests[] = {
        "\"size\": 5",
        "\"oid\": \"" SHA1 "\"",
        "\"size\": -1, \"oid\": \"" SHA1 "\"",
        "\"size\": 5, \"oid\": \"../../" SHA1 "\"",
        "\"size\": 5, \"oid\": \"abc\"",
        "\"size\": \"5\", \"oid\": \"" SHA1 "\"",
        GIT ", \"lfs\": {}",
        GIT ", \"lfs\": 3",
    };
    ya_hub_repo repo = {.name = "a/b"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (add_file(&repo, paths[i], GIT) != YA_ERR_FORMAT)
            fail_msg("path %s was taken", paths[i]);
    for (size_t i = 0; i < sizeof rests / sizeof *rests; i++)
        if (add_file(&repo, "f", rests[i]) != YA_ERR_FORMAT)
            fail_msg("%s was taken", rests[i]);
    assert_int_equal(add(&repo, "{}"), YA_ERR_FORMAT);
    assert_int_equal(add(&repo, "3"), YA_ERR_FORMAT);
    assert_int_equal(repo.n, 0);
    ya_hub_free(&repo);
}

static void addresses_are_escaped(void **state)
{
    (void)state;
    char url[YA_URL_MAX];
    ya_hub_repo repo = {.name = "a/b", .commit = SHA1, .dataset = true};
    ya_hub_file file = {.path = "d/a b?#%.json"};
    assert_int_equal(ya_hub_url(url, &repo, "http://h", &file, &err), YA_OK);
    assert_string_equal(url, "http://h/datasets/a/b/resolve/" SHA1 "/d/a%20b%3F%23%25.json");
}

static void check_choice(const char *const *paths, bool dataset, char *const *patterns, size_t n,
                         const char *wanted)
{
    char got[8192] = "";
    ya_hub_repo repo = {.name = "a/b", .dataset = dataset};
    for (; *paths; paths++)
        assert_int_equal(add_file(&repo, *paths, GIT), YA_OK);
    if (ya_hub_select(&repo, patterns, n, &err) != YA_OK)
        snprintf(got, sizeof got, "none");
    else
        for (size_t i = 0; i < repo.n; i++)
            if (repo.files[i].wanted)
                snprintf(got + strlen(got), sizeof got - strlen(got), "%s ", repo.files[i].path);
    assert_string_equal(got, wanted);
    ya_hub_free(&repo);
}

static void what_this_program_reads_is_chosen(void **state)
{
    (void)state;
    static const char *const
        model[] = {"README.md",       "config.json",      "consolidated.safetensors",
                   "m-1.safetensors", "onnx/config.json", "m.bin",
                   "tokenizer.json",  "x.gguf",           NULL},
        *const gguf[] = {"README.md", "x.gguf", NULL}, *const ggufs[] = {"x.gguf", "y.gguf", NULL},
        *const old[] = {"config.json", "m.bin", NULL},
        *const data[] = {"README.md", "a/b.jsonl.gz", "c.parquet", NULL};
    char all[] = "*", second[] = "y*", no[] = "z*";
    check_choice(model, false, NULL, 0, "README.md config.json m-1.safetensors tokenizer.json ");
    check_choice(gguf, false, NULL, 0, "README.md x.gguf ");
    static const char *const parts[] = {"q-00001-of-00002.gguf", "q-00002-of-00002.gguf", NULL};
    check_choice(parts, false, NULL, 0, "q-00001-of-00002.gguf q-00002-of-00002.gguf ");
    check_choice(ggufs, false, NULL, 0, "none");
    check_choice(ggufs, false, (char *[]){second}, 1, "y.gguf ");
    check_choice(ggufs, false, (char *[]){no, all}, 2, "x.gguf y.gguf ");
    check_choice(ggufs, false, (char *[]){no}, 1, "none");
    check_choice(old, false, NULL, 0, "none");
    check_choice(data, true, NULL, 0, "a/b.jsonl.gz ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_names_that_stay_in_the_cache_are_taken),
        cmocka_unit_test(files_have_the_sum_of_their_contents),
        cmocka_unit_test(hostile_lists_are_refused),
        cmocka_unit_test(addresses_are_escaped),
        cmocka_unit_test(what_this_program_reads_is_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
