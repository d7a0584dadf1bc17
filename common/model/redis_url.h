/* common/model/redis_url.h
 *
 * Where Redis is, as one address:
 *         redis://[[user]:password@]host[:port][/db]      also rediss:// (over TLS)
 *         unix:///path/to/socket[?db=N]                   also unix://[user]:password@/path
 *         redis+sentinel://[[user]:password@]sentinel[:port][,sentinel[:port] ...]/master[/db]
 *                 [?sentinel_password=...[&sentinel_user=...]]
 * User, password, path and the sentinels' log-in may be percent-encoded. An IPv6 host stands in
 * brackets. With sentinels, user and password are those of Redis itself; there is no TLS.
 */
#ifndef MODEL_REDIS_URL_H
#define MODEL_REDIS_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { REDIS_URL_PART_BYTES = 512, REDIS_SENTINELS_MAX = 8 };

struct redis_sentinel_place {
        char host[REDIS_URL_PART_BYTES];
        int port; /* 26379 where none is given */
};

struct redis_url {
        bool tls;
        char path[REDIS_URL_PART_BYTES]; /* of a socket; "" for a host */
        char host[REDIS_URL_PART_BYTES];
        int port;                            /* 6379 where none is given */
        char user[REDIS_URL_PART_BYTES];     /* "": none, Redis takes "default" */
        char password[REDIS_URL_PART_BYTES]; /* "": none */
        int database;

        size_t sentinel_count; /* 0: the address is Redis's own */
        struct redis_sentinel_place sentinels[REDIS_SENTINELS_MAX];
        char master[REDIS_URL_PART_BYTES]; /* as the sentinels call it */
        char sentinel_user[REDIS_URL_PART_BYTES];
        char sentinel_password[REDIS_URL_PART_BYTES]; /* "": none */
};

/* The reason never quotes user or password. */
int redis_url_parse(struct redis_url *url, const char *text, struct error *error);

#endif
