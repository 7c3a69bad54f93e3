#include "hub/http.h"

#include "base/alloc.h"
#include "base/log.h"
#include "hub/curl.h"
#include "train/interrupt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Tries in a row that bring nothing; the first pause, doubled each time; the longest that a server
 * may ask for (Retry-After). */
enum { MOST_TRIES = 6, FIRST_PAUSE_MS = 250, LONGEST_PAUSE_MS = 60000, POLL_MS = 50 };
enum { MOST_REDIRECTS = 8, CONNECT_TIMEOUT_S = 30, STALLED_S = 60 };

struct ya_http {
    ya_curl curl;
    CURL *easy;
    char *token; /* NULL: none */
};

/* One try. */
typedef struct {
    ya_http *http;
    const ya_http_sink *sink;
    uint64_t asked, at; /* where the body was asked to begin, where the next byte belongs */
    bool begun;
    uint64_t range_start; /* of Content-Range */
    bool has_range;
    long pause_ms; /* Retry-After; 0: none */
    char *next;    /* may be NULL */
    ya_status status;
    ya_error *err;
} transfer;

static long response_code(ya_http *http)
{
    long code = 0;
    http->curl.easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &code);
    return code;
}

/* Headers: ------------------------------------------------------------------------------------- */

/* "Name: value" gives value; NULL for another name. */
static const char *header_value(const char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncasecmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    return line + length + 1 + strspn(line + length + 1, " \t");
}

/* The URL of rel="next" in a Link header. */
static void read_link(const char *value, char next[YA_URL_MAX])
{
    const char *rel = strstr(value, "rel=\"next\""), *open = NULL;
    for (const char *at = value; rel && at < rel; at++)
        if (*at == '<')
            open = at + 1;
    const char *close = open ? strchr(open, '>') : NULL;
    if (close && close < rel && close - open < YA_URL_MAX) {
        memcpy(next, open, (size_t)(close - open));
        next[close - open] = '\0';
    }
}

static size_t on_header(char *data, size_t size, size_t n, void *context)
{
    transfer *t = context;
    char line[YA_URL_MAX + 64];
    const char *value;
    size_t length = size * n < sizeof line ? size * n : sizeof line - 1;
    memcpy(line, data, length);
    line[length] = '\0';
    if (strncasecmp(line, "HTTP/", 5) == 0) { /* of the last answer of several */
        t->has_range = false;
        t->pause_ms = 0;
    } else if ((value = header_value(line, "content-range"))) {
        unsigned long long start;
        t->has_range = sscanf(value, "bytes %llu-", &start) == 1;
        t->range_start = t->has_range ? start : 0;
    } else if ((value = header_value(line, "retry-after"))) {
        long seconds = strtol(value, NULL, 10);
        t->pause_ms = seconds > 0 && seconds < LONGEST_PAUSE_MS / 1000 ? seconds * 1000 : 0;
    } else if (t->next && (value = header_value(line, "link"))) {
        read_link(value, t->next);
    }
    return size * n;
}

/* The body: ------------------------------------------------------------------------------------ */

static ya_status begin(transfer *t, long code)
{
    uint64_t offset = code == 206 ? t->asked : 0;
    t->begun = true;
    if (code == 206 && (!t->has_range || t->range_start != t->asked))
        return ya_fail(t->err, YA_ERR_IO, "the server sent another part than it was asked for");
    t->at = offset;
    return t->sink->begin(t->sink->context, offset, t->err);
}

static size_t on_body(char *data, size_t size, size_t n, void *context)
{
    transfer *t = context;
    long code = response_code(t->http);
    if (code < 200 || code > 299)
        return size * n; /* a page about the failure */
    if (!t->begun)
        t->status = begin(t, code);
    if (!t->status)
        t->status = t->sink->add(t->sink->context, data, size * n, t->err);
    if (t->status)
        return 0;
    t->at += size * n;
    return size * n;
}

static int on_progress(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)context, (void)a, (void)b, (void)c, (void)d;
    return ya_interrupt_signal() != 0;
}

/* One try: ------------------------------------------------------------------------------------- */

