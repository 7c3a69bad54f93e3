#include "io/jsonl.h"

#include "base/alloc.h"
#include "support/pack.h"
#include "support/scratch.h"

#include <fcntl.h>

static bool is_zst(const char *end)
{
    return strcmp(end, ".zst") == 0;
}

/* Reads all lines as "number:text|" and gives the status that ended it. */
static ya_status read_all(const char *path, char *out, size_t room, ya_error *err)
{
    ya_jsonl *stream;
    ya_line line;
    size_t used = 0;
    out[0] = '\0';
    ya_status status = ya_jsonl_open(&stream, path, err);
    if (status)
        return status;
    while (!(status = ya_jsonl_next(stream, &line, err)) && line.text)
        used += (size_t)snprintf(out + used, room - used, "%d:%.*s%s|", (int)line.number,
                                 (int)line.size, line.text, line.too_long ? "..." : "");
    assert_true(status == YA_OK || line.text == NULL);
    ya_jsonl_close(stream);
    return status;
}

static void lines_are(const void *bytes, size_t size, const char *expected)
{
    static unsigned char packed[4096];
    char found[4096];
    assert_int_equal(read_all(scratch_write("t.jsonl", bytes, size), found, sizeof found, NULL),
                     YA_OK);
    assert_string_equal(found, expected);
    static const char *const ends[] = {".gz", ".zst"};
    for (int i = 0; i < 2; i++) {
        char name[20];
        snprintf(name, sizeof name, "t.jsonl%s", ends[i]);
        size_t n = pack(is_zst(ends[i]), bytes, size, packed, sizeof packed);
        assert_int_equal(read_all(scratch_write(name, packed, n), found, sizeof found, NULL),
                         YA_OK);
        assert_string_equal(found, expected);
    }
}

#define LINES_ARE(bytes, expected) lines_are(bytes, sizeof(bytes) - 1, expected)

static void lines_come_without_their_ends_and_with_their_numbers(void **state)
{
    (void)state;
    LINES_ARE("{}\n[1]\n", "1:{}|2:[1]|");
    LINES_ARE("{}\r\n[1]\r\n", "1:{}|2:[1]|");
    LINES_ARE("{}\n[1]", "1:{}|2:[1]|");
    LINES_ARE("a\r\r\nb\rc\n", "1:a\r|2:b\rc|");
    LINES_ARE("", "");
}

static void blank_lines_count_but_are_not_given(void **state)
{
    (void)state;
    LINES_ARE("\n\r\n \t\na\n\n\nb\n\n", "4:a|7:b|");
    LINES_ARE("\xC2\xA0\v\f \n\xA0\n\xC2\n", "2:\xA0|3:\xC2|"); /* white space as scoring has it */
    LINES_ARE("\n\n\n", "");
    LINES_ARE("  ", "");
}

static void a_byte_order_mark_is_skipped_at_the_start_only(void **state)
{
    (void)state;
    LINES_ARE("\xEF\xBB\xBF{}\n\xEF\xBB\xBFx\n", "1:{}|2:\xEF\xBB\xBFx|");
    LINES_ARE("\xEF\xBB\xBF", "");
    LINES_ARE("\xEF\xBB\xBF\nz", "2:z|");
    LINES_ARE("\xEF\xBB", "1:\xEF\xBB|");
}

static void all_members_and_frames_are_read(void **state)
{
    (void)state;
    static const char *const ends[] = {".gz", ".zst"};
    for (int i = 0; i < 2; i++) {
        unsigned char packed[1000];
        char found[100], name[20];
        size_t n = pack(is_zst(ends[i]), "a\nb", 3, packed, sizeof packed);
        n += pack(is_zst(ends[i]), "", 0, packed + n, sizeof packed - n);
        n += pack(is_zst(ends[i]), "c\nd\n", 4, packed + n, sizeof packed - n);
        snprintf(name, sizeof name, "m.jsonl%s", ends[i]);
        assert_int_equal(read_all(scratch_write(name, packed, n), found, sizeof found, NULL),
                         YA_OK);
        assert_string_equal(found, "1:a|2:bc|3:d|");
    }
}

