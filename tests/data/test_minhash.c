#include "data/minhash.h"

#include "base/random.h"
#include "support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 2000, TEXT = WORDS * 16 };

static ya_signature sign(const char *text)
{
    ya_signature signature;
    ya_minhash(&signature, text, strlen(text));
    return signature;
}

/* `n` different words, of which those from `same` on are other ones in each variant. Of their n - 4
 * 5-grams two variants share same - 4: Jaccard similarity (same - 4) / (2 n - same - 4). */
static void make_text(char *text, int corpus, int variant, int n, int same)
{
    text[0] = '\0';
    for (int i = 0; i < n; i++)
        text +=
            sprintf(text, "w%dx%d%s%.0d ", corpus, i, i < same ? "" : "v", i < same ? 0 : variant);
}

/* How many words to share for a similarity. */
static int words_to_share(int n, double similarity)
{
    return (int)((similarity * (2 * n - 4) + 4) / (1 + similarity) + 0.999);
}

static bool is_found(const char *first, const char *second)
{
    ya_nearset *set;
    ya_error err;
    bool added;
    ya_signature a = sign(first), b = sign(second);
    assert_int_equal(ya_nearset_new(&set, &err), YA_OK);
    assert_int_equal(ya_nearset_add(set, &a, &added, &err), YA_OK);
    assert_true(added);
    assert_int_equal(ya_nearset_add(set, &b, &added, &err), YA_OK);
    ya_nearset_free(set);
    return !added;
}

static void pairs_of_nine_tenths_are_found_and_of_six_tenths_are_not(void **state)
{
    (void)state;
    char *first = malloc(TEXT), *second = malloc(TEXT);
    assert_non_null(first);
    assert_non_null(second);
    for (int corpus = 0; corpus < 300; corpus++) {
        int n = 20 + corpus * 3;
        make_text(first, corpus, 1, n, words_to_share(n, 0.9));
        make_text(second, corpus, 2, n, words_to_share(n, 0.9));
        assert_true(is_found(first, second));
        make_text(first, corpus, 1, n, words_to_share(n, 0.6) - 1);
        make_text(second, corpus, 2, n, words_to_share(n, 0.6) - 1);
        assert_false(is_found(first, second));
    }
    free(first);
    free(second);
}

static void texts_of_few_words_are_compared_by_all_of_them(void **state)
{
    (void)state;
    assert_true(is_found("one two", "one, two!"));
    assert_false(is_found("one two", "two one"));
    assert_false(is_found("one two three four five", "one two three four"));
    /* without word characters, by the text */
    assert_true(is_found("\xe4\xb8\x96\xe7\x95\x8c", "\xe4\xb8\x96\xe7\x95\x8c"));
    assert_false(is_found("\xe4\xb8\x96\xe7\x95\x8c", "\xe7\x95\x8c"));
    assert_false(is_found("!", "?"));
}

static void of_many_records_each_is_found_again(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    ya_nearset *set;
    ya_error err;
    bool added;
    char text[256];
    assert_int_equal(ya_nearset_new(&set, &err), YA_OK);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < MANY; i++) {
            sprintf(text, "common beginning of all texts a%d b%d c%d d%d e%d f%d", i, i, i, i, i,
                    i);
            ya_signature signature = sign(text);
            assert_int_equal(ya_nearset_add(set, &signature, &added, &err), YA_OK);
            assert_int_equal(added, pass == 0);
        }
    ya_nearset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_nine_tenths_are_found_and_of_six_tenths_are_not),
        cmocka_unit_test(texts_of_few_words_are_compared_by_all_of_them),
        cmocka_unit_test(of_many_records_each_is_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
