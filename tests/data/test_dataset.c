#include "data/dataset.h"

#include "support/cmocka_all.h"
#include "support/fixture.h"
#include "support/scratch.h"

#include "base/log.h"
#include "io/outdir.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

static void write_text(const char *name, const char *text)
{
    ya_error err;
    assert_int_equal(ya_write_file(scratch(name), text, strlen(text), &err), YA_OK);
}

static bool skip_bad; /* of the next sets */

static ya_status open_set(ya_dataset **set, const char *name, const char *model, bool need_labels,
                          ya_error *err)
{
    const char *path = scratch(name);
    ya_dataset_options options = {
        .paths = &path,
        .n_paths = 1,
        .model_path = model,
        .directory = scratch_dir,
        .vocab_size = 49152,
        .need_labels = need_labels,
        .skip_bad = skip_bad,
        .quiet = true,
    };
    return ya_dataset_open(set, &options, err);
}

static void must_open(ya_dataset **set, const char *name, const char *model)
{
    ya_error err;
    if (open_set(set, name, model, false, &err) != YA_OK)
        fail_msg("%s", err.text);
}

static void tokenised_records_are_kept_as_they_are(void **state)
{
    (void)state;
    ya_dataset *set;
    write_text("a.jsonl", "{\"input_ids\": [7, 8, 9], \"auth_weight\": 0.5, \"prov_entropy\": 2}\n"
                          "\n"
                          "{\"input_ids\": [1, 2, 3, 4], \"labels\": [1, -100, 3, -100]}\n"
                          "{\"input_ids\": [5]}\n");
    must_open(&set, "a.jsonl", "no such model: none is needed");
    assert_int_equal(set->n_records, 3);
    assert_int_equal(set->n_tokens, 8);
    assert_int_equal(set->n_targets, 3); /* 8, 9 and 3: the first token of a record is none */
    assert_int_equal(set->report.empty.n, 1);
    assert_int_equal(set->n_unlabelled, 2);
    assert_int_equal(set->longest, 4);
    assert_int_equal(set->tokens[0], 7);
    assert_int_equal(set->tokens[1], 8 | YA_TOKEN_COUNTED);
    assert_int_equal(set->tokens[3], 1);
    assert_int_equal(set->tokens[5], 3 | YA_TOKEN_COUNTED);
    assert_int_equal(set->records[1].offset, 3);
    assert_int_equal(set->records[1].n_targets, 1);
    assert_int_equal(set->records[1].line, 3);
    assert_true(set->records[0].auth_weight == 0.5 && isnan(set->records[1].auth_weight));
    ya_dataset_close(set);
}

static void nothing_of_the_temporary_files_stays_behind(void **state)
{
    (void)state;
    ya_dataset *set;
    struct stat info;
    write_text("a.jsonl", "{\"input_ids\": [7, 8, 9]}\n");
    must_open(&set, "a.jsonl", "x");
    remove(scratch("a.jsonl"));
    assert_int_equal(rmdir(scratch_dir), 0); /* empty already, while the data are mapped */
    assert_int_equal(set->tokens[2], 9 | YA_TOKEN_COUNTED);
    ya_dataset_close(set);
    assert_int_not_equal(stat(scratch_dir, &info), 0);
}

static void errors_name_file_and_line(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"{\"input_ids\": [1, 49152]}", "input_ids[1] is 49152"},
        {"{\"input_ids\": [-1]}", "input_ids[0] is -1"},
        {"{\"input_ids\": [1.5]}", "input_ids[0] is not an integer"},
        {"{\"input_ids\": [1, 2], \"labels\": [1]}", "labels 1"},
        {"{\"input_ids\": [1, 2], \"labels\": [1, 3]}", "labels[1] is 3"},
        {"{\"input_ids\": [1, 2], \"auth_weight\": 1.0, \"prov_entropy\": 1}", "auth_weight is 1"},
        {"{\"text\": \"needs a tokenizer\"}", "tokenizer"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[512];
        ya_dataset *set;
        ya_error err;
        snprintf(text, sizeof text, "{\"input_ids\": [1]}\n\n%s\n", bad[i][0]);
        write_text("a.jsonl", text);
        assert_int_not_equal(open_set(&set, "a.jsonl", "/no/such/model", false, &err), YA_OK);
        assert_null(set);
        if (!strstr(err.text, bad[i][1]) || (i < 6 && !strstr(err.text, "a.jsonl:3")))
            fail_msg("\"%s\" does not say %s", err.text, bad[i][1]);
    }
}

