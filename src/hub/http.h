/* GET over http and https through libcurl. The library is loaded when the first request is made, so
 * that training does not carry it and the twenty libraries behind it. What the network spoils is
 * tried again; what the server refuses is an error. One request at a time, one thread. */
#ifndef YA_HUB_HTTP_H
#define YA_HUB_HTTP_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { YA_URL_MAX = 4096 };

typedef struct ya_http ya_http;

/* `token` (NULL: none) is sent to the hosts of the requested URLs and to none that they redirect
 * to. */
ya_status ya_http_open(ya_http **http, const char *token, ya_error *err) YA_CHECK;
void ya_http_close(ya_http *http); /* NULL is free to close */

/* Where a body goes. A failing call ends the request. */
typedef struct {
    /* The next bytes belong at `offset`: the one asked for, or 0 where the server sends all of it.
     * Called before the first bytes of every try, also of an empty body. */
    ya_status (*begin)(void *context, uint64_t offset, ya_error *err);
    ya_status (*add)(void *context, const void *bytes, size_t n, ya_error *err);
    void *context;
} ya_http_sink;

/* The body of `url` from `offset` on. A transfer that breaks goes on behind the last byte that
 * came, with pauses that grow, until several tries in a row brought nothing. `what` is what the
 * user wanted, for the sentence of a failure: "ORG/NAME". YA_ERR_INTERRUPTED after a signal
 * (train/interrupt.h). */
ya_status ya_http_stream(ya_http *http, const char *url, const char *what, uint64_t offset,
                         const ya_http_sink *sink, ya_error *err) YA_CHECK;

/* A document of at most `most` bytes into `body`. `next` gets the URL that the server names as its
 * continuation (Link: <URL>; rel="next"), "" when there is none. */
ya_status ya_http_get(ya_http *http, const char *url, const char *what, size_t most,
                      ya_buffer *body, char next[YA_URL_MAX], ya_error *err) YA_CHECK;

#endif
