/* The few functions of libcurl that we call, found at run time. */
#ifndef YA_HUB_CURL_H
#define YA_HUB_CURL_H

#include "base/error.h"

#include <curl/curl.h>

#define YA_CURL_FUNCTIONS(X)                                                                       \
    X(global_init)                                                                                 \
    X(global_cleanup)                                                                              \
    X(easy_init)                                                                                   \
    X(easy_cleanup)                                                                                \
    X(easy_reset)                                                                                  \
    X(easy_setopt)                                                                                 \
    X(easy_getinfo)                                                                                \
    X(easy_perform)                                                                                \
    X(easy_strerror)

typedef struct {
    void *library;
#define X(name) __typeof__(curl_##name) *name;
    YA_CURL_FUNCTIONS(X)
#undef X
} ya_curl;

ya_status ya_curl_load(ya_curl *curl, ya_error *err) YA_CHECK;
void ya_curl_unload(ya_curl *curl);

#endif
