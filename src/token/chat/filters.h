/* For the files of filters. */
#ifndef YA_TOKEN_CHAT_FILTERS_H
#define YA_TOKEN_CHAT_FILTERS_H

#include "token/chat/run.h"

#define FILTER(name)                                                                               \
    static bool name(ya_run *run, ya_value self, const ya_args *args, ya_value *out)

/* Filters of lists: list_filters.c. */
const ya_function *ya_find_list_filter(const ya_str *name);

#endif
