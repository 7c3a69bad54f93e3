/* Running `train` through its library function, and reading what it leaves. */
#ifndef TESTS_SUPPORT_TRAINING_H
#define TESTS_SUPPORT_TRAINING_H

#include "base/log.h"
#include "settings/settings.h"
#include "train/run.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { TRAINING_MAX_FLAGS = 96 };

/* Trains with flags given as one text, split at blanks: paths in tests have none. */
static inline ya_status training_run(const char *flags, ya_error *err)
{
    char text[32768];
    char *argv[TRAINING_MAX_FLAGS], *save = NULL;
    int argc = 0;
    ya_settings s;
    snprintf(text, sizeof text, "%s", flags);
    for (char *word = strtok_r(text, " ", &save); word && argc < TRAINING_MAX_FLAGS;
         word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    ya_log_set_quiet(1);
    ya_status status = ya_settings_init(&s, err);
    if (status)
        return status;
    status = ya_settings_parse_flags(&s, YA_FOR_TRAIN, argc, argv, YA_N_SETTINGS, err);
    if (!status && !s.resume) /* as cli/main.c does */
        status = ya_settings_finish(&s, YA_FOR_TRAIN, err);
    if (!status)
        status = ya_train(&s, err);
    ya_settings_free(&s);
    return status;
}

/* The lines of DIR/metrics.jsonl that report steps, as an array; NULL when it cannot be read. */
static inline json_t *training_metrics(const char *dir)
{
    char path[8192], line[8192];
    snprintf(path, sizeof path, "%s/metrics.jsonl", dir);
    FILE *file = fopen(path, "r");
    json_t *lines = file ? json_array() : NULL;
    while (file && fgets(line, sizeof line, file)) {
        json_t *object = json_loads(line, 0, NULL);
        if (object && !json_object_get(object, "event"))
            json_array_append_new(lines, object);
        else
            json_decref(object);
    }
    if (file)
        fclose(file);
    return lines;
}

#endif
