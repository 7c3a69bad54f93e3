#include "io/outdir.h"

#include "base/alloc.h"
#include "support/scratch.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Writes a complete directory NAME with one file of that text. */
static ya_status publish(const char *name, const char *text, ya_error *err)
{
    char temporary[YA_PATH_MAX], file[YA_PATH_MAX];
    ya_status status;
    YA_TRY(ya_outdir_begin(scratch_dir, name, temporary, err));
    YA_TRY(ya_path_join(file, temporary, "data", err));
    YA_TRY(ya_write_file(file, text, strlen(text), err));
    YA_TRY(ya_outdir_commit(scratch_dir, name, err));
done:
    return status;
}

static void holds(const char *file, const char *expected)
{
    char *text = scratch_read(scratch(file), NULL);
    assert_string_equal(text, expected);
    free(text);
}

static void paths_are_joined_with_one_slash(void **state)
{
    (void)state;
    char out[YA_PATH_MAX], big[YA_PATH_MAX + 1];
    assert_int_equal(ya_path_join(out, "a", "b", NULL), YA_OK);
    assert_string_equal(out, "a/b");
    assert_int_equal(ya_path_join(out, "a/", "b", NULL), YA_OK);
    assert_string_equal(out, "a/b");
    assert_int_equal(ya_path_join(out, "/", "b", NULL), YA_OK);
    assert_string_equal(out, "/b");
    memset(big, 'x', sizeof big);
    big[YA_PATH_MAX - 3] = '\0';
    assert_int_equal(ya_path_join(out, big, "b", NULL), YA_OK);
    assert_int_equal(strlen(out), YA_PATH_MAX - 1);
    assert_int_equal(ya_path_join(out, big, "bc", NULL), YA_ERR_IO);
}

static void directories_are_made_with_their_parents(void **state)
{
    (void)state;
    ya_error err = {0};
    assert_int_equal(ya_make_dirs(scratch("p/q//r/"), NULL), YA_OK);
    assert_true(scratch_exists("p/q/r"));
    assert_int_equal(ya_make_dirs(scratch("p/q"), NULL), YA_OK);
    scratch_text("p/file", "");
    assert_int_equal(ya_make_dirs(scratch("p/file/x"), &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "Not a directory"));
}

