/* Exports that are killed or interrupted at any moment: what they write is there whole or not at
 * all, and the next export is not in the way of what was left. */
#include "support/cmocka_all.h"
#include "support/fixture.h"
#include "support/golden.h"
#include "support/scratch.h"

#include "io/gguf.h"
#include "io/outdir.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { MOMENTS = 60, STEP_US = 250 };

static pid_t start(const char *to, const char *out)
{
    char model[4200];
    snprintf(model, sizeof model, "%s/adapter", fixture("fixtures/models/llama"));
    pid_t pid = fork();
    if (pid == 0) {
        int log = open(scratch("log"), O_WRONLY | O_CREAT | O_TRUNC, 0666);
        dup2(log, STDERR_FILENO);
        execl(getenv("YA_BINARY"), "your_ai", "export", "--model", model, "--to", to, "--output",
              out, "--force", "--threads", "2", (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

/* Its exit code, or 128 + the signal that ended it. */
static int wait_for(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void check_whole(const char *to, const char *out)
{
    ya_error err = {0};
    ya_gguf *gguf;
    if (strcmp(to, "merged") == 0) {
        if (ya_outdir_verify(out, &err))
            fail_msg("%s", err.text);
        return;
    }
    if (ya_gguf_open(&gguf, out, &err))
        fail_msg("%s", err.text);
    ya_gguf_close(gguf);
}

/* What begins with .tmp- or .old- in the scratch directory. */
static int count_leftovers(void)
{
    DIR *dir = opendir(scratch_dir);
    const struct dirent *item;
    int n = 0;
    assert_non_null(dir);
    while ((item = readdir(dir)) != NULL)
        n += strncmp(item->d_name, ".tmp-", 5) == 0 || strncmp(item->d_name, ".old-", 5) == 0;
    closedir(dir);
    return n;
}

/* Ends exports by a signal, each a little later; how many of them it reached in time. */
static int end_many(const char *to, const char *name, int signal_number)
{
    int reached = 0;
    for (int i = 0; i < MOMENTS; i++) {
        struct timespec pause = {0, 1000L * STEP_US * i};
        pid_t pid = start(to, scratch(name));
        nanosleep(&pause, NULL);
        kill(pid, signal_number);
        int code = wait_for(pid);
        if (code != 0 && code != 128 + signal_number)
            fail_msg("export --to %s ends with %d", to, code);
        reached += code != 0;
        if (scratch_exists(name))
            check_whole(to, scratch(name));
        else
            assert_true(code != 0);
        if (signal_number == SIGTERM && code == 128 + signal_number && scratch_exists("log"))
            assert_int_equal(count_leftovers(), 0);
    }
    assert_int_equal(wait_for(start(to, scratch(name))), 0);
    check_whole(to, scratch(name));
    assert_int_equal(count_leftovers(), 0);
    return reached;
}

static void a_killed_export_is_whole_or_absent(void **state)
{
    (void)state;
    assert_true(end_many("gguf", "out.gguf", SIGKILL) > 0);
    assert_true(end_many("merged", "out", SIGKILL) > 0);
}

static void an_interrupted_export_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_true(end_many("gguf", "term.gguf", SIGTERM) > 0);
    assert_true(end_many("merged", "term", SIGTERM) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_export_is_whole_or_absent),
        cmocka_unit_test(an_interrupted_export_leaves_nothing_behind),
    };
    need_shared();
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
