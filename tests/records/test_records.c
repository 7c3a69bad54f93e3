/* Every layout, file form and message key: the ids and the mask of cases.json, which make.py
 * computes with transformers; and what bad.json says of files that are bad or foreign. */
#include "data/dataset.h"

#include "support/cmocka_all.h"
#include "support/scratch.h"

#include "base/log.h"
#include "io/json.h"

#include <stdio.h>
#include <string.h>

enum { MAX_FIELDS = 8, VOCAB = 1000 };

static json_t *read_list(const char *path)
{
    json_t *list;
    ya_error err;
    if (ya_json_read_file(path, &list, &err) != YA_OK)
        fail_msg("%s", err.text);
    return list;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* Opens the case's file as it says. */
static ya_status open_case(const json_t *c, const char *path, ya_dataset **set, ya_error *err)
{
    char model[256], *pairs[MAX_FIELDS];
    const json_t *fields = json_object_get(c, "fields");
    const char *assistant = text_of(c, "assistant"), *overlong = text_of(c, "overlong");
    ya_field_names names;
    size_t n = json_array_size(fields);
    assert_true(n <= MAX_FIELDS);
    for (size_t i = 0; i < n; i++)
        pairs[i] = (char *)(uintptr_t)json_string_value(json_array_get(fields, i));
    assert_int_equal(ya_field_names_read(&names, pairs, n, NULL, err), YA_OK);
    snprintf(model, sizeof model, "tests/records/models/%s",
             text_of(c, "model") ? text_of(c, "model") : "chatml");
    const ya_dataset_options options = {
        .paths = &path,
        .n_paths = 1,
        .model_path = model,
        .fields = &names,
        .directory = scratch_dir,
        .vocab_size = VOCAB,
        .max_seq_length = (int)json_integer_value(json_object_get(c, "max_seq_length")),
        .overlong = overlong ? YA_OVERLONG_ERROR : YA_OVERLONG_SPLIT,
        .append_eos = !json_is_false(json_object_get(c, "append_eos")),
        .last_answer = assistant && strcmp(assistant, "last") == 0,
        .weights = true,
        .quiet = true,
    };
    return ya_dataset_open(set, &options, err);
}

/* The first token of a record is no target whatever the mask says. */
static int count_differences(const json_t *wanted, const ya_dataset *set, uint64_t index)
{
    const ya_data_record *r = &set->records[index];
    const json_t *ids = json_object_get(wanted, "ids"), *mask = json_object_get(wanted, "mask");
    int wrong = json_array_size(ids) != r->length;
    for (uint32_t i = 0; i < r->length && !wrong; i++) {
        uint32_t token = set->tokens[r->offset + i];
        bool counts = i > 0 && json_integer_value(json_array_get(mask, i)) == 1;
        wrong += (token & ~YA_TOKEN_COUNTED) != json_integer_value(json_array_get(ids, i));
        wrong += ((token & YA_TOKEN_COUNTED) != 0) != counts;
    }
    return wrong;
}

static void print_record(const char *what, const ya_dataset *set, uint64_t index)
{
    const ya_data_record *r = &set->records[index];
    fprintf(stderr, "%s:", what);
    for (uint32_t i = 0; i < r->length; i++) {
        uint32_t token = set->tokens[r->offset + i];
        fprintf(stderr, " %u%s", token & ~YA_TOKEN_COUNTED, token & YA_TOKEN_COUNTED ? "*" : "");
    }
    fprintf(stderr, "\n");
}

static int check_case(const json_t *c)
{
    char path[256];
    const json_t *records = json_object_get(c, "records");
    ya_dataset *set;
    ya_error err = {0};
    int wrong = 0;
    snprintf(path, sizeof path, "tests/records/files/%s", text_of(c, "file"));
    if (open_case(c, path, &set, &err) != YA_OK) {
        fprintf(stderr, "%s: %s\n", path, err.text);
        return 1;
    }
    if (set->n_records != json_array_size(records)) {
        fprintf(stderr, "%s: %llu records, expected %zu\n", path,
                (unsigned long long)set->n_records, json_array_size(records));
        wrong = 1;
    }
    for (uint64_t i = 0; i < set->n_records && !wrong; i++) {
        if (count_differences(json_array_get(records, i), set, i) == 0)
            continue;
        print_record(path, set, i);
        fprintf(stderr, "%s: record %llu differs from transformers\n", path,
                (unsigned long long)i + 1);
        wrong = 1;
    }
    ya_dataset_close(set);
    return wrong;
}

static void records_give_the_ids_and_the_mask_of_transformers(void **state)
{
    (void)state;
    json_t *cases = read_list("tests/records/cases.json");
    size_t i;
    json_t *c;
    int wrong = 0;
    json_array_foreach(cases, i, c) wrong += check_case(c);
    assert_true(json_array_size(cases) > 50);
    json_decref(cases);
    assert_int_equal(wrong, 0);
}

/* A file that is bad or foreign is refused with the sentence that bad.json gives. */
static int check_bad(const json_t *c)
{
    const char *path = scratch(text_of(c, "name")), *sentence = text_of(c, "sentence");
    const json_t *content = json_object_get(c, "content");
    ya_dataset *set = NULL;
    ya_error err = {0};
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    /* a list holds bytes, a string text */
    if (json_is_string(content))
        fwrite(json_string_value(content), 1, json_string_length(content), file);
    for (size_t i = 0; i < json_array_size(content); i++)
        fputc((int)json_integer_value(json_array_get(content, i)), file);
    fclose(file);
    bool refused = open_case(c, path, &set, &err) != YA_OK && strstr(err.text, sentence);
    if (!refused)
        fprintf(stderr, "%s: \"%s\" does not say \"%s\"\n", text_of(c, "name"), err.text, sentence);
    ya_dataset_close(set);
    return !refused;
}

static void bad_and_foreign_files_are_refused_with_their_sentence(void **state)
{
    (void)state;
    json_t *cases = read_list("tests/records/bad.json");
    size_t i;
    json_t *c;
    int wrong = 0;
    json_array_foreach(cases, i, c) wrong += check_bad(c);
    assert_true(json_array_size(cases) >= 40);
    json_decref(cases);
    assert_int_equal(wrong, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(records_give_the_ids_and_the_mask_of_transformers),
        TEST(bad_and_foreign_files_are_refused_with_their_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
