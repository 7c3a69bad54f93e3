/* Fresh settings for each test. */
#ifndef YA_TESTS_SETTINGS_FIXTURE_H
#define YA_TESTS_SETTINGS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "settings/settings.h"

static ya_settings s;
static ya_error err;

static inline int fresh(void **state)
{
    (void)state;
    ya_log_set_quiet(1);
    err = (ya_error){0};
    return ya_settings_init(&s, &err) == YA_OK ? 0 : -1;
}

static inline int drop(void **state)
{
    (void)state;
    ya_settings_free(&s);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, drop)

static inline void assert_says(const char *part)
{
    if (!strstr(err.text, part))
        fail_msg("the sentence \"%s\" does not say \"%s\"", err.text, part);
}

static inline ya_status parse(const char *yaml)
{
    return ya_settings_parse_yaml(&s, yaml, strlen(yaml), "f.yaml", &err);
}

/* The flags of one command, as words. */
#define FLAGS(command, ...) flags(command, (char *[]){__VA_ARGS__, NULL})

static inline ya_status flags(unsigned command, char *const *argv)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    return ya_settings_parse_flags(&s, command, argc, argv, YA_N_SETTINGS, &err);
}

#endif
