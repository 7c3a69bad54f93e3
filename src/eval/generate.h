/* `generate`: text from a model, token by token. */
#ifndef YA_EVAL_GENERATE_H
#define YA_EVAL_GENERATE_H

#include "settings/settings.h"

/* Continues each --prompt, --chat and list of --ids. Streams to stdout as text comes; with json one
 * object {"ids", "text"} a prompt; with compare the base and the adapter side by side. */
ya_status ya_generate(const ya_settings *settings, ya_error *err) YA_CHECK;

#endif
