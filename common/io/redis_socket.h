/* common/io/redis_socket.h
 *
 * One asynchronous connection of hiredis on the loop: its hooks for reading and writing, and one
 * place where it ends. hiredis frees a connection by itself after most errors, in its own time when
 * one of its callbacks is running, and always calls ev.cleanup on the way: that is the place.
 *
 * Internal to common/io/redis*.c.
 */
#ifndef IO_REDIS_SOCKET_H
#define IO_REDIS_SOCKET_H

#include <hiredis/async.h>

#include "io/loop.h"

struct redis_socket {
        redisAsyncContext *connection; /* NULL: none; its `data` is `context` */
        void *context;
        /* The connection is gone. Its commands are answered with NULL before this (hiredis 0.14) or
         * right after it (1.0), in any case before a timer runs. `failure` is valid for the call.
         */
        void (*ended)(void *context, const char *failure);

        struct loop *loop; /* of redis_socket_attach */
        struct loop_watch *watch;
        short events;
};

/* Takes over a connection that has just been begun, and that has no error. */
void redis_socket_attach(struct redis_socket *socket, struct loop *loop,
                         redisAsyncContext *connection);

/* Ends it, if there is one: `ended` is called, at once or when hiredis is off the stack. */
void redis_socket_end(struct redis_socket *socket);

#endif