static void bad_lines_are_counted_and_left_out(void **state)
{
    (void)state;
    ya_dataset *set;
    ya_error err;
    skip_bad = true;
    write_text("a.jsonl", "not json\n{\"input_ids\": [1, 2]}\n[]\n{\"x\": 1}\n");
    must_open(&set, "a.jsonl", "x");
    assert_int_equal(ya_data_report_bad(&set->report), 3);
    assert_int_equal(set->n_records, 1);
    assert_int_equal(set->records[0].line, 2);
    ya_dataset_close(set);
    skip_bad = false;
    assert_int_equal(open_set(&set, "a.jsonl", "x", false, &err), YA_ERR_DATA);
    assert_non_null(strstr(err.text, "3 of 4 records cannot be read"));
    assert_non_null(strstr(err.text, "a.jsonl:1: the record is not JSON"));
    assert_non_null(strstr(err.text, "--skip-bad"));
    write_text("b.jsonl", "not json\n");
    assert_int_equal(open_set(&set, "b.jsonl", "x", false, &err), YA_ERR_DATA);
    assert_non_null(strstr(err.text, "no usable record"));
    assert_int_equal(open_set(&set, "missing.jsonl", "x", false, &err), YA_ERR_IO);
}

static void labels_that_are_needed_are_asked_for(void **state)
{
    (void)state;
    ya_dataset *set;
    ya_error err;
    write_text("a.jsonl", "{\"input_ids\": [1, 2], \"prov_entropy\": 1}\n");
    assert_int_equal(open_set(&set, "a.jsonl", "x", true, &err), YA_ERR_DATA);
    assert_non_null(strstr(err.text, "a.jsonl:1"));
    assert_non_null(strstr(err.text, "no auth_weight"));
}

/* The tokens of a record as "3 5* 9": counted ones have a star. */
static void show(const ya_dataset *set, uint64_t record, char out[512])
{
    const ya_data_record *r = &set->records[record];
    size_t n = 0;
    for (uint32_t i = 0; i < r->length; i++)
        n += (size_t)snprintf(out + n, 512 - n, "%s%u%s", i ? " " : "",
                              set->tokens[r->offset + i] & ~YA_TOKEN_COUNTED,
                              set->tokens[r->offset + i] & YA_TOKEN_COUNTED ? "*" : "");
}

static void texts_are_tokenised_and_masked(void **state)
{
    (void)state;
    ya_dataset *set;
    char text[512], whole[512];
    if (!fixture_is_there("fixtures/tokenizers/smollm2.gguf"))
        skip();
    write_text("a.jsonl", "{\"text\": \"The patent, filed in 1912\"}\n"
                          "{\"prompt\": \"The patent,\", \"completion\": \" filed in 1912\"}\n"
                          "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": "
                          "\"assistant\", \"content\": \"Yes\"}]}\n");
    must_open(&set, "a.jsonl", fixture("fixtures/tokenizers/smollm2.gguf"));
    assert_int_equal(set->n_records, 3);
    show(set, 0, whole);
    assert_int_equal(set->records[0].n_targets, set->records[0].length - 1);
    /* the same tokens, but those of the prompt do not count */
    show(set, 1, text);
    assert_int_equal(set->records[1].length, set->records[0].length);
    assert_true(set->records[1].n_targets > 0);
    assert_true(set->records[1].n_targets < set->records[0].n_targets);
    for (uint32_t i = 0; i < set->records[0].length; i++)
        assert_int_equal(set->tokens[i] & ~YA_TOKEN_COUNTED,
                         set->tokens[set->records[1].offset + i] & ~YA_TOKEN_COUNTED);
    assert_string_not_equal(text, whole);
    /* of a chat the assistant's words and its end of turn, nothing else */
    assert_true(set->records[2].n_targets >= 2);
    assert_true(set->records[2].n_targets <= 3);
    assert_true(set->records[2].length > 8);
    ya_dataset_close(set);
}