static void zeros_behind_the_last_gzip_member_are_padding(void **state)
{
    (void)state;
    unsigned char packed[1000];
    char found[100];
    size_t n = pack(false, "a\n", 2, packed, sizeof packed);
    memset(packed + n, 0, 512);
    assert_int_equal(read_all(scratch_write("p.gz", packed, n + 512), found, sizeof found, NULL),
                     YA_OK);
    assert_string_equal(found, "1:a|");
    packed[n + 511] = 'x';
    assert_int_equal(read_all(scratch_write("p.gz", packed, n + 512), found, sizeof found, NULL),
                     YA_ERR_FORMAT);
}

static void every_cut_of_a_packed_file_is_an_error_that_names_it(void **state)
{
    (void)state;
    static const char *const ends[] = {".gz", ".zst"};
    for (int i = 0; i < 2; i++) {
        unsigned char packed[1000];
        char found[1000], name[20];
        ya_error err = {0};
        size_t n = pack(is_zst(ends[i]), "{\"a\":1}\n{\"b\":22}\n", 17, packed, sizeof packed);
        snprintf(name, sizeof name, "cut.jsonl%s", ends[i]);
        for (size_t cut = 0; cut < n; cut++) {
            err.text[0] = '\0';
            const char *path = scratch_write(name, packed, cut);
            assert_int_equal(read_all(path, found, sizeof found, &err), YA_ERR_FORMAT);
            assert_non_null(strstr(err.text, name));
            assert_non_null(strstr(err.text, "truncated"));
        }
    }
}

static void contents_tell_the_format_not_the_name(void **state)
{
    (void)state;
    static const char *const ends[] = {".gz", ".zst"};
    char found[1000];
    unsigned char packed[1000];
    for (int i = 0; i < 2; i++) {
        char name[20];
        snprintf(name, sizeof name, "plain%s", ends[i]);
        assert_int_equal(read_all(scratch_text(name, "a\nb\n"), found, sizeof found, NULL), YA_OK);
        assert_string_equal(found, "1:a|2:b|");
        size_t n = pack(is_zst(ends[i]), "a\nb\n", 4, packed, sizeof packed);
        assert_int_equal(read_all(scratch_write("x.jsonl", packed, n), found, sizeof found, NULL),
                         YA_OK);
        assert_string_equal(found, "1:a|2:b|");
    }
}

static void a_frame_that_is_to_be_skipped_begins_a_zst_file_too(void **state)
{
    (void)state;
    unsigned char packed[1000] = {0x53, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 'x', 'y'};
    char found[100];
    size_t n = 10 + pack(true, "a\n", 2, packed + 10, sizeof packed - 10);
    assert_int_equal(read_all(scratch_write("x.jsonl", packed, n), found, sizeof found, NULL),
                     YA_OK);
    assert_string_equal(found, "1:a|");
}

static void a_packed_file_that_is_corrupt_is_an_error(void **state)
{
    (void)state;
    char found[1000];
    unsigned char packed[1000];
    ya_error err = {0};
    size_t n = pack(false, "{\"a\":1}\n", 8, packed, sizeof packed);
    packed[n - 6] ^= 1; /* the checksum */
    assert_int_equal(read_all(scratch_write("x.gz", packed, n), found, sizeof found, &err),
                     YA_ERR_FORMAT);
    assert_non_null(strstr(err.text, "incorrect data check"));
}

/* Lines around the sizes at which buffers fill, grow and wrap, checked against what was written. */
static void lines_of_every_length_around_the_buffer_come_through(void **state)
{
    (void)state;
    static const size_t lengths[] = {262143,  1,      262142, 262144, 262145, 5, 1048575, 1048576,
                                     1048577, 131072, 7,      300000, 262140, 3, 2};
    enum { N = sizeof lengths / sizeof *lengths };
    ya_jsonl *stream;
    ya_line line;
    FILE *file = fopen(scratch("b.jsonl"), "wb");
    assert_non_null(file);
    for (int i = 0; i < N; i++) {
        for (size_t k = 0; k < lengths[i]; k++)
            putc('a' + (int)((k + (size_t)i) % 26), file);
        fputs(i % 2 ? "\r\n" : "\n", file);
    }
    fclose(file);
    assert_int_equal(ya_jsonl_open(&stream, scratch("b.jsonl"), NULL), YA_OK);
    for (int i = 0; i < N; i++) {
        assert_int_equal(ya_jsonl_next(stream, &line, NULL), YA_OK);
        assert_int_equal(line.number, i + 1);
        assert_int_equal(line.size, lengths[i]);
        for (size_t k = 0; k < line.size; k++)
            if (line.text[k] != 'a' + (int)((k + (size_t)i) % 26))
                fail_msg("line %d, byte %zu", i + 1, k);
    }
    assert_int_equal(ya_jsonl_next(stream, &line, NULL), YA_OK);
    assert_null(line.text);
    assert_int_equal(ya_jsonl_next(stream, &line, NULL), YA_OK);
    assert_null(line.text);
    ya_jsonl_close(stream);
}

