/* `your_ai export`: a model or adapter in the form that another program runs. */
#ifndef YA_EXPORT_EXPORT_H
#define YA_EXPORT_EXPORT_H

#include "settings/settings.h"

/* What `model`, `adapter`, `base` of the settings name, written to `output` as `to` says: a
 * Hugging Face directory or a GGUF file with the adapter merged into it, or the adapter alone as
 * PEFT's directory or as a GGUF file. Streams tensor by tensor; the output appears whole or not at
 * all. YA_ERR_USAGE for an output that exists unless `force`; YA_ERR_INTERRUPTED after SIGINT or
 * SIGTERM, with nothing left behind. */
ya_status ya_export(const ya_settings *settings, ya_error *err) YA_CHECK;

#endif
