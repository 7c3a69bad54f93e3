/* `your_ai pull`: a model or data set from a hub into the cache that --model looks in. */
#ifndef YA_HUB_PULL_H
#define YA_HUB_PULL_H

#include "settings/settings.h"

/* Of s: repository, revision, include, dataset, json. The environment: HF_ENDPOINT (another hub, a
 * mirror), HF_TOKEN, HF_HUB_OFFLINE (only checks what is there), HF_HUB_CACHE, HF_HOME. */
ya_status ya_pull(const ya_settings *s, ya_error *err) YA_CHECK;

#endif
