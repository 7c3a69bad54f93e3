/* How the settings want computing to be done here: threads and type. */
#ifndef YA_MODEL_COMPUTE_H
#define YA_MODEL_COMPUTE_H

#include "settings/settings.h"

/* threads of the settings, or as many as this process may have (base/team.h). */
int ya_compute_threads(const ya_settings *settings);
/* dtype of the settings: auto and bf16 are bf16 where the processor computes it natively, else f32;
 * for bf16 a warning says so once. */
bool ya_compute_bf16(const ya_settings *settings);

#endif
