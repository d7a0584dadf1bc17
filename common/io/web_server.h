/* common/io/web_server.h
 *
 * libmicrohttpd on the loop: a port that answers HTTP without a thread of its own, so that a slow
 * reader holds nobody. What is answered is the owner's (io/admin.h, the console). The socket is
 * opened here, so that a port that is taken is said with its number.
 */
#ifndef IO_WEB_SERVER_H
#define IO_WEB_SERVER_H

#include <microhttpd.h>

#include "io/loop.h"

struct web_server;

struct web_server_setup {
        const char *address;      /* "127.0.0.1:9090", "[::1]:9090", ":9090"; port 0: a free one */
        const char *setting;      /* how the configuration calls it, for the reasons */
        unsigned connections_max; /* at the limit no more are taken; they wait in the backlog */
        size_t request_bytes;     /* of line and headers of one request, and for its answer's */
        MHD_AccessHandlerCallback answer;
        MHD_RequestCompletedCallback completed; /* may be NULL */
        void *context;                          /* of both */
};

/* NULL and a reason. */
struct web_server *web_server_new(struct loop *loop, const struct web_server_setup *setup,
                                  struct error *error);
int web_server_port(const struct web_server *server);
void web_server_free(struct web_server *server); /* NULL is fine */

#endif
