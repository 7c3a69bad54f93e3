/* Running a command of the program through its library function, its results read back. */
#ifndef TESTS_SUPPORT_COMMAND_H
#define TESTS_SUPPORT_COMMAND_H

#include "base/log.h"
#include "settings/settings.h"

#include "support/cmocka_all.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND_MAX_FLAGS = 96 };

/* Runs `call` with flags given as one text, split at blanks; standard output goes to `output`. */
static inline ya_status command_run(unsigned command, ya_setting_id positional,
                                    ya_status (*call)(const ya_settings *s, ya_error *err),
                                    const char *flags, const char *output, ya_error *err)
{
    char text[32768], *argv[COMMAND_MAX_FLAGS], *save = NULL;
    int argc = 0;
    ya_settings s;
    snprintf(text, sizeof text, "%s", flags);
    for (char *word = strtok_r(text, " ", &save); word && argc < COMMAND_MAX_FLAGS;
         word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    ya_log_set_quiet(1);
    assert_int_equal(ya_settings_init(&s, err), YA_OK);
    ya_status status = ya_settings_parse_flags(&s, command, argc, argv, positional, err);
    if (!status)
        status = ya_settings_finish(&s, command, err);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    assert_non_null(freopen(output, "w", stdout));
    if (!status)
        status = call(&s, err);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    ya_settings_free(&s);
    return status;
}

/* The value of a figure of a results document; fails when it is not there. */
static inline double figure_of(const json_t *results, const char *metric, const char *group,
                               const char *system)
{
    const json_t *list = json_object_get(results, "figures"), *f;
    size_t i;
    json_array_foreach(list, i, f)
    {
        if (strcmp(json_string_value(json_object_get(f, "metric")), metric) == 0 &&
            strcmp(json_string_value(json_object_get(f, "group")), group) == 0 &&
            strcmp(json_string_value(json_object_get(f, "system")), system) == 0)
            return json_number_value(json_object_get(f, "value"));
    }
    fail_msg("no figure %s of %s under %s", metric, group, system);
    return 0;
}

#endif