static void a_directory_appears_whole_with_its_sums(void **state)
{
    (void)state;
    assert_int_equal(publish("whole", "abc", NULL), YA_OK);
    assert_false(scratch_exists(".tmp-whole"));
    holds("whole/data", "abc");
    holds("whole/SHA256SUMS",
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  data\n");
    assert_int_equal(ya_outdir_verify(scratch("whole"), NULL), YA_OK);
}

static void a_new_directory_replaces_the_old_one_of_its_name(void **state)
{
    (void)state;
    assert_int_equal(publish("again", "one", NULL), YA_OK);
    assert_int_equal(publish("again", "two", NULL), YA_OK);
    holds("again/data", "two");
    assert_false(scratch_exists(".old-again"));
    assert_int_equal(ya_outdir_verify(scratch("again"), NULL), YA_OK);
}

static void nothing_allocates_on_our_heap(void **state)
{
    (void)state;
    assert_int_equal(publish("heap", "one", NULL), YA_OK);
    uint64_t before = ya_alloc_count();
    assert_int_equal(publish("heap", "two", NULL), YA_OK);
    assert_int_equal(ya_outdir_verify(scratch("heap"), NULL), YA_OK);
    assert_int_equal(ya_outdir_recover(scratch_dir, NULL), YA_OK);
    assert_int_equal(ya_remove_dir(scratch("heap"), NULL), YA_OK);
    assert_int_equal(ya_alloc_count(), before);
    assert_false(scratch_exists("heap"));
}

static void spoiled(const char *text)
{
    ya_error err = {0};
    assert_int_equal(ya_outdir_verify(scratch("v"), &err), YA_ERR_FORMAT);
    if (!strstr(err.text, text))
        fail_msg("'%s' does not say '%s'", err.text, text);
    assert_int_equal(publish("v", "abc", NULL), YA_OK);
    assert_int_equal(ya_outdir_verify(scratch("v"), NULL), YA_OK);
}

static void a_spoiled_directory_does_not_verify(void **state)
{
    (void)state;
    assert_int_equal(publish("v", "abc", NULL), YA_OK);
    scratch_text("v/data", "abd");
    spoiled("v/data is corrupt");
    scratch_text("v/data", "ab");
    spoiled("v/data is corrupt");
    remove(scratch("v/data"));
    spoiled("lacks the file data");
    scratch_text("v/more", "");
    spoiled("holds the file more");
    scratch_text("v/SHA256SUMS", "");
    spoiled("empty or torn");
    scratch_text("v/SHA256SUMS",
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  data");
    spoiled("empty or torn");
    scratch_text("v/SHA256SUMS", "ba7816bf  data\n");
    spoiled("no sum");
    scratch_text(
        "v/SHA256SUMS",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  ../whole/data\n");
    spoiled("lacks the file ../whole/data");
    remove(scratch("v/SHA256SUMS"));
    spoiled("SHA256SUMS");
    assert_int_equal(ya_outdir_verify(scratch("absent"), NULL), YA_ERR_FORMAT);
}

static void names_that_leave_the_parent_or_hide_are_refused(void **state)
{
    (void)state;
    char temporary[YA_PATH_MAX], big[300];
    static const char *const names[] = {"", ".", "..", "a/b", ".x"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(ya_outdir_begin(scratch_dir, names[i], temporary, NULL), YA_ERR_IO);
        assert_int_equal(ya_outdir_commit(scratch_dir, names[i], NULL), YA_ERR_IO);
    }
    memset(big, 'x', sizeof big);
    big[sizeof big - 1] = '\0';
    assert_int_equal(ya_outdir_begin(scratch_dir, big, temporary, NULL), YA_ERR_IO);
}

static void beginning_again_empties_what_was_left(void **state)
{
    (void)state;
    char temporary[YA_PATH_MAX];
    assert_int_equal(ya_outdir_begin(scratch_dir, "left", temporary, NULL), YA_OK);
    scratch_text(".tmp-left/old", "x");
    assert_int_equal(ya_outdir_begin(scratch_dir, "left", temporary, NULL), YA_OK);
    assert_false(scratch_exists(".tmp-left/old"));
    ya_outdir_abandon(scratch_dir, "left");
    assert_false(scratch_exists(".tmp-left"));
    ya_outdir_abandon(scratch_dir, "left");
}

static void a_subdirectory_makes_the_commit_fail_and_keeps_the_old_one(void **state)
{
    (void)state;
    char temporary[YA_PATH_MAX];
    ya_error err = {0};
    assert_int_equal(publish("flat", "old", NULL), YA_OK);
    assert_int_equal(ya_outdir_begin(scratch_dir, "flat", temporary, NULL), YA_OK);
    assert_int_equal(mkdir(scratch(".tmp-flat/sub"), 0700), 0);
    assert_int_equal(ya_outdir_commit(scratch_dir, "flat", &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "sub"));
    holds("flat/data", "old");
    assert_int_equal(ya_outdir_verify(scratch("flat"), NULL), YA_OK);
    assert_int_equal(rmdir(scratch(".tmp-flat/sub")), 0);
    ya_outdir_abandon(scratch_dir, "flat");
}

static void recovery_puts_back_or_removes_what_a_killed_run_left(void **state)
{
    (void)state;
    assert_int_equal(publish("kept", "kept", NULL), YA_OK);
    /* Killed between the two renames: the old one is away, the new one not in place. */
    assert_int_equal(publish("best", "old", NULL), YA_OK);
    assert_int_equal(rename(scratch("best"), scratch(".old-best")), 0);
    assert_int_equal(mkdir(scratch(".tmp-best"), 0700), 0);
    scratch_text(".tmp-best/data", "half");
    /* Killed before the old one was removed. */
    assert_int_equal(publish("other", "new", NULL), YA_OK);
    assert_int_equal(mkdir(scratch(".old-other"), 0700), 0);
    scratch_text(".old-other/data", "old");
    scratch_text(".tmp-file", "half");
    assert_int_equal(ya_outdir_recover(scratch_dir, NULL), YA_OK);
    holds("best/data", "old");
    holds("other/data", "new");
    holds("kept/data", "kept");
    assert_int_equal(ya_outdir_verify(scratch("best"), NULL), YA_OK);
    static const char *const gone[] = {".old-best", ".tmp-best", ".old-other", ".tmp-file"};
    for (int i = 0; i < 4; i++)
        assert_false(scratch_exists(gone[i]));
    assert_int_equal(ya_outdir_recover(scratch("absent"), NULL), YA_OK);
}

/* A process publishes "race" over and over and is killed at some moment; whenever that is, after
 * recovery there is one whole directory. */
static void killed_at_any_moment_one_whole_directory_is_left(void **state)
{
    (void)state;
    assert_int_equal(publish("race", "first", NULL), YA_OK);
    for (int round = 0; round < 30; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            for (;;)
                if (publish("race", "abc", NULL))
                    _exit(1);
        usleep((useconds_t)(2000 + round * 700));
        kill(child, SIGKILL);
        int result;
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_true(WIFSIGNALED(result));
        assert_int_equal(ya_outdir_recover(scratch_dir, NULL), YA_OK);
        assert_int_equal(ya_outdir_verify(scratch("race"), NULL), YA_OK);
    }
}

static void files_are_replaced_whole(void **state)
{
    (void)state;
    scratch_text("file", "old and longer");
    assert_int_equal(ya_write_file(scratch("file"), "new", 3, NULL), YA_OK);
    holds("file", "new");
    assert_false(scratch_exists(".tmp-file"));
    assert_int_equal(ya_write_file(scratch("no/such/file"), "x", 1, NULL), YA_ERR_IO);
    assert_int_equal(ya_write_file(scratch(""), "x", 1, NULL), YA_ERR_IO);
    assert_int_equal(ya_write_file("/dev/null", "x", 1, NULL), YA_OK);
    struct stat info;
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

/* Publishes "full" with files limited to `bytes` each: what a full disk does, at a place of our
 * choice. */
static ya_status publish_limited(const char *text, rlim_t bytes, ya_error *err)
{
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    ya_status status = publish("full", text, err);
    if (status)
        ya_outdir_abandon(scratch_dir, "full");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    return status;
}

static void a_disk_full_at_any_byte_loses_nothing_old_and_leaves_nothing_new(void **state)
{
    (void)state;
    ya_error err = {0};
    int failures = 0;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(publish("full", "old", NULL), YA_OK);
    /* The data has 9 bytes, the sums 71: the first limits stop the one, the others the other. */
    for (rlim_t bytes = 0; publish_limited("new, more", bytes, &err); bytes++) {
        failures++;
        assert_int_equal(err.status, YA_ERR_IO);
        assert_non_null(
            strstr(err.text, bytes < 9 ? "/data: File too large" : "SHA256SUMS: File too large"));
        holds("full/data", "old");
        assert_int_equal(ya_outdir_verify(scratch("full"), NULL), YA_OK);
        assert_false(scratch_exists(".tmp-full"));
        assert_false(scratch_exists(".old-full"));
    }
    assert_int_equal(failures, 71);
    holds("full/data", "new, more");
}

static void a_file_that_finds_no_room_leaves_the_old_one(void **state)
{
    (void)state;
    static char big[100000];
    ya_error err = {0};
    struct rlimit before, small;
    memset(big, 'x', sizeof big);
    scratch_text("plain", "old");
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 50000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    ya_status status = ya_write_file(scratch("plain"), big, sizeof big, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, YA_ERR_IO);
    assert_non_null(strstr(err.text, "File too large"));
    holds("plain", "old");
    assert_false(scratch_exists(".tmp-plain"));
    assert_int_equal(ya_write_file("/dev/full", "x", 1, &err), YA_ERR_IO);
    assert_non_null(strstr(err.text, "No space left"));
}

static void more_files_than_a_listing_holds_are_refused_but_can_be_removed(void **state)
{
    (void)state;
    char temporary[YA_PATH_MAX], name[40];
    ya_error err = {0};
    for (int attempt = 0; attempt < 2; attempt++) {
        assert_int_equal(ya_outdir_begin(scratch_dir, "many", temporary, NULL), YA_OK);
        for (int i = 0; i < (attempt ? 257 : 256); i++) {
            snprintf(name, sizeof name, ".tmp-many/%d", i * 7919 % 257);
            scratch_text(name, "");
        }
        assert_int_equal(ya_outdir_commit(scratch_dir, "many", &err),
                         attempt ? YA_ERR_FORMAT : YA_OK);
        assert_int_equal(ya_outdir_verify(scratch("many"), NULL), YA_OK);
    }
    assert_non_null(strstr(err.text, "more than 256 files"));
    assert_false(scratch_exists(".tmp-many"));
}

static void removal_wants_a_directory_and_follows_no_link(void **state)
{
    (void)state;
    assert_int_equal(publish("target", "x", NULL), YA_OK);
    assert_int_equal(symlink("target", scratch("alias")), 0);
    assert_int_equal(ya_remove_dir(scratch("alias"), NULL), YA_ERR_IO);
    holds("target/data", "x");
    assert_int_equal(ya_remove_dir(scratch_text("afile", "x"), NULL), YA_ERR_IO);
    assert_int_equal(ya_remove_dir(scratch("absent"), NULL), YA_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_joined_with_one_slash),
        cmocka_unit_test(directories_are_made_with_their_parents),
        cmocka_unit_test(a_directory_appears_whole_with_its_sums),
        cmocka_unit_test(a_new_directory_replaces_the_old_one_of_its_name),
        cmocka_unit_test(nothing_allocates_on_our_heap),
        cmocka_unit_test(a_spoiled_directory_does_not_verify),
        cmocka_unit_test(names_that_leave_the_parent_or_hide_are_refused),
        cmocka_unit_test(beginning_again_empties_what_was_left),
        cmocka_unit_test(a_subdirectory_makes_the_commit_fail_and_keeps_the_old_one),
        cmocka_unit_test(recovery_puts_back_or_removes_what_a_killed_run_left),
        cmocka_unit_test(killed_at_any_moment_one_whole_directory_is_left),
        cmocka_unit_test(files_are_replaced_whole),
        cmocka_unit_test(a_disk_full_at_any_byte_loses_nothing_old_and_leaves_nothing_new),
        cmocka_unit_test(a_file_that_finds_no_room_leaves_the_old_one),
        cmocka_unit_test(more_files_than_a_listing_holds_are_refused_but_can_be_removed),
        cmocka_unit_test(removal_wants_a_directory_and_follows_no_link),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
