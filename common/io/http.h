/* common/io/http.h
 *
 * HTTP requests by libcurl on the loop, with the traps of DESIGN.md ("Libraries and their traps")
 * closed: sends are counted and a silent second send of a PATCH is aborted, decoded bytes are
 * counted, redirects only on GET, only to the same host and only https (or from http to the same
 * http host where that is allowed), protocols restricted, the resolved address checked (loopback,
 * private, link-local, ... refused unless allowed) on every connection, CAINFO set and CAPATH NULL,
 * no signals. Connections and TLS sessions are kept and reused where the server keeps them.
 *
 * Queueing is the caller's: http_start sends at once.
 */
#ifndef IO_HTTP_H
#define IO_HTTP_H

#include "base/buffer.h"
#include "io/loop.h"

struct http;
struct http_transfer;

enum http_transport {
        HTTP_ANSWERED,  /* a whole answer came; `status` says which */
        HTTP_NOT_SENT,  /* no request left: refused, DNS, TLS, address not allowed, proxy, aborted by `before_send` */
        HTTP_BROKEN,    /* something was sent and no whole answer came: timeout, reset, empty, truncated */
        HTTP_TOO_LARGE, /* the answer was longer than max_bytes and was cut off */
        HTTP_STOPPED,   /* on_data returned false */
};

struct http_request {
        const char *method;             /* "GET", "PATCH", "POST" */
        const char *url;
        const char *const *headers;     /* "Name: value" lines, NULL-terminated; may be NULL */
        struct slice body;              /* of what is no GET; copied */
        const char *username;           /* basic auth, NULL: anonymous. Only ever sent to the host of `url` */
        const char *password;
        const char *cacert;             /* PEM bundle; NULL: the system's */
        const char *proxy;              /* NULL: none; the environment's proxies are never used. With one, it
                                           resolves the name, and addresses are not judged here */
        int64_t timeout_ms;             /* whole request */
        int64_t connect_timeout_ms;
        int64_t max_bytes;              /* decoded bytes of the answer; 0: any, but none are kept or passed on */
        bool gzip;                      /* Accept-Encoding: gzip */
        bool allow_insecure_http;
        bool allow_private_addresses;
        bool follow_redirects;          /* GET only */
        bool keep_body;                 /* collect the body into the answer; else it goes to on_data */
};

/* Valid during on_done only. Header texts are NULL where the answer has none, at most 1,024 bytes. */
struct http_answer {
        enum http_transport transport;
        unsigned sends;                 /* how often a request left; 2 and HTTP_BROKEN: libcurl's own resend was stopped */
        long status;                    /* of the last status line that came, also with HTTP_BROKEN; 0: none came */
        char error[256];                /* for people, without userinfo or query; "" if answered, but for a
                                           redirect that was not followed: where it leads */
        const char *age;
        const char *etag;
        const char *last_modified;
        const char *retry_after;
        const char *content_type;
        const char *date;
        const char *varnish_cache;      /* X-Varnish-Cache */
        struct slice body;              /* with keep_body */
        int64_t decoded_bytes;
        int64_t started_ms;             /* loop_now_ms at http_start */
        int64_t duration_us;
};

struct http_handlers {
        /* The first body bytes of a 200 are coming (headers are known). Return false to stop. May be NULL. */
        bool (*on_begin)(void *context, const struct http_answer *answer);
        /* Body bytes of a 200, decoded, as they arrive. Return false to stop. NULL with keep_body. */
        bool (*on_data)(void *context, const char *data, size_t bytes);
        /* Immediately before the request's bytes leave. Return false to refuse: HTTP_NOT_SENT. May be NULL. */
        bool (*before_send)(void *context);
        /* Always called exactly once, unless http_cancel was. The transfer is gone afterwards. */
        void (*on_done)(void *context, const struct http_answer *answer);
};

/* A loop may have several. The User-Agent is "dplsync/<version> (+contact)" (CONTRACT.md "The PATCH"); contact may be NULL. */
struct http *http_new(struct loop *loop, const char *contact, struct error *error);
void http_free(struct http *http); /* cancels what runs */

/* Never NULL; on_done is never called before http_start has returned. */
struct http_transfer *http_start(struct http *http, const struct http_request *request,
                                 const struct http_handlers *handlers, void *context);
void http_cancel(struct http_transfer *transfer);

#endif
