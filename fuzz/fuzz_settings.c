/* Configuration files of any bytes: whatever is accepted must print and read back the same. */
#include "base/log.h"
#include "settings/settings.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int print_of(const char *text, size_t size, ya_buffer *json, ya_buffer *yaml)
{
    ya_settings s;
    ya_error err;
    int done = 0;
    if (ya_settings_init(&s, &err) != YA_OK)
        return 0;
    if (ya_settings_parse_yaml(&s, text, size, "fuzz", &err) == YA_OK &&
        ya_settings_finish(&s, YA_FOR_TRAIN, &err) == YA_OK)
        done = ya_settings_print_json(&s, YA_FOR_TRAIN, json, &err) == YA_OK &&
               ya_settings_print_yaml(&s, YA_FOR_TRAIN, yaml, &err) == YA_OK;
    ya_settings_free(&s);
    return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ya_buffer json = {0}, yaml = {0}, json_again = {0}, yaml_again = {0};
    ya_log_set_quiet(1);
    if (print_of((const char *)data, size, &json, &yaml) && yaml.size < 1 << 20) {
        if (!print_of(yaml.data, yaml.size, &json_again, &yaml_again) ||
            strcmp(json.data, json_again.data) != 0)
            abort();
    }
    ya_buffer_free(&json);
    ya_buffer_free(&yaml);
    ya_buffer_free(&json_again);
    ya_buffer_free(&yaml_again);
    return 0;
}
