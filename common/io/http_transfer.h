/* common/io/http_transfer.h
 *
 * One request and what has come back so far: everything about it but when it runs. Internal to
 * io/http. `code` and `answer` belong together: http_transfer_answer turns libcurl's code and what
 * the callbacks have seen into an outcome.
 */
#ifndef IO_HTTP_TRANSFER_H
#define IO_HTTP_TRANSFER_H

#include "io/http.h"
#include "io/http_origin.h"

enum http_header {
        HTTP_AGE,
        HTTP_ETAG,
        HTTP_LAST_MODIFIED,
        HTTP_RETRY_AFTER,
        HTTP_CONTENT_TYPE,
        HTTP_DATE,
        HTTP_VARNISH_CACHE,
        HTTP_LOCATION,
        HTTP_HEADER_COUNT,
};

struct http_transfer {
        /* what http.c needs: which of its lists it stands in */
        struct http *http;
        struct http_transfer **list;
        struct http_transfer *prev, *next;
        CURL *easy; /* NULL until it runs */

        /* the request, owned */
        struct http_handlers handlers;
        void *context;
        char *method, *url, *cacert, *proxy;
        struct buffer request_body;
        struct curl_slist *headers; /* the log-in among them */
        struct http_origin origin;
        int64_t timeout_ms, connect_timeout_ms, max_bytes;
        bool gzip, has_login, allow_insecure_http, allow_private_addresses, follow_redirects, keep_body;

        /* what has come */
        int64_t started_ms;
        int64_t earlier_us; /* spent on what was redirected */
        unsigned redirects;
        unsigned sends;
        long status; /* of the answer whose headers or body are coming */
        char *header_texts[HTTP_HEADER_COUNT];
        size_t header_bytes;
        int64_t decoded_bytes;
        struct buffer body;
        bool began, stopped, too_large, cancelled;
        bool moved; /* some of the body was taken in this turn */
        char refused[128]; /* why we ourselves ended it; "": we did not */
        char curl_error[CURL_ERROR_SIZE];
};

/* Copies the request. Never NULL; a request that cannot be sent has `refused` set. */
struct http_transfer *http_transfer_new(const struct http_request *request,
                                        const struct http_handlers *handlers, void *context);
void http_transfer_free(struct http_transfer *transfer);

/* Puts the request into `easy`, which must be as new. */
void http_transfer_prepare(struct http_transfer *transfer, CURL *easy, const char *user_agent,
                           const char *default_cacert);

/* A redirect that may be followed: its URL is the transfer's now, and all that had come is
 * forgotten. */
bool http_transfer_follow(struct http_transfer *transfer, CURLcode code);

/* Texts and body are borrowed from the transfer. */
void http_transfer_answer(const struct http_transfer *transfer, CURLcode code,
                          struct http_answer *answer);

/* From http.c: has the loop's turn used its time? Then the transfer is paused until the next. */
bool http_out_of_time(struct http_transfer *transfer);

/* From http.c: a socket was made for its connection. */
void http_connects(struct http_transfer *transfer, curl_socket_t fd);

#endif
