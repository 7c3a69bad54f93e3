/* The program as a user starts it, in a process of its own. YA_BINARY names it. */
#ifndef TESTS_SUPPORT_PROCESS_H
#define TESTS_SUPPORT_PROCESS_H

#include "support/cmocka_all.h"
#include "support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROCESS_ARGS = 96, PROCESS_SIGNALLED = 1000 };

/* What its surroundings are; zeros: those of the test. */
typedef struct {
    int resource; /* RLIMIT_..., with limit > 0 */
    rlim_t limit;
    const char *out;  /* standard output goes there; NULL: to the log */
    bool close_out;   /* no standard output at all */
    int ignored;      /* a signal that is ignored from the start */
    const char *log;  /* standard error; NULL: scratch("log") */
    const char *root; /* working directory */
} process_place;

static inline void process_sleep_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

static inline void process_child(const process_place *place, const char *log, char **argv)
{
    static const struct rlimit no_core = {0, 0};
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGXFSZ, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    dup2(fd, STDERR_FILENO);
    if (place->out)
        dup2(open(place->out, O_WRONLY | O_CREAT | O_TRUNC, 0666), STDOUT_FILENO);
    else
        dup2(fd, STDOUT_FILENO);
    if (place->close_out)
        close(STDOUT_FILENO);
    if (place->ignored)
        signal(place->ignored, SIG_IGN);
    if (place->root && chdir(place->root) != 0)
        _exit(125);
    if (place->limit) {
        struct rlimit limit = {place->limit, place->limit};
        setrlimit((__rlimit_resource_t)place->resource, &limit);
    }
    execv(argv[0], argv);
    _exit(126);
}

/* Starts the program with arguments given as one text, split at blanks. */
static inline pid_t process_start(const process_place *place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline pid_t process_start(const process_place *place, const char *format, ...)
{
    static const process_place nowhere;
    char text[32768], *argv[PROCESS_ARGS], *save = NULL, log[4096];
    int argc = 0;
    va_list args;
    place = place ? place : &nowhere;
    snprintf(log, sizeof log, "%s", place->log ? place->log : scratch("log"));
    argv[argc++] = getenv("YA_BINARY");
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *word = strtok_r(text, " ", &save); word && argc < PROCESS_ARGS - 1;
         word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    argv[argc] = NULL;
    unlink(log); /* else an earlier run's words would be taken for this one's */
    pid_t pid = fork();
    if (pid == 0)
        process_child(place, log, argv);
    assert_true(pid > 0);
    return pid;
}

/* The exit code, or PROCESS_SIGNALLED + signal. */
static inline int process_finish(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : PROCESS_SIGNALLED + WTERMSIG(status);
}

#define process_run(place, ...) process_finish(process_start(place, __VA_ARGS__))

/* Whether scratch("log") has `text`; prints it when not. */
static inline bool process_said(const char *text)
{
    size_t size = 0;
    char *log = scratch_read(scratch("log"), &size);
    bool found = strstr(log, text) != NULL;
    if (!found)
        fprintf(stderr, "the log does not say \"%s\":\n%s\n", text, log);
    free(log);
    return found;
}

#endif
