/* common/io/http_origin.h
 *
 * A URL taken apart, and what follows from its scheme, host and port: where a redirect may lead,
 * and which requests may share a handle. Internal to io/http.
 */
#ifndef IO_HTTP_ORIGIN_H
#define IO_HTTP_ORIGIN_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct http_origin {
        CURLU *url; /* the whole; a transfer goes by it, so that what was judged is what is sent */
        char *scheme; /* libcurl's, lower-case */
        char *host;
        char *port; /* the scheme's own where the URL names none */
};

/* False if `url` is none, names a user, or is neither http nor https. */
bool http_origin_read(struct http_origin *origin, const char *url);
void http_origin_deinit(struct http_origin *origin);

bool http_origin_is_https(const struct http_origin *origin);
uint64_t http_origin_hash(const struct http_origin *origin);

/* Only to the same host and port, or from http to https on their usual ports: a log-in must not
 * follow a redirect elsewhere, nor fall back to http. */
bool http_origin_may_lead_to(const struct http_origin *from, const struct http_origin *to);

#endif
