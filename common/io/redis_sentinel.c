/* common/io/redis_sentinel.c
 *
 * A sentinel is asked over a connection of its own, which is ended with its answer. What it said is
 * looked at when the connection is gone, from a timer: nothing of hiredis is on the stack then.
 */
#include "io/redis_sentinel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "io/redis_socket.h"

enum { REASON_BYTES = 256 };

struct redis_sentinel {
        struct loop *loop;
        const struct redis_url *url;
        int64_t deadline_ms;
        redis_sentinel_fn *told;
        void *context;

        struct redis_socket socket;
        size_t first; /* whom the open question began with */
        size_t tried;
        bool freeing;
        char host[REDIS_URL_PART_BYTES]; /* the master's; "": not known yet */
        int port;
        char reason[REASON_BYTES];
        struct loop_timer deadline;
        struct loop_timer next; /* looks at what came, goes on or tells */
};

static const struct redis_sentinel_place *asked(const struct redis_sentinel *sentinel)
{
        size_t at = (sentinel->first + sentinel->tried) % sentinel->url->sentinel_count;

        return &sentinel->url->sentinels[at];
}

static void set_reason(struct redis_sentinel *sentinel, const char *text)
{
        if (!sentinel->reason[0])
                snprintf(sentinel->reason, sizeof(sentinel->reason), "sentinel %.100s:%d: %.120s",
                         asked(sentinel)->host, asked(sentinel)->port, text);
}

static void go_on(struct redis_sentinel *sentinel)
{
        loop_timer_stop(sentinel->loop, &sentinel->deadline);
        loop_timer_set(sentinel->loop, &sentinel->next, loop_now_ms(sentinel->loop));
}

static void on_ended(void *context, const char *failure)
{
        struct redis_sentinel *sentinel = context;

        if (sentinel->freeing)
                return;
        if (!sentinel->host[0])
                set_reason(sentinel, failure);
        go_on(sentinel);
}

static bool is_text(const redisReply *reply)
{
        return reply->type == REDIS_REPLY_STRING;
}

static void take_master(struct redis_sentinel *sentinel, const redisReply *reply)
{
        char text[REASON_BYTES];

        if (reply->type == REDIS_REPLY_ERROR) {
                set_reason(sentinel, reply->str);
        } else if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                   is_text(reply->element[0]) && is_text(reply->element[1])) {
                text_copy(sentinel->host, sizeof(sentinel->host), reply->element[0]->str);
                sentinel->port = atoi(reply->element[1]->str);
        } else {
                snprintf(text, sizeof(text), "it knows no master \"%.64s\"", sentinel->url->master);
                set_reason(sentinel, text);
        }
}

static void on_reply(redisAsyncContext *connection, void *reply, void *sentinel_)
{
        struct redis_sentinel *sentinel = sentinel_;

        (void)connection;
        if (!reply || sentinel->freeing)
                return;
        take_master(sentinel, reply);
        redis_socket_end(&sentinel->socket);
}

static void on_logged_in(redisAsyncContext *connection, void *reply_, void *sentinel_)
{
        struct redis_sentinel *sentinel = sentinel_;
        const redisReply *reply = reply_;

        (void)connection;
        if (!reply || reply->type != REDIS_REPLY_ERROR)
                return;
        set_reason(sentinel, reply->str);
        redis_socket_end(&sentinel->socket);
}

static void send_question(struct redis_sentinel *sentinel)
{
        const struct redis_url *url = sentinel->url;
        redisAsyncContext *connection = sentinel->socket.connection;
        const char *auth[] = { "AUTH", url->sentinel_user, url->sentinel_password };
        const char *question[] = { "SENTINEL", "get-master-addr-by-name", url->master };
        bool has_user = url->sentinel_user[0] != '\0';

        if (!has_user)
                auth[1] = auth[2];
        if (url->sentinel_password[0])
                redisAsyncCommandArgv(connection, on_logged_in, sentinel, has_user ? 3 : 2, auth,
                                      NULL);
        redisAsyncCommandArgv(connection, on_reply, sentinel, 3, question, NULL);
}

static void on_connected(const redisAsyncContext *connection, int status)
{
        if (status == REDIS_OK)
                send_question(connection->data);
}

/* The one whose turn it is. */
static void ask_one(struct redis_sentinel *sentinel)
{
        const struct redis_sentinel_place *place = asked(sentinel);
        redisAsyncContext *connection = redisAsyncConnect(place->host, place->port);

        sentinel->reason[0] = '\0';
        if (!connection || connection->err) {
                set_reason(sentinel, connection ? connection->errstr : "out of memory");
                if (connection)
                        redisAsyncFree(connection);
                go_on(sentinel);
                return;
        }
        redis_socket_attach(&sentinel->socket, sentinel->loop, connection);
        redisAsyncSetConnectCallback(connection, on_connected);
        loop_timer_set(sentinel->loop, &sentinel->deadline,
                       loop_now_ms(sentinel->loop) + sentinel->deadline_ms);
}

static void on_deadline(void *context)
{
        struct redis_sentinel *sentinel = context;

        set_reason(sentinel, "no answer in time");
        redis_socket_end(&sentinel->socket);
}

static void on_next(void *context)
{
        struct redis_sentinel *sentinel = context;
        bool found = sentinel->host[0];

        if (!found && ++sentinel->tried < sentinel->url->sentinel_count) {
                ask_one(sentinel);
                return;
        }
        sentinel->first++;
        sentinel->told(sentinel->context, found ? sentinel->host : NULL, sentinel->port,
                       sentinel->reason);
}

void redis_sentinel_ask(struct redis_sentinel *sentinel)
{
        sentinel->tried = 0;
        sentinel->host[0] = '\0';
        ask_one(sentinel);
}

struct redis_sentinel *redis_sentinel_new(struct loop *loop, const struct redis_url *url,
                                          int64_t deadline_ms, redis_sentinel_fn *told,
                                          void *context)
{
        struct redis_sentinel *sentinel = memory_new(sizeof(*sentinel));

        *sentinel = (struct redis_sentinel){ .loop = loop,
                                             .url = url,
                                             .deadline_ms = deadline_ms,
                                             .told = told,
                                             .context = context,
                                             .deadline = { .fn = on_deadline, .context = sentinel },
                                             .next = { .fn = on_next, .context = sentinel } };
        sentinel->socket.context = sentinel;
        sentinel->socket.ended = on_ended;
        return sentinel;
}

void redis_sentinel_free(struct redis_sentinel *sentinel)
{
        if (!sentinel)
                return;
        sentinel->freeing = true;
        redis_socket_end(&sentinel->socket);
        loop_timer_stop(sentinel->loop, &sentinel->deadline);
        loop_timer_stop(sentinel->loop, &sentinel->next);
        free(sentinel);
}
