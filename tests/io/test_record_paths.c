#include "io/record_file.h"

#include "support/scratch.h"

static void a_directory_gives_its_data_files_in_byte_order(void **state)
{
    (void)state;
    ya_paths paths;
    ya_error err = {0};
    char dir[300];
    snprintf(dir, sizeof dir, "%s", scratch("data"));
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(ya_record_files_list(&paths, dir, &err), YA_ERR_DATA);
    assert_non_null(strstr(err.text, "data holds no file of records (*.jsonl, "));
    static const char *const names[] = {"b.jsonl",
                                        "a.jsonl.gz",
                                        "Z.jsonl.zst",
                                        "\xC3\xA9.jsonl",
                                        ".hidden.jsonl",
                                        "rejected.jsonl",
                                        "rejected.jsonl.gz",
                                        "x.json.GZ",
                                        "x.jsonl.bz2",
                                        "rejectedx.jsonl",
                                        ".jsonl",
                                        "t.csv",
                                        "t.tsv.zst",
                                        "n.ndjson",
                                        "summary.json",
                                        "dataset_info.json",
                                        "README.md",
                                        "notes.txt",
                                        "LICENSE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[100];
        snprintf(name, sizeof name, "data/%s", names[i]);
        scratch_text(name, "");
    }
    assert_int_equal(mkdir(scratch("data/sub.jsonl"), 0700), 0);
    assert_int_equal(symlink("b.jsonl", scratch("data/link.jsonl")), 0);
    assert_int_equal(ya_record_files_list(&paths, dir, NULL), YA_OK);
    static const char *const expected[] = {
        "Z.jsonl.zst",     "a.jsonl.gz", "b.jsonl",   "link.jsonl", "n.ndjson",
        "rejectedx.jsonl", "t.csv",      "t.tsv.zst", "x.json.GZ",  "\xC3\xA9.jsonl"};
    assert_int_equal(paths.n_paths, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < paths.n_paths; i++)
        assert_string_equal(strrchr(paths.paths[i], '/') + 1, expected[i]);
    ya_paths_free(&paths);
    ya_paths_free(&paths);
}

static void a_file_is_its_own_list_whatever_its_name(void **state)
{
    (void)state;
    ya_paths paths;
    const char *path = scratch_text("rejected.txt", "");
    assert_int_equal(ya_record_files_list(&paths, path, NULL), YA_OK);
    assert_int_equal(paths.n_paths, 1);
    assert_string_equal(paths.paths[0], path);
    ya_paths_free(&paths);
    assert_int_equal(ya_record_files_list(&paths, scratch("absent"), NULL), YA_ERR_IO);
    assert_int_equal(paths.n_paths, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_directory_gives_its_data_files_in_byte_order),
        cmocka_unit_test(a_file_is_its_own_list_whatever_its_name),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
