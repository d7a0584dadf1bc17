/* common/io/redis_socket.c
 *
 * A turn's commands leave together at its end, and the descriptor is watched anew only where they
 * do not fit, or the turn has used its time: hiredis asks for every single one whether it may write.
 */
#include "io/redis_socket.h"

#include <poll.h>

static void add_read(void *context)
{
        struct redis_socket *socket = context;

        socket->events |= POLLIN;
}

static void delete_read(void *context)
{
        struct redis_socket *socket = context;

        socket->events &= ~POLLIN;
}

static void add_write(void *context)
{
        struct redis_socket *socket = context;

        socket->events |= POLLOUT;
}

static void delete_write(void *context)
{
        struct redis_socket *socket = context;

        socket->events &= ~POLLOUT;
}

static void on_writes(void *context)
{
        struct redis_socket *socket = context;

        if (socket->events & POLLOUT && socket->connection->c.flags & REDIS_CONNECTED &&
            loop_turn_us(socket->loop) < LOOP_SLICE_US)
                redisAsyncHandleWrite(socket->connection);
        if (socket->watch)
                loop_watch_events(socket->watch, socket->events);
}

static void clean_up(void *context)
{
        struct redis_socket *socket = context;
        const char *failure = socket->connection->errstr;

        loop_not_at(socket->loop, LOOP_WRITES, on_writes, socket);
        loop_again(socket->loop); /* whoever is told may have had its place in this turn already */
        loop_unwatch(socket->watch);
        socket->watch = NULL;
        socket->connection = NULL;
        socket->ended(socket->context, failure && failure[0] ? failure : "the connection ended");
}

/* Either may be the connection's end. */
static void on_ready(void *context)
{
        struct redis_socket *socket = context;
        redisAsyncContext *connection = socket->connection;
        short ready = loop_ready_events(socket->loop);

        if (ready & POLLOUT)
                redisAsyncHandleWrite(connection);
        if (socket->connection == connection && ready & POLLIN)
                redisAsyncHandleRead(connection);
}

void redis_socket_attach(struct redis_socket *socket, struct loop *loop,
                         redisAsyncContext *connection)
{
        socket->loop = loop;
        socket->connection = connection;
        socket->events = 0;
        socket->watch = loop_watch(loop, connection->c.fd, 0, on_ready, socket);
        loop_at(loop, LOOP_WRITES, on_writes, socket);
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
