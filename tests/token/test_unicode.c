/* Properties, UTF-8 and normalization: against the tables of the reference, and where they are
 * absent against a few characters. */
#include "support/cmocka_all.h"
#include "token/nfc.h"
#include "token/unicode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_nfc(const char *text, const char *wanted)
{
    ya_changed out = {.traced = true};
    ya_error err;
    assert_int_equal(ya_nfc(&out, text, strlen(text), (ya_trace){NULL, 5}, &err), YA_OK);
    assert_string_equal(out.text.data, wanted);
    assert_int_equal(out.map.size, out.text.size);
    for (size_t i = 0; i < out.map.size; i++)
        assert_true(out.map.data[i] >= 5 && (size_t)out.map.data[i] < 5 + strlen(text));
    ya_changed_free(&out);
}

static void marks_are_ordered_and_composed(void **state)
{
    (void)state;
    assert_nfc("plain \xC3\xA9", "plain \xC3\xA9");
    assert_nfc("e\xCC\x81x", "\xC3\xA9x");
    assert_nfc("q\xCC\x87\xCC\xA3", "q\xCC\xA3\xCC\x87");
    assert_nfc("\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8", "\xEA\xB0\x81"); /* Hangul */
    assert_nfc("\xE2\x84\xAB", "\xC3\x85");                             /* Angstrom sign */
    assert_nfc("\xE0\xA5\x98", "\xE0\xA4\x95\xE0\xA4\xBC");             /* excluded */
}

static void a_megabyte_of_marks_takes_no_more_than_its_share_of_time(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    ya_changed out = {0};
    ya_error err;
    char *text = malloc(N);
    assert_non_null(text);
    for (size_t i = 0; i < N; i += 4)
        memcpy(text + i, "\xCC\x81\xCC\xA3", 4);
    assert_int_equal(ya_nfc(&out, text, N, (ya_trace){NULL, 0}, &err), YA_OK);
    assert_int_equal(out.text.size, N);
    assert_memory_equal(out.text.data, "\xCC\xA3\xCC\xA3", 4); /* the lower class first */
    free(text);
    ya_changed_free(&out);
}

static void ill_formed_parts_are_as_long_as_unicode_says(void **state)
{
    (void)state;
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"a\x80z", "a?z"},       {"\xC0\xAF", "??"},
        {"\xE0\x80\x80", "???"}, {"\xED\xA0\x80", "???"},      /* a surrogate */
        {"\xF0\x9F\x98z", "?z"}, {"\xF4\x90\x80\x80", "????"}, /* above U+10FFFF */
        {"\xE4\xB8", "?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ya_buffer out = {0};
        ya_error err;
        assert_int_equal(ya_utf8_repair(&out, cases[i].text, strlen(cases[i].text), &err), YA_OK);
        size_t n = 0;
        for (size_t at = 0; at < out.size; n++) {
            bool replaced = memcmp(out.data + at, "\xEF\xBF\xBD", 3) == 0;
            assert_true(replaced ? cases[i].wanted[n] == '?' : cases[i].wanted[n] == out.data[at]);
            at += replaced ? 3 : 1;
        }
        assert_int_equal(n, strlen(cases[i].wanted));
        ya_buffer_free(&out);
    }
}

static unsigned flag_of(const char *kind)
{
    return strcmp(kind, "L") == 0       ? YA_UC_LETTER
           : strcmp(kind, "N") == 0     ? YA_UC_NUMBER
           : strcmp(kind, "s") == 0     ? YA_UC_SPACE
           : strcmp(kind, "digit") == 0 ? YA_UC_DIGIT
                                        : 0;
}

static void the_classes_are_those_of_the_reference(void **state)
{
    (void)state;
    enum { ALL = YA_UC_LETTER | YA_UC_NUMBER | YA_UC_SPACE | YA_UC_DIGIT };
    char path[4096], line[256], kind[16], first[16], last[16];
    const char *shared = getenv("YA_SHARED");
    snprintf(path, sizeof path, "%s/fixtures/tokenizers/unicode.tsv",
             shared ? shared : "../shared");
    FILE *file = fopen(path, "r");
    if (!file)
        skip();
    uint8_t *wanted = calloc(YA_UC_LAST + 1, 1);
    assert_non_null(wanted);
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%15s %15s %15s", kind, first, last) != 3 || !flag_of(kind))
            continue;
        for (unsigned long c = strtoul(first, NULL, 16); c <= strtoul(last, NULL, 16); c++)
            wanted[c] |= (uint8_t)flag_of(kind);
    }
    fclose(file);
    for (uint32_t c = 0; c <= YA_UC_LAST; c++)
        assert_int_equal(ya_unicode_flags(c) & ALL, wanted[c]);
    free(wanted);
}

static void every_code_point_survives_utf8(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= YA_UC_LAST; c++) {
        char bytes[4];
        size_t length, skip;
        bool truncated;
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        size_t n = ya_utf8_put(c, bytes);
        assert_int_equal(ya_utf8_check(bytes, n, &skip, &truncated), n);
        assert_int_equal(ya_utf8_get(bytes, &length), c);
        assert_int_equal(length, n);
        assert_int_equal(ya_utf8_length(bytes[0]), n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_are_ordered_and_composed),
        cmocka_unit_test(a_megabyte_of_marks_takes_no_more_than_its_share_of_time),
        cmocka_unit_test(ill_formed_parts_are_as_long_as_unicode_says),
        cmocka_unit_test(the_classes_are_those_of_the_reference),
        cmocka_unit_test(every_code_point_survives_utf8),
    };
    ya_unicode_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
