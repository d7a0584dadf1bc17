/* common/model/redis_url.h
 *
 * Where Redis is, as one address:
 *         redis://[[user]:password@]host[:port][/db]      also rediss:// (over TLS)
 *         unix:///path/to/socket[?db=N]                   also unix://[user]:password@/path
 * User, password and path may be percent-encoded. An IPv6 host stands in brackets.
 * redis+sentinel:// is refused with a sentence: it is not built yet.
 */
#ifndef MODEL_REDIS_URL_H
#define MODEL_REDIS_URL_H

#include <stdbool.h>

#include "base/error.h"

enum { REDIS_URL_PART_BYTES = 512 };

struct redis_url {
        bool tls;
        char path[REDIS_URL_PART_BYTES]; /* of a socket; "" for a host */
        char host[REDIS_URL_PART_BYTES];
        int port;                            /* 6379 where none is given */
        char user[REDIS_URL_PART_BYTES];     /* "": none, Redis takes "default" */
        char password[REDIS_URL_PART_BYTES]; /* "": none */
        int database;
};

/* The reason never quotes user or password. */
int redis_url_parse(struct redis_url *url, const char *text, struct error *error);

#endif