static void set_protocols(ya_http *http, const char *url)
{
    ya_curl *c = &http->curl;
    bool secure = strncasecmp(url, "https:", 6) == 0; /* and stays so when redirected */
#if LIBCURL_VERSION_NUM >= 0x075500
    c->easy_setopt(http->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    c->easy_setopt(http->easy, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
#else
    c->easy_setopt(http->easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    c->easy_setopt(http->easy, CURLOPT_REDIR_PROTOCOLS,
                   (long)(secure ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static CURLcode perform(transfer *t, const char *url)
{
    ya_curl *c = &t->http->curl;
    CURL *easy = t->http->easy;
    char range[32];
    c->easy_reset(easy);
    set_protocols(t->http, url);
    c->easy_setopt(easy, CURLOPT_URL, url);
    c->easy_setopt(easy, CURLOPT_USERAGENT, "your_ai/" YA_VERSION);
    c->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    c->easy_setopt(easy, CURLOPT_MAXREDIRS, (long)MOST_REDIRECTS);
    c->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    c->easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    c->easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)STALLED_S);
    c->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    c->easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    c->easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    c->easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    c->easy_setopt(easy, CURLOPT_HEADERDATA, t);
    c->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    c->easy_setopt(easy, CURLOPT_WRITEDATA, t);
    if (t->http->token) {
        c->easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        c->easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, t->http->token);
    }
    if (t->asked > 0) {
        snprintf(range, sizeof range, "%llu-", (unsigned long long)t->asked);
        c->easy_setopt(easy, CURLOPT_RANGE, range);
    }
    return c->easy_perform(easy);
}

/* What a finished answer means; *again: it may go better the next time. */
static ya_status judge(const transfer *t, long code, const char *url, const char *what, bool *again)
{
    ya_error *err = t->err;
    if (code >= 200 && code <= 299)
        return YA_OK;
    *again = code == 429 || code == 416 || code >= 500;
    if (code == 401 || code == 403)
        return ya_fail(err, YA_ERR_IO,
                       "the hub does not give %s out (HTTP %ld): it is private or its terms must "
                       "be accepted on its page; %s",
                       what, code,
                       t->http->token ? "the token of HF_TOKEN does not allow it"
                                      : "set HF_TOKEN to a token of yours that may read it");
    if (code == 404)
        return ya_fail(err, YA_ERR_IO, "the hub has no %s (HTTP 404 of %s)", what, url);
    return ya_fail(err, YA_ERR_IO, "the hub answers %s with HTTP %ld", url, code);
}

static ya_status try_once(transfer *t, const char *url, const char *what, bool *again)
{
    *again = false;
    CURLcode result = perform(t, url);
    if (t->status)
        return t->status;
    if (result == CURLE_ABORTED_BY_CALLBACK || ya_interrupt_signal())
        return ya_fail(t->err, YA_ERR_INTERRUPTED,
                       "interrupted; what has come is kept, and the same command goes on from it");
    if (result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL)
        return ya_fail(t->err, YA_ERR_USAGE, "%s is no address that can be fetched: %s", url,
                       t->http->curl.easy_strerror(result));
    if (result != CURLE_OK) {
        *again = result != CURLE_PEER_FAILED_VERIFICATION && result != CURLE_TOO_MANY_REDIRECTS;
        return ya_fail(t->err, YA_ERR_IO, "cannot fetch %s: %s", url,
                       t->http->curl.easy_strerror(result));
    }
    long code = response_code(t->http);
    ya_status status = judge(t, code, url, what, again);
    if (!status && !t->begun)
        status = begin(t, code == 206 ? 206 : 200);
    return status;
}

/* All tries: ----------------------------------------------------------------------------------- */

static void pause_for(long ms)
{
    for (long waited = 0; waited < ms && !ya_interrupt_signal(); waited += POLL_MS)
        nanosleep(&(struct timespec){0, POLL_MS * 1000000l}, NULL);
}

static ya_status fetch(ya_http *http, const char *url, const char *what, uint64_t offset,
                       bool go_on, const ya_http_sink *sink, char *next, ya_error *err)
{
    uint64_t at = offset, furthest = offset;
    for (int tries = 1;; tries++) {
        transfer t = {.http = http, .sink = sink, .asked = at, .at = at, .next = next, .err = err};
        bool again;
        ya_status status = try_once(&t, url, what, &again);
        if (!status || !again)
            return status;
        if (go_on && t.at > furthest) {
            furthest = t.at;
            tries = 0; /* something came */
        }
        at = go_on && response_code(http) != 416 ? t.at : 0;
        if (tries == MOST_TRIES)
            return status;
        if (tries > 1)
            ya_info("%s; trying again", err->text);
        pause_for(t.pause_ms ? t.pause_ms : FIRST_PAUSE_MS << (tries ? tries - 1 : 0));
    }
}

ya_status ya_http_stream(ya_http *http, const char *url, const char *what, uint64_t offset,
                         const ya_http_sink *sink, ya_error *err)
{
    return fetch(http, url, what, offset, true, sink, NULL, err);
}

/* Documents: ----------------------------------------------------------------------------------- */

typedef struct {
    ya_buffer *body;
    size_t most;
} document;

static ya_status document_begin(void *context, uint64_t offset, ya_error *err)
{
    document *d = context;
    (void)offset, (void)err;
    d->body->size = 0;
    return YA_OK;
}

static ya_status document_add(void *context, const void *bytes, size_t n, ya_error *err)
{
    document *d = context;
    if (n > d->most - d->body->size)
        return ya_fail(err, YA_ERR_FORMAT, "the hub's answer is longer than %zu bytes", d->most);
    return ya_buffer_add(d->body, bytes, n, err);
}

ya_status ya_http_get(ya_http *http, const char *url, const char *what, size_t most,
                      ya_buffer *body, char next[YA_URL_MAX], ya_error *err)
{
    document d = {body, most};
    ya_http_sink sink = {document_begin, document_add, &d};
    next[0] = '\0';
    return fetch(http, url, what, 0, false, &sink, next, err);
}

/* Open and close: ------------------------------------------------------------------------------ */

ya_status ya_http_open(ya_http **out, const char *token, ya_error *err)
{
    ya_http *http = ya_alloc_zero(1, sizeof *http);
    ya_status status;
    *out = NULL;
    if (!http)
        return ya_fail(err, YA_ERR_MEMORY, "out of memory for a download");
    YA_TRY(ya_curl_load(&http->curl, err));
    http->easy = http->curl.easy_init();
    http->token = token ? ya_strdup(token) : NULL;
    if (!http->easy || (token && !http->token))
        YA_TRY(ya_fail(err, YA_ERR_MEMORY, "out of memory for a download"));
    *out = http;
    return YA_OK;
done:
    ya_http_close(http);
    return status;
}

void ya_http_close(ya_http *http)
{
    if (!http)
        return;
    if (http->easy)
        http->curl.easy_cleanup(http->easy);
    ya_curl_unload(&http->curl);
    ya_free(http->token);
    ya_free(http);
}
