/* Runs that are killed, interrupted, out of disk or of memory: the program is started as a user
 * starts it. YA_FAULT_KILLS sets how often a run is killed (default 10). */
#include "support/cmocka_all.h"
#include "support/fixture.h"
#include "support/scratch.h"
#include "support/toy.h"

#include "base/random.h"
#include "io/outdir.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { STEPS = 600, MAX_ARGS = 64 };

static int set_up(void **state)
{
    scratch_setup(state);
    toy_records(scratch("data.jsonl"), 50, 40, 7);
    return 0;
}

static void sleep_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

/* Starts `your_ai train` with stderr in DIR/log; `file_limit` (0: none) is RLIMIT_FSIZE. */
static pid_t start(const char *output, const char *more, rlim_t file_limit)
{
    char text[24576], *argv[MAX_ARGS], *save = NULL;
    int argc = 0;
    snprintf(text, sizeof text,
             "%s train --model %s --data %s/data.jsonl --output %s/%s --learning-rate 1e-2 "
             "--batch-size 3 --threads 2 --max-seq-length 64 --pass-tokens 64 --dtype f32 "
             "--lora-rank 4 --logging-steps 20 --save-steps 25 %s",
             getenv("YA_BINARY"), fixture("fixtures/models/llama"), scratch_dir, scratch_dir,
             output, more);
    for (char *word = strtok_r(text, " ", &save); word && argc < MAX_ARGS - 1;
         word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    argv[argc] = NULL;
    unlink(scratch("log")); /* else an earlier run's words would be taken for this one's */
    pid_t pid = fork();
    if (pid == 0) {
        int log = open(scratch("log"), O_WRONLY | O_CREAT | O_TRUNC, 0666);
        dup2(log, STDERR_FILENO);
        if (file_limit > 0) {
            struct rlimit limit = {file_limit, file_limit};
            signal(SIGXFSZ, SIG_IGN);
            setrlimit(RLIMIT_FSIZE, &limit);
        }
        execv(argv[0], argv);
        _exit(126);
    }
    assert_true(pid > 0);
    return pid;
}

/* The exit code, or 1000 + signal. */
static int finish(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void must_finish(const char *output, const char *more)
{
    int code = finish(start(output, more, 0));
    if (code != 0) {
        size_t size = 0;
        fail_msg("exit %d: %s", code, toy_read(scratch("log"), &size));
    }
}

static bool log_says(const char *text)
{
    size_t size = 0;
    char *log = toy_read(scratch("log"), &size);
    bool found = log && strstr(log, text);
    if (!found)
        fprintf(stderr, "the log does not say \"%s\":\n%s\n", text, log ? log : "");
    free(log);
    return found;
}

/* Waits until the run has said `text`. */
static void wait_for(const char *text)
{
    bool going = false;
    for (int i = 0; i < 15000 && !going; i++) {
        size_t size = 0;
        sleep_ms(2);
        char *log = toy_read(scratch("log"), &size);
        going = log && strstr(log, text);
        free(log);
    }
    assert_true(going);
}

/* Waits until the run says how its steps go. */
static void wait_for_steps(void)
{
    wait_for("tok/s");
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static const char *checkpoint(const char *output, int step)
{
    static char names[4][64];
    static int next;
    char *name = names[next++ % 4];
    snprintf(name, sizeof names[0], "%s/checkpoint-%d", output, step);
    return scratch(name);
}

static json_t *curve(const char *output)
{
    char line[8192], name[64];
    snprintf(name, sizeof name, "%s/metrics.jsonl", output);
    FILE *file = fopen(scratch(name), "r");
    json_t *losses = json_array();
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        json_t *object = json_loads(line, 0, NULL);
        assert_non_null(object);
        if (json_object_get(object, "loss")) {
            json_array_append(losses, json_object_get(object, "step"));
            json_array_append(losses, json_object_get(object, "loss"));
        }
        json_decref(object);
    }
    fclose(file);
    return losses;
}

static void assert_same_runs(const char *a, const char *b)
{
    json_t *x = curve(a), *y = curve(b);
    assert_int_equal(json_array_size(x), 2 * STEPS / 20);
    assert_true(json_equal(x, y));
    assert_true(toy_same_checkpoints(checkpoint(a, STEPS), checkpoint(b, STEPS)));
    json_decref(x);
    json_decref(y);
}

static void a_run_killed_at_any_moment_goes_on_to_the_same_end(void **state)
{
    (void)state;
    const char *wanted = getenv("YA_FAULT_KILLS");
    int kills = wanted ? atoi(wanted) : 10;
    char flags[64];
    snprintf(flags, sizeof flags, "--steps %d", STEPS);
    double began = seconds();
    must_finish("whole", flags);
    double whole_s = seconds() - began;
    snprintf(flags, sizeof flags, "--steps %d --resume", STEPS);
    for (int i = 0; i < kills; i++) { /* legs too short to reach the end, even at twice the speed */
        pid_t pid = start("torn", flags, 0);
        wait_for("steps of");
        sleep_ms(
            (long)(whole_s * 400 / (kills + 1) * ya_unit_double(ya_splitmix64(99, (uint64_t)i))));
        kill(pid, SIGKILL);
        assert_int_equal(finish(pid), 1000 + SIGKILL);
    }
    must_finish("torn", flags);
    assert_same_runs("whole", "torn");
}

static void check_signal(int number, int code)
{
    char flags[64];
    snprintf(flags, sizeof flags, "--steps %d --resume", STEPS);
    pid_t pid = start("stopped", flags, 0);
    wait_for_steps();
    kill(pid, number);
    assert_int_equal(finish(pid), code);
    assert_true(log_says("--resume goes on from there"));
}

static void signals_save_a_checkpoint_and_resuming_ends_the_same(void **state)
{
    (void)state;
    char flags[64];
    snprintf(flags, sizeof flags, "--steps %d", STEPS);
    must_finish("whole", flags);
    check_signal(SIGTERM, 143);
    check_signal(SIGINT, 130);
    snprintf(flags, sizeof flags, "--steps %d --resume", STEPS);
    must_finish("stopped", flags);
    assert_same_runs("whole", "stopped");
}

static void a_full_disk_is_an_error_that_leaves_older_checkpoints_whole(void **state)
{
    (void)state;
    ya_error err;
    must_finish("full", "--steps 25");
    /* the moments of 14 tensors do not fit into 16 kB; what a run writes before them does */
    assert_int_equal(finish(start("full", "--steps 50 --resume", 16384)), 1);
    assert_true(log_says("saving checkpoint-50"));
    assert_int_equal(ya_outdir_verify(checkpoint("full", 25), &err), YA_OK);
    assert_int_not_equal(access(checkpoint("full", 50), F_OK), 0);
    must_finish("full", "--steps 50 --resume");
    assert_int_equal(ya_outdir_verify(checkpoint("full", 50), &err), YA_OK);
}

static double available_gb(void)
{
    char line[256];
    double kb = 0.0;
    FILE *file = fopen("/proc/meminfo", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "MemAvailable:", 13) == 0)
            kb = strtod(line + 13, NULL);
    fclose(file);
    return kb / 1048576.0;
}

/* Takes memory in steps of 64 MB until the run has ended; returns its exit code. */
static int eat_until_ended(pid_t pid)
{
    enum { BLOCK = 64 << 20, MAX_BLOCKS = 64 };
    void *blocks[MAX_BLOCKS];
    int n = 0, status = 0;
    while (n < MAX_BLOCKS && waitpid(pid, &status, WNOHANG) == 0) {
        blocks[n] = malloc(BLOCK);
        assert_non_null(blocks[n]);
        memset(blocks[n++], 1, BLOCK);
        sleep_ms(20);
    }
    for (int i = 0; i < n; i++)
        free(blocks[i]);
    if (n == MAX_BLOCKS)
        kill(pid, SIGKILL);
    return n < MAX_BLOCKS && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_process_that_eats_memory_makes_the_run_save_and_stop_with_4(void **state)
{
    (void)state;
    char flags[256];
    double available = available_gb();
    if (available < 6.0)
        skip(); /* too little to take some */
    snprintf(flags, sizeof flags, "--steps %d --abort-available-gb %.3f --pause-available-gb %.3f",
             1000 * STEPS, available - 1.0, available - 1.0);
    pid_t pid = start("short", flags, 0);
    wait_for_steps();
    assert_int_equal(eat_until_ended(pid), 4);
    assert_true(log_says("stopped by the memory guard"));
    assert_true(log_says("--resume goes on from there"));
}

static void a_budget_below_the_plan_is_refused_with_3(void **state)
{
    (void)state;
    assert_int_equal(finish(start("small", "--steps 50 --max-memory 2MB", 0)), 3);
    assert_int_equal(finish(start("small", "--steps 50 --abort-available-gb 1000000", 0)), 3);
    assert_true(log_says("abort_available_gb"));
}

static void a_pause_that_times_out_goes_on(void **state)
{
    (void)state;
    ya_error err;
    const char *flags = "--steps 50 --pause-available-gb 1000000 --pause-timeout-s 0.05";
    assert_int_equal(finish(start("pause", flags, 0)), 0);
    assert_true(log_says("pausing"));
    assert_true(log_says("going on"));
    assert_int_equal(ya_outdir_verify(checkpoint("pause", 50), &err), YA_OK);
}

static void two_runs_do_not_share_a_directory(void **state)
{
    (void)state;
    char flags[64];
    snprintf(flags, sizeof flags, "--steps %d", 100 * STEPS);
    pid_t pid = start("shared", flags, 0);
    wait_for_steps();
    assert_int_equal(finish(start("shared", "--steps 100 --resume", 0)), 2);
    assert_true(log_says("another run"));
    kill(pid, SIGKILL);
    finish(pid);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_run_killed_at_any_moment_goes_on_to_the_same_end),
        TEST(signals_save_a_checkpoint_and_resuming_ends_the_same),
        TEST(a_full_disk_is_an_error_that_leaves_older_checkpoints_whole),
        TEST(a_process_that_eats_memory_makes_the_run_save_and_stop_with_4),
        TEST(a_budget_below_the_plan_is_refused_with_3),
        TEST(a_pause_that_times_out_goes_on),
        TEST(two_runs_do_not_share_a_directory),
    };
    if (!fixture_is_there("fixtures/models/llama/golden.json"))
        return EXIT_SKIPPED;
    if (!getenv("YA_BINARY") || access(getenv("YA_BINARY"), X_OK) != 0) {
        fprintf(stderr, "YA_BINARY must name the program\n");
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
