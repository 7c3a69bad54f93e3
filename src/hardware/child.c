#include "hardware/child.h"

#include "base/alloc.h"
#include "base/restart.h"
#include "io/json.h"
#include "io/map.h"
#include "io/outdir.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_LOG = 1 << 22 };

extern char **environ;

void ya_child_command(ya_child_arguments *a, const char *command)
{
    *a = (ya_child_arguments){0};
    ya_child_flag(a, "your_ai", command);
}

void ya_child_flag(ya_child_arguments *a, const char *name, const char *value)
{
    if (a->n + 2 >= YA_CHILD_ARGS)
        abort(); /* a mistake of ours */
    a->argv[a->n++] = (char *)name;
    if (value)
        a->argv[a->n++] = (char *)value;
    a->argv[a->n] = NULL;
}

void ya_child_number(ya_child_arguments *a, const char *name, int64_t value)
{
    char *text = a->numbers[a->n];
    snprintf(text, YA_CHILD_NUMBER, "%lld", (long long)value);
    ya_child_flag(a, name, text);
}

ya_status ya_child_start(pid_t *child, ya_child_arguments *a, const char *out, const char *log,
                         ya_error *err)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ya_restart_unbound();
    int error = posix_spawn(child, "/proc/self/exe", &actions, NULL, a->argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error == 0)
        return YA_OK;
    errno = error;
    return ya_fail_errno(err, YA_ERR_IO, "cannot start a child process");
}

void ya_child_last_words(char out[YA_CHILD_FAILURE], const char *log, int status)
{
    char *text = NULL;
    size_t size = 0;
    if (WIFSIGNALED(status))
        snprintf(out, YA_CHILD_FAILURE, "it was ended by signal %d", WTERMSIG(status));
    else
        snprintf(out, YA_CHILD_FAILURE, "it ended with exit code %d", WEXITSTATUS(status));
    if (ya_read_file(log, MAX_LOG, &text, &size, NULL) != YA_OK)
        return;
    while (size > 0 && strchr("\r\n ", text[size - 1]))
        size--;
    size_t begin = size;
    while (begin > 0 && text[begin - 1] != '\n')
        begin--;
    if (size > begin)
        snprintf(out, YA_CHILD_FAILURE, "%.*s", (int)(size - begin), text + begin);
    ya_free(text);
}

/* An empty temporary file, open until it is unlinked by name. */
static ya_status temporary(char path[YA_PATH_MAX], ya_error *err)
{
    const char *dir = getenv("TMPDIR");
    ya_status status = ya_path_join(path, dir && *dir ? dir : "/tmp", "your_ai-plan-XXXXXX", err);
    if (status)
        return status;
    int fd = mkstemp(path);
    if (fd < 0) {
        ya_fail_errno(err, YA_ERR_IO, "cannot make a temporary file %s", path);
        path[0] = '\0';
        return YA_ERR_IO;
    }
    close(fd);
    return YA_OK;
}

ya_status ya_child_json(ya_child_arguments *a, json_t **out, char failure[YA_CHILD_FAILURE],
                        ya_error *err)
{
    char result[YA_PATH_MAX] = "", log[YA_PATH_MAX] = "";
    ya_error why;
    pid_t child;
    int ended = 0;
    ya_status status;
    *out = NULL;
    failure[0] = '\0';
    YA_TRY(temporary(result, err));
    YA_TRY(temporary(log, err));
    YA_TRY(ya_child_start(&child, a, result, log, err));
    while (waitpid(child, &ended, 0) < 0)
        if (errno != EINTR)
            YA_TRY(ya_fail_errno(err, YA_ERR_IO, "cannot wait for a child process"));
    if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0)
        ya_child_last_words(failure, log, ended);
    else if (ya_json_read_file(result, out, &why) != YA_OK)
        snprintf(failure, YA_CHILD_FAILURE, "its result cannot be read: %.400s", why.text);
done:
    if (result[0])
        unlink(result);
    if (log[0])
        unlink(log);
    return status;
}