static void prepared_directories_and_raw_ones_are_told_apart(void **state)
{
    (void)state;
    ya_data_paths paths;
    ya_error err;
    char *data[2] = {scratch_dir, NULL};
    write_text("b.jsonl", "{}\n");
    write_text("a.jsonl", "{}\n");
    write_text("rejected.jsonl", "{}\n");
    write_text("val.jsonl", "{}\n");
    assert_int_equal(ya_data_find(&paths, data, 1, NULL, 0, &err), YA_OK);
    assert_int_equal(paths.n_train, 3); /* a, b, val: without train.jsonl it is raw */
    assert_int_equal(paths.n_val, 0);
    ya_data_paths_free(&paths);
    write_text("train.jsonl", "{}\n");
    assert_int_equal(ya_data_find(&paths, data, 1, NULL, 0, &err), YA_OK);
    assert_int_equal(paths.n_train, 1);
    assert_int_equal(paths.n_val, 1);
    ya_data_paths_free(&paths);
    char other[TEMP_PATH + 64];
    snprintf(other, sizeof other, "%s/a.jsonl", scratch_dir);
    char *val[1] = {other};
    data[1] = other;
    assert_int_equal(ya_data_find(&paths, data, 2, val, 1, &err), YA_OK);
    assert_int_equal(paths.n_train, 2);
    assert_int_equal(paths.n_val, 1);
    assert_non_null(strstr(paths.val[0], "a.jsonl"));
    ya_data_paths_free(&paths);
    data[0] = other;
    strcat(other, ".none");
    assert_int_not_equal(ya_data_find(&paths, data, 1, NULL, 0, &err), YA_OK);
}

/* The names of what ya_data_find finds in the directory: "train,train|val", or the sentence. */
static void finds(const char *expected)
{
    ya_data_paths paths;
    ya_error err = {0};
    char *data[1] = {scratch_dir}, found[2000] = "";
    if (ya_data_find(&paths, data, 1, NULL, 0, &err)) {
        assert_non_null(strstr(err.text, expected));
        return;
    }
    for (size_t i = 0; i < paths.n_train + paths.n_val; i++) {
        const char *path = i < paths.n_train ? paths.train[i] : paths.val[i - paths.n_train];
        strcat(found, i == paths.n_train ? "|" : i ? "," : "");
        strcat(found, strrchr(path, '/') + 1);
    }
    ya_data_paths_free(&paths);
    assert_string_equal(found, expected);
}

static void a_directorys_files_are_known_by_their_names_in_every_form(void **state)
{
    (void)state;
    write_text("README.md", "# read me\n");
    write_text("dataset_info.json", "{}\n");
    finds("holds no file of records (*.jsonl, ");
    write_text("train-00000-of-00001.parquet", "PAR1");
    finds("is a Parquet file: convert it first, with  ");
    write_text("test.csv", "text\nx\n");
    finds("test.csv: test files are never trained on, and nothing else is there");
    write_text("notes.json", "[]\n");
    finds("notes.json");
    write_text("training.json", "[]\n");
    finds("notes.json,training.json");
    write_text("train.csv", "text\nx\n");
    finds("train.csv");
    write_text("validation.json.gz", "[{}]\n");
    finds("train.csv|validation.json.gz");
    write_text("dev.tsv", "a\tb\n");
    finds("dev.tsv and validation.json.gz both could be the validation set of their directory: "
          "move one away, or name the file itself with --val-data");
    write_text("dev.tsv", ""); /* of no use for validation */
    finds("train.csv|validation.json.gz");
    write_text("train.jsonl", "{}\n");
    finds("train.csv and train.jsonl both could be the training set of their directory: move one "
          "away, or name the file itself with --data");
}

static void shards_are_one_set(void **state)
{
    (void)state;
    write_text("train-00001-of-00003.jsonl", "{}\n");
    write_text("train-00000-of-00003.jsonl", "{}\n");
    write_text("train-00002-of-00003.jsonl.gz", "{}\n");
    write_text("test-00000-of-00001.jsonl", "{}\n");
    write_text("valid-00000-of-00001.jsonl", "{}\n");
    finds("train-00000-of-00003.jsonl,train-00001-of-00003.jsonl,train-00002-of-00003.jsonl.gz|"
          "valid-00000-of-00001.jsonl");
    write_text("train-00000-of-00002.jsonl", "{}\n");
    finds("train-00000-of-00002.jsonl and train-00000-of-00003.jsonl both could be the training "
          "set");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(tokenised_records_are_kept_as_they_are),
        TEST(nothing_of_the_temporary_files_stays_behind),
        TEST(errors_name_file_and_line),
        TEST(bad_lines_are_counted_and_left_out),
        TEST(labels_that_are_needed_are_asked_for),
        TEST(texts_are_tokenised_and_masked),
        TEST(prepared_directories_and_raw_ones_are_told_apart),
        TEST(a_directorys_files_are_known_by_their_names_in_every_form),
        TEST(shards_are_one_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
