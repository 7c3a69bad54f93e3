#include "io/map.h"

#include "base/alloc.h"
#include "support/scratch.h"

#include <fcntl.h>
#include <sys/wait.h>

static void a_file_is_mapped_whole_and_survives_dropping(void **state)
{
    (void)state;
    ya_map map;
    const char *path = scratch_text("f", "hello");
    assert_int_equal(ya_map_open(&map, path, NULL), YA_OK);
    assert_int_equal(map.size, 5);
    assert_string_equal(map.path, path);
    assert_memory_equal(map.data, "hello", 5);
    ya_map_drop(&map);
    assert_memory_equal(map.data, "hello", 5);
    ya_map_close(&map);
    assert_null(map.data);
    ya_map_close(&map);
}

static void an_empty_file_is_a_map_without_data(void **state)
{
    (void)state;
    ya_map map;
    assert_int_equal(ya_map_open(&map, scratch_text("empty", ""), NULL), YA_OK);
    assert_null(map.data);
    assert_int_equal(map.size, 0);
    ya_map_drop(&map);
    ya_map_close(&map);
}

static void what_is_no_regular_file_is_refused_without_waiting(void **state)
{
    (void)state;
    ya_map map;
    ya_error err = {0};
    assert_int_equal(mkfifo(scratch("pipe"), 0600), 0);
    assert_int_equal(ya_map_open(&map, scratch("pipe"), &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "not a regular file"));
    assert_int_equal(ya_map_open(&map, scratch_dir, &err), YA_ERR_IO);
    assert_int_equal(ya_map_open(&map, scratch("absent"), &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "absent: No such file"));
}

/* Reads the page that truncation took away; never returns normally. */
static void read_beyond_the_end(int report)
{
    ya_map map;
    static char zeros[20000];
    const char *path = scratch_write("shrinks", zeros, sizeof zeros);
    dup2(report, STDERR_FILENO);
    ya_map_guard_sigbus();
    if (ya_map_open(&map, path, NULL) || truncate(path, 10) != 0)
        _exit(90);
    _exit(((const volatile uint8_t *)map.data)[19000] ? 91 : 92);
}

static void a_file_that_shrinks_ends_the_program_with_one_sentence(void **state)
{
    (void)state;
    int ends[2], result;
    char text[1000] = {0};
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        read_beyond_the_end(ends[1]);
    close(ends[1]);
    for (ssize_t used = 0, n; (n = read(ends[0], text + used, sizeof text - 1 - (size_t)used)) > 0;)
        used += n;
    close(ends[0]);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 1);
    assert_non_null(strstr(text, "shrinks: the file shrank"));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void more_maps_than_the_guard_watches_still_work(void **state)
{
    (void)state;
    enum { MANY = 1100 };
    static ya_map maps[MANY];
    scratch_text("f", "hello");
    for (int i = 0; i < MANY; i++)
        assert_int_equal(ya_map_open(&maps[i], scratch("f"), NULL), YA_OK);
    for (int i = 0; i < MANY; i++)
        assert_memory_equal(maps[i].data, "hello", 5);
    for (int i = 0; i < MANY; i++)
        ya_map_close(&maps[i]);
}

static void small_files_are_read_whole_up_to_the_limit(void **state)
{
    (void)state;
    char *text;
    size_t size;
    ya_error err = {0};
    const char *path = scratch_write("f", "a\0bc", 4);
    assert_int_equal(ya_read_file(path, 4, &text, &size, NULL), YA_OK);
    assert_int_equal(size, 4);
    assert_memory_equal(text, "a\0bc", 5);
    ya_free(text);
    assert_int_equal(ya_read_file(path, 3, &text, &size, &err), YA_ERR_FORMAT);
    assert_null(text);
    assert_non_null(strstr(err.text, "more than 3"));
    assert_int_equal(ya_read_file("/dev/zero", 100000, &text, &size, &err), YA_ERR_FORMAT);
    assert_non_null(strstr(err.text, "larger than 100000"));
    assert_int_equal(ya_read_file("/proc/self/status", 100000, &text, &size, NULL), YA_OK);
    assert_int_equal(strlen(text), size);
    ya_free(text);
    assert_int_equal(ya_read_file(scratch_dir, 100, &text, &size, &err), YA_ERR_IO);
    assert_int_equal(ya_read_file(scratch("absent"), 100, &text, &size, &err), YA_ERR_IO);
}

static void out_of_memory_is_an_error(void **state)
{
    (void)state;
    ya_map map;
    char *text;
    size_t size;
    const char *path = scratch_text("f", "hello");
    ya_alloc_fail_at(1);
    ya_status mapped = ya_map_open(&map, path, NULL),
              read = ya_read_file(path, 9, &text, &size, NULL);
    ya_alloc_fail_at(0);
    assert_int_equal(mapped, YA_ERR_MEMORY);
    assert_int_equal(read, YA_ERR_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_mapped_whole_and_survives_dropping),
        cmocka_unit_test(an_empty_file_is_a_map_without_data),
        cmocka_unit_test(what_is_no_regular_file_is_refused_without_waiting),
        cmocka_unit_test(a_file_that_shrinks_ends_the_program_with_one_sentence),
        cmocka_unit_test(more_maps_than_the_guard_watches_still_work),
        cmocka_unit_test(small_files_are_read_whole_up_to_the_limit),
        cmocka_unit_test(out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
