/* your_ai COMMAND [options]: finds the command, reads its settings, runs it, and turns what comes
 * back into an exit code. */
#include "base/libraries.h"
#include "base/log.h"
#include "base/restart.h"
#include "cli/cli.h"
#include "data/layout.h"
#include "io/map.h"
#include "settings/command.h"
#include "train/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const ya_command *const commands[YA_N_COMMANDS] = {
#define C(WORD, name, where) &ya_command_##name,
#include "settings/commands.def"
#undef C
};

static const char *name_of(const ya_command *command)
{
    return ya_command_name(command->bit);
}

static const ya_command *find_command(const char *name)
{
    for (int i = 0; i < YA_N_COMMANDS; i++)
        if (strcmp(name_of(commands[i]), name) == 0)
            return commands[i];
    return NULL;
}

/* Texts: --------------------------------------------------------------------------------------- */

static void print_overview(void)
{
    printf("your_ai %s fine-tunes Llama-family models on an ordinary machine, and weighs every\n"
           "training record by how far its source can be trusted.\n\n"
           "Usage: your_ai COMMAND [options]\n\nCommands:\n",
           YA_VERSION);
    for (int i = 0; i < YA_N_COMMANDS; i++)
        printf("  %-10s %s\n", name_of(commands[i]), commands[i]->summary);
    printf(
        "\nyour_ai COMMAND --help explains a command and its options. Without a command: train.\n"
        "\nExit codes: 0 done; 1 error; 2 usage; 3 does not fit in memory; 4 stopped by the\n"
        "memory guard, resumable; 5 diverged; 130 and 143 interrupted, checkpoint saved.\n");
}

static ya_status print_help(const ya_command *command, ya_error *err)
{
    ya_buffer options = {0};
    ya_status status = ya_settings_help(command->bit, &options, err);
    if (status == YA_OK && ya_setting_get(YA_SET_field)->commands & command->bit)
        status = ya_layouts_help(&options, err);
    if (status == YA_OK)
        printf("Usage: your_ai %s %s\n\n%s%s", name_of(command), command->usage, command->about,
               options.data);
    ya_buffer_free(&options);
    return status;
}

static ya_status print_reference(ya_error *err)
{
    ya_buffer page = {0};
    ya_status status = ya_settings_reference(&page, err);
    if (status == YA_OK)
        fputs(page.data, stdout);
    ya_buffer_free(&page);
    return status;
}

static ya_status print_records(ya_error *err)
{
    ya_buffer page = {0};
    ya_status status = ya_layouts_markdown(&page, err);
    if (status == YA_OK)
        fputs(page.data, stdout);
    ya_buffer_free(&page);
    return status;
}

/* The man page, or completion for a shell. */
static ya_status print_generated(const char *what, ya_error *err)
{
    ya_command_text texts[YA_N_COMMANDS];
    ya_buffer out = {0};
    ya_status status;
    for (int i = 0; i < YA_N_COMMANDS; i++)
        texts[i] = (ya_command_text){commands[i]->bit, commands[i]->summary, commands[i]->usage,
                                     commands[i]->about};
    if (strcmp(what, "man") == 0)
        status = ya_man_page(texts, YA_N_COMMANDS, &out, err);
    else if (strcmp(what, "bash") == 0)
        status = ya_completion_bash(texts, YA_N_COMMANDS, &out, err);
    else if (strcmp(what, "zsh") == 0)
        status = ya_completion_zsh(texts, YA_N_COMMANDS, &out, err);
    else
        status = ya_fail(err, YA_ERR_USAGE, "--completion needs bash or zsh, not \"%.60s\"", what);
    if (status == YA_OK)
        fputs(out.data, stdout);
    ya_buffer_free(&out);
    return status;
}

/* Running: ------------------------------------------------------------------------------------- */

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static ya_status run(const ya_command *command, int argc, char **argv, ya_error *err)
{
    ya_settings s;
    ya_status status = ya_settings_init(&s, err);
    if (status != YA_OK)
        return status;
    YA_TRY(ya_settings_parse_flags(&s, command->bit, argc, argv, command->positional, err));
    ya_log_set_quiet(s.quiet);
    /* of a run that goes on only the checkpoint tells what is not given here: train finishes it */
    if (!(command->bit == YA_FOR_TRAIN && s.resume))
        YA_TRY(ya_settings_finish(&s, command->bit, err));
    status = command->run(&s, err);
done:
    ya_settings_free(&s);
    return status;
}

static ya_status fail_no_command(const char *word, ya_error *err)
{
    const char *names[YA_N_COMMANDS];
    for (int i = 0; i < YA_N_COMMANDS; i++)
        names[i] = name_of(commands[i]);
    const char *near = ya_nearest(word, strlen(word), names, YA_N_COMMANDS);
    if (near)
        return ya_fail(err, YA_ERR_USAGE, "\"%.60s\" is no command; did you mean %s?", word, near);
    return ya_fail(err, YA_ERR_USAGE, "\"%.60s\" is no command; see your_ai --help", word);
}

/* Says what went wrong and gives the exit code; results that did not reach stdout are an error. */
static int finish(const char *command, ya_status status, const ya_error *err)
{
    const char *space = command ? " " : "";
    bool lost = fflush(stdout) != 0 || ferror(stdout);
    if (lost && status == YA_OK) {
        fprintf(stderr, "your_ai%s%s: cannot write to standard output\n", space,
                command ? command : "");
        return 1;
    }
    if (status != YA_OK)
        fprintf(stderr, "your_ai%s%s: %s\n", space, command ? command : "", err->text);
    int signal = status == YA_ERR_INTERRUPTED ? ya_interrupt_signal() : 0;
    return signal ? 128 + signal : ya_exit_code(status);
}

/* A standard file that is closed would be the next one to be opened, and what is printed would go
 * there. In its place stands one that is empty, or to which nothing can be written. */
static void hold_standard_files(void)
{
    static const char *const stand_ins[] = {"/dev/null", "/dev/full", "/dev/null"};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open(stand_ins[fd], O_RDWR) < 0 && open("/", O_RDONLY) < 0)
            return;
}

int main(int argc, char **argv)
{
    ya_error err = {0};
    const char *word = argc > 1 ? argv[1] : "--help";
    hold_standard_files();
    ya_restart_prepared(argv);
    ya_libraries_begin();
    ya_map_guard_sigbus();
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of writing it */
    if (strcmp(word, "--version") == 0) {
        printf("your_ai %s\n", YA_VERSION);
        return finish(NULL, YA_OK, &err);
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        const ya_command *about = argc > 2 ? find_command(argv[2]) : NULL;
        if (!about) {
            print_overview();
            return finish(NULL, YA_OK, &err);
        }
        return finish(NULL, print_help(about, &err), &err);
    }
    if (strcmp(word, "--reference") == 0)
        return finish(NULL, print_reference(&err), &err);
    if (strcmp(word, "--records") == 0)
        return finish(NULL, print_records(&err), &err);
    if (strcmp(word, "--man") == 0)
        return finish(NULL, print_generated("man", &err), &err);
    if (strcmp(word, "--completion") == 0)
        return finish(NULL, print_generated(argc > 2 ? argv[2] : "nothing", &err), &err);
    int skip = word[0] == '-' ? 1 : 2;
    const ya_command *command = find_command(skip == 1 ? "train" : word);
    if (!command)
        return finish(NULL, fail_no_command(word, &err), &err);
    ya_status status = asks_for_help(argc - skip, argv + skip)
                           ? print_help(command, &err)
                           : run(command, argc - skip, argv + skip, &err);
    return finish(name_of(command), status, &err);
}