/* A line of `size` times x, then a line "z". */
static void long_line(size_t size, const char *end, bool too_long)
{
    static char block[1 << 20];
    ya_jsonl *stream;
    ya_line line;
    memset(block, 'x', sizeof block);
    FILE *file = fopen(scratch("long.jsonl"), "wb");
    assert_non_null(file);
    for (size_t left = size; left;) {
        size_t n = left < sizeof block ? left : sizeof block;
        assert_int_equal(fwrite(block, 1, n, file), n);
        left -= n;
    }
    fprintf(file, "%sz", end);
    fclose(file);
    assert_int_equal(ya_jsonl_open(&stream, scratch("long.jsonl"), NULL), YA_OK);
    assert_int_equal(ya_jsonl_next(stream, &line, NULL), YA_OK);
    assert_int_equal(line.too_long, too_long);
    assert_int_equal(line.size, too_long ? 1000 : size);
    assert_int_equal(line.text[line.size - 1], 'x');
    assert_int_equal(ya_jsonl_next(stream, &line, NULL), YA_OK);
    assert_int_equal(line.number, 2);
    assert_int_equal(line.size, 1);
    assert_int_equal(*line.text, 'z');
    assert_false(line.too_long);
    ya_jsonl_close(stream);
}

static void a_line_is_too_long_above_64_mib_and_only_its_start_is_kept(void **state)
{
    (void)state;
    long_line(YA_LINE_MAX_BYTES, "\n", false);
    long_line(YA_LINE_MAX_BYTES, "\r\n", false);
    long_line(YA_LINE_MAX_BYTES + 1, "\n", true);
    long_line(YA_LINE_MAX_BYTES + 1, "\r\n", true);
    long_line(YA_LINE_MAX_BYTES + 2, "\n", true);
    long_line(YA_LINE_MAX_BYTES + 3000000, "\r\n", true);
}

static void every_failing_allocation_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    static char text[3000000];
    char found[8];
    memset(text, 'x', sizeof text);
    const char *path = scratch_write("grow.jsonl", text, sizeof text);
    ya_status status = YA_ERR_MEMORY;
    int n = 0;
    while (status) {
        ya_alloc_fail_at((uint64_t)++n);
        status = read_all(path, found, sizeof found, NULL);
        ya_alloc_fail_at(0);
        assert_true(status == YA_OK || status == YA_ERR_MEMORY);
    }
    assert_true(n > 5);
}

static void files_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    ya_jsonl *stream;
    ya_error err = {0};
    assert_int_equal(ya_jsonl_open(&stream, scratch("absent"), &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "absent"));
    assert_int_equal(ya_jsonl_open(&stream, scratch_dir, &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "directory"));
    assert_null(stream);
    ya_jsonl_close(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_without_their_ends_and_with_their_numbers),
        cmocka_unit_test(blank_lines_count_but_are_not_given),
        cmocka_unit_test(a_byte_order_mark_is_skipped_at_the_start_only),
        cmocka_unit_test(all_members_and_frames_are_read),
        cmocka_unit_test(zeros_behind_the_last_gzip_member_are_padding),
        cmocka_unit_test(every_cut_of_a_packed_file_is_an_error_that_names_it),
        cmocka_unit_test(contents_tell_the_format_not_the_name),
        cmocka_unit_test(a_frame_that_is_to_be_skipped_begins_a_zst_file_too),
        cmocka_unit_test(a_packed_file_that_is_corrupt_is_an_error),
        cmocka_unit_test(lines_of_every_length_around_the_buffer_come_through),
        cmocka_unit_test(a_line_is_too_long_above_64_mib_and_only_its_start_is_kept),
        cmocka_unit_test(every_failing_allocation_is_an_error_and_leaks_nothing),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
