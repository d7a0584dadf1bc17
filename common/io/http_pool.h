/* common/io/http_pool.h
 *
 * A few of libcurl's easy handles between their uses. A handle keeps the TLS sessions it made, so
 * it is given again to the origin that used it last: a site whose Varnish closes the connection
 * after every PATCH is then greeted with a short handshake. Internal to io/http.
 */
#ifndef IO_HTTP_POOL_H
#define IO_HTTP_POOL_H

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_POOL_HANDLES = 64 }; /* as many as the writer has transfers, unless told otherwise */

struct http_pool {
        struct {
                CURL *easy;
                uint64_t origin;
        } handles[HTTP_POOL_HANDLES]; /* the one given back longest ago first */
        size_t count;
        size_t alive; /* those in use, too */
};

/* As new, but for its sessions. Never NULL. */
CURL *http_pool_take(struct http_pool *pool, uint64_t origin);
void http_pool_give_back(struct http_pool *pool, CURL *easy, uint64_t origin);
void http_pool_deinit(struct http_pool *pool);

#endif
