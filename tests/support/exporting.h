/* Running `export` and `logits` as functions, in the scratch directory. */
#ifndef TESTS_SUPPORT_EXPORTING_H
#define TESTS_SUPPORT_EXPORTING_H

#include "base/log.h"
#include "eval/logits.h"
#include "export/export.h"
#include "io/safetensors.h"

#include "support/cmocka_all.h"
#include "support/golden.h"
#include "support/scratch.h"

#include <stdlib.h>
#include <string.h>

/* `flags`: as on the command line, without paths that hold spaces. */
static inline ya_status run_command(unsigned command, const char *flags, ya_error *err)
{
    char text[65536], *argv[40], *save = NULL;
    int argc = 0;
    ya_settings s;
    snprintf(text, sizeof text, "%s --threads 2 --quiet", flags);
    for (char *word = strtok_r(text, " ", &save); word && argc < 40;
         word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    ya_log_set_quiet(1);
    assert_int_equal(ya_settings_init(&s, err), YA_OK);
    ya_status status = ya_settings_parse_flags(&s, command, argc, argv, YA_N_SETTINGS, err);
    if (!status)
        status = ya_settings_finish(&s, command, err);
    if (!status)
        status = command == YA_FOR_EXPORT ? ya_export(&s, err) : ya_logits(&s, err);
    ya_settings_free(&s);
    return status;
}

static inline void must_run(unsigned command, const char *format, ...)
{
    char flags[32768];
    ya_error err;
    va_list args;
    va_start(args, format);
    vsnprintf(flags, sizeof flags, format, args);
    va_end(args);
    if (run_command(command, flags, &err) != YA_OK)
        fail_msg("%s: %s", flags, err.text);
}

/* Largest difference of two models' logits in f32 on the ids of DIR/ids.json; of the second one
 * against `golden` values when they are given. */
static inline double logits_against(const char *model, const char *more, const float *want,
                                    size_t n)
{
    ya_tensor_set set = {0};
    ya_error err;
    must_run(YA_FOR_LOGITS, "--model %s --ids %s/ids.json --output %s/logits --dtype f32 %s", model,
             scratch_dir, scratch_dir, more);
    if (ya_safetensors_open(&set, scratch("logits"), &err))
        die("logits", &err);
    const ya_tensor *found = golden(&set, "logits");
    assert_int_equal(ya_tensor_elements(found), n);
    double worst = max_difference(found->data, want, n);
    ya_tensor_set_free(&set);
    return worst;
}

static inline void write_ids(const ya_tensor *ids)
{
    FILE *file = fopen(scratch("ids.json"), "w");
    assert_non_null(file);
    const int32_t *id = ids->data;
    for (int64_t i = 0; i < ids->shape[0]; i++) {
        fprintf(file, "%s", i ? ", [" : "[[");
        for (int64_t t = 0; t < ids->shape[1]; t++)
            fprintf(file, "%s%d", t ? ", " : "", (int)*id++);
        fprintf(file, "]");
    }
    fprintf(file, "]\n");
    assert_int_equal(fclose(file), 0);
}

#endif
