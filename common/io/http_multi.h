/* common/io/http_multi.h
 *
 * libcurl's multi handle on the loop: its sockets are watched by epoll, and only those that are
 * ready are worked on (curl_multi_socket_action); its timeouts are its own, by the steady clock,
 * so that a clock that is set back makes no PATCH outlive its lease. Internal to io/http.
 */
#ifndef IO_HTTP_MULTI_H
#define IO_HTTP_MULTI_H

#include <curl/curl.h>

#include "io/loop.h"

struct http_socket;

struct http_multi {
        struct loop *loop;
        struct http_socket *sockets; /* by descriptor */
        CURLM *curl; /* NULL: none was made, or it was closed */
};

int http_multi_open(struct http_multi *multi, struct loop *loop, struct error *error);
void http_multi_close(struct http_multi *multi); /* without transfers, or never opened */

CURLMcode http_multi_add(struct http_multi *multi, CURL *easy);

/* `fd` was made for a connection of one that was added, which will close it. */
void http_multi_connects(struct http_multi *multi, curl_socket_t fd);

/* What is due without a socket: what was added, resumed or has run into its timeout. */
void http_multi_work(struct http_multi *multi);

/* A transfer that has ended and is removed, and how; NULL: no more for now. */
CURL *http_multi_ended(struct http_multi *multi, CURLcode *code);

#endif
