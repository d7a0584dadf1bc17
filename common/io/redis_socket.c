/* common/io/redis_socket.c
 *
 * See the header.
 */
#include "io/redis_socket.h"

#include <poll.h>

static void set_events(struct redis_socket *socket, short events)
{
        socket->events = events;
        loop_watch_events(socket->watch, events);
}

static void add_read(void *context)
{
        struct redis_socket *socket = context;

        set_events(socket, socket->events | POLLIN);
}

static void delete_read(void *context)
{
        struct redis_socket *socket = context;

        set_events(socket, socket->events & ~POLLIN);
}

static void add_write(void *context)
{
        struct redis_socket *socket = context;

        set_events(socket, socket->events | POLLOUT);
}

static void delete_write(void *context)
{
        struct redis_socket *socket = context;

        set_events(socket, socket->events & ~POLLOUT);
}

static void clean_up(void *context)
{
        struct redis_socket *socket = context;
        const char *failure = socket->connection->errstr;

        loop_unwatch(socket->watch);
        socket->watch = NULL;
        socket->connection = NULL;
        socket->ended(socket->context, failure && failure[0] ? failure : "the connection ended");
}

/* Both: the loop does not say which, and each finds out for itself. Either may be the connection's
 * end. */
static void on_ready(void *context)
{
        struct redis_socket *socket = context;
        redisAsyncContext *connection = socket->connection;

        if (socket->events & POLLOUT)
                redisAsyncHandleWrite(connection);
        if (socket->connection == connection && socket->events & POLLIN)
                redisAsyncHandleRead(connection);
}

void redis_socket_attach(struct redis_socket *socket, struct loop *loop,
                         redisAsyncContext *connection)
{
        socket->loop = loop;
        socket->connection = connection;
        socket->events = 0;
        socket->watch = loop_watch(loop, connection->c.fd, 0, on_ready, socket);
        connection->data = socket->context;
        connection->ev.data = socket;
        connection->ev.addRead = add_read;
        connection->ev.delRead = delete_read;
        connection->ev.addWrite = add_write;
        connection->ev.delWrite = delete_write;
        connection->ev.cleanup = clean_up;
}

void redis_socket_end(struct redis_socket *socket)
{
        if (socket->connection)
                redisAsyncFree(socket->connection);
}
