#include "hub/curl.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

ya_status ya_curl_load(ya_curl *curl, ya_error *err)
{
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
    *curl = (ya_curl){0};
    for (int i = 0; i < 2 && !curl->library; i++)
        curl->library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!curl->library)
        return ya_fail(err, YA_ERR_UNSUPPORTED,
                       "downloading needs libcurl: install the package libcurl4");
    bool found = true;
#define X(name)                                                                                    \
    {                                                                                              \
        void *function = dlsym(curl->library, "curl_" #name);                                      \
        memcpy(&curl->name, &function, sizeof function);                                           \
        found = found && function;                                                                 \
    }
    YA_CURL_FUNCTIONS(X)
#undef X
    if (found && curl->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        return YA_OK;
    dlclose(curl->library);
    curl->library = NULL;
    return ya_fail(err, YA_ERR_UNSUPPORTED, "the libcurl of this machine cannot be used");
}

void ya_curl_unload(ya_curl *curl)
{
    if (!curl->library)
        return;
    curl->global_cleanup();
    dlclose(curl->library);
    curl->library = NULL;
}
