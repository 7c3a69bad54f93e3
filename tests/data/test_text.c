/* Texts made equal, against a twin that goes character by character. */
#include "data/text.h"

#include "base/chars.h"
#include "base/random.h"
#include "support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

static size_t normalize_ref(char *to, const char *text, size_t size)
{
    const char *end = text + size;
    size_t n = 0;
    while (text < end) {
        const char *behind = ya_skip_space(text, end);
        to[n++] = behind > text ? ' ' : ya_fold(*text);
        text = behind > text ? behind : text + 1;
    }
    return n;
}

static void normalizing_is_the_same_at_every_length_and_place(void **state)
{
    (void)state;
    static const char *const pieces[] = {" ",    "\n",   "\xC2\xA0", "\xC2\xA9",
                                         "@",    "A",    "Z",        "[",
                                         "`",    "a",    "z",        "{",
                                         "\x1F", "!",    "\x7F",     "\xC3\x80",
                                         "\t",   "word", "TEXT",     "\xF0\x9F\x98\x80"};
    enum { N_PIECES = sizeof pieces / sizeof *pieces };
    uint64_t draws = 0;
    for (int round = 0; round < 4000; round++) {
        char text[256], wanted[256];
        size_t size = 0, n_pieces = (size_t)round % 60;
        for (size_t i = 0; i < n_pieces; i++) {
            const char *piece = pieces[ya_splitmix64(7, draws++) % N_PIECES];
            memcpy(text + size, piece, strlen(piece));
            size += strlen(piece);
        }
        char *found = malloc(size + 1); /* no more room than it may use */
        assert_non_null(found);
        found[size] = '#';
        size_t n = ya_text_normalize(found, text, size);
        assert_int_equal(n, normalize_ref(wanted, text, size));
        assert_memory_equal(found, wanted, n);
        assert_int_equal(found[size], '#');
        free(found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalizing_is_the_same_at_every_length_and_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
