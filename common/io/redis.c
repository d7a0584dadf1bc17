/* common/io/redis.c
 *
 * hiredis's asynchronous connection with what it lacks: deadlines, and reconnecting, by way of the
 * sentinels where there are any. A connection may end while hiredis is at work with it: whoever has
 * to be told is told from a timer afterwards, when nothing of hiredis is on the stack.
 *
 * A command's own record stands in `commands`, oldest first, until it is answered: the deadline
 * looks at the first alone.
 */
#include "io/redis.h"

#include <assert.h>
#include <stdio.h>
#include <sys/random.h>
#include <utlist.h>

#include "base/buffer.h"
#include "base/decimal.h"
#include "base/dice.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/redis_script.h"
#include "io/redis_sentinel.h"
#include "io/redis_socket.h"
#include "io/redis_tls.h"
#include "model/redis_url.h"

enum {
        WAIT_FIRST_MS = 50,
        WAIT_MAX_MS = 2000,
        REASON_BYTES = 256,
        REQUEST_KEPT_BYTES = 65536, /* of the scratch, between two commands */
};

struct command {
        struct redis *redis;
        redis_reply_fn *fn;
        void *context;
        int64_t due_ms;
        struct command *prev, *next;
};

struct redis {
        struct loop *loop;
        struct redis_url url;
        struct redis_tls *tls;
        int64_t deadline_ms;
        redis_state_fn *state;
        void *context;
        struct dice dice;

        struct redis_sentinel *sentinel; /* NULL: url says where */
        struct redis_socket socket;
        uint64_t number; /* of the connection */
        bool up;
        bool freeing;
        bool calling;              /* inside somebody's callback */
        char reason[REASON_BYTES]; /* why the connection ends */

        bool told; /* `state` was called at least once */
        bool told_up;
        char told_reason[REASON_BYTES];

        struct command *commands;
        size_t command_count;
        struct redis_scripts scripts;
        struct buffer request; /* scratch: the command being sent */

        int64_t connect_due_ms;
        int64_t wait_ms; /* before the next connect, without jitter */
        struct loop_timer deadline;
        struct loop_timer connect;
        struct loop_timer tell;
};

static void set_reason(struct redis *redis, const char *reason)
{
        if (redis->reason[0] == '\0')
                text_copy(redis->reason, sizeof(redis->reason), reason);
}

/* Telling */

static void on_tell(void *context)
{
        struct redis *redis = context;
        bool same = redis->told && redis->told_up == redis->up &&
                    (redis->up || strcmp(redis->told_reason, redis->reason) == 0);

        if (same || redis->freeing)
                return;
        redis->told = true;
        redis->told_up = redis->up;
        text_copy(redis->told_reason, sizeof(redis->told_reason), redis->reason);
        redis->calling = true;
        redis->state(redis->context, redis->up, redis->up ? "connected" : redis->reason);
        redis->calling = false;
}

static void tell_soon(struct redis *redis)
{
        loop_timer_set(redis->loop, &redis->tell, loop_now_ms(redis->loop));
}

static void connect_later(struct redis *redis)
{
        int64_t wait_ms = redis->wait_ms - dice_below(&redis->dice, redis->wait_ms / 2);

        loop_timer_set(redis->loop, &redis->connect, loop_now_ms(redis->loop) + wait_ms);
        redis->wait_ms = 2 * redis->wait_ms < WAIT_MAX_MS ? 2 * redis->wait_ms : WAIT_MAX_MS;
}

/* The end of a connection */

static void on_ended(void *context, const char *failure)
{
        struct redis *redis = context;
        const char *refusal = redis_tls_refusal(redis->tls);

        if (refusal)
                set_reason(redis, refusal);
        set_reason(redis, failure);
        redis->up = false;
        loop_timer_stop(redis->loop, &redis->deadline);
        if (redis->freeing)
                return;
        tell_soon(redis);
        connect_later(redis);
}

static void break_off(struct redis *redis, const char *reason)
{
        set_reason(redis, reason);
        redis->up = false;
        redis_socket_end(&redis->socket);
}

/* Deadlines */

static void watch_deadline(struct redis *redis)
{
        int64_t due_ms = redis->commands ? redis->commands->due_ms : redis->connect_due_ms;

        loop_timer_set(redis->loop, &redis->deadline, due_ms);
}

static void on_deadline(void *context)
{
        struct redis *redis = context;
        int64_t now_ms = loop_now_ms(redis->loop);
        char text[64];

        if (!redis->commands && redis->up)
                return;
        if ((redis->commands ? redis->commands->due_ms : redis->connect_due_ms) > now_ms) {
                watch_deadline(redis);
                return;
        }
        snprintf(text, sizeof(text), "no answer within %lld ms", (long long)redis->deadline_ms);
        break_off(redis, text);
}

/* Commands */

static bool begins_with(const struct redisReply *reply, const char *code)
{
        return reply && reply->type == REDIS_REPLY_ERROR &&
               strncmp(reply->str, code, strlen(code)) == 0;
}

static void on_reply(redisAsyncContext *connection, void *reply_, void *command_)
{
        const struct redisReply *reply = reply_;
        struct command *command = command_;
        struct redis *redis = command->redis;

        (void)connection;
        DL_DELETE(redis->commands, command);
        redis->command_count--;
        if (begins_with(reply, "NOSCRIPT")) {
                break_off(redis, "it has forgotten its scripts");
                reply = NULL;
        }
        if (!reply)
                redis->up = false;
        redis->calling = true;
        command->fn(command->context, reply);
        redis->calling = false;
        if (begins_with(reply, "READONLY") && redis->up)
                break_off(redis, reply->str);
        free(command);
}

/* The protocol's own form (RESP): hiredis would make a string of its own for every argument. */
static void write_length(struct buffer *request, char type, size_t length)
{
        buffer_append_byte(request, type);
        buffer_append_unsigned(request, length);
        buffer_append(request, "\r\n", 2);
}

static void write_arguments(struct buffer *request, size_t count, const struct slice *arguments)
{
        for (size_t i = 0; i < count; i++) {
                write_length(request, '$', arguments[i].length);
                buffer_append(request, arguments[i].data, arguments[i].length);
                buffer_append(request, "\r\n", 2);
        }
}

static void forget_request(struct redis *redis)
{
        if (redis->request.capacity > REQUEST_KEPT_BYTES)
                buffer_deinit(&redis->request);
        buffer_clear(&redis->request);
}

static int send_command(struct redis *redis, redis_reply_fn *fn, void *context, size_t fixed_count,
                        const struct slice *fixed, size_t count, const struct slice *arguments)
{
        struct command *command = memory_new(sizeof(*command));

        *command = (struct command){ .redis = redis,
                                     .fn = fn,
                                     .context = context,
                                     .due_ms = loop_now_ms(redis->loop) + redis->deadline_ms };
        write_length(&redis->request, '*', fixed_count + count);
        write_arguments(&redis->request, fixed_count, fixed);
        write_arguments(&redis->request, count, arguments);

        int sent = redisAsyncFormattedCommand(redis->socket.connection, on_reply, command,
                                              redis->request.data, redis->request.length);

        forget_request(redis);
        if (sent != REDIS_OK) {
                free(command);
                return -1;
        }
        DL_APPEND(redis->commands, command);
        redis->command_count++;
        if (redis->commands == command)
                watch_deadline(redis);
        return 0;
}

static bool takes_commands(const struct redis *redis)
{
        return redis->up && redis->command_count < REDIS_COMMANDS_MAX;
}

int redis_command(struct redis *redis, redis_reply_fn *fn, void *context, size_t count,
                  const struct slice *arguments)
{
        if (!takes_commands(redis))
                return -1;
        return send_command(redis, fn, context, 0, NULL, count, arguments);
}

static void on_loaded(void *context, const struct redisReply *reply)
{
        struct redis *redis = context;
        char text[REASON_BYTES];

        if (!reply || reply->type != REDIS_REPLY_ERROR)
                return;
        snprintf(text, sizeof(text), "a script cannot be loaded: %s", reply->str);
        break_off(redis, text);
}

int redis_script_run(struct redis *redis, const struct redis_script *script, redis_reply_fn *fn,
                     void *context, size_t keys, size_t count, const struct slice *arguments)
{
        char keys_text[DECIMAL_BYTES];
        bool is_new;

        assert(keys <= count);
        if (!takes_commands(redis))
                return -1;

        const char *digest = redis_scripts_digest(&redis->scripts, script, redis->number, &is_new);
        const struct slice load[] = { slice_of("SCRIPT"), slice_of("LOAD"),
                                      slice_of(script->text) };

        if (is_new && send_command(redis, on_loaded, redis, ARRAY_LENGTH(load), load, 0, NULL) < 0)
                return -1;

        const struct slice run[] = { slice_of("EVALSHA"),
                                     slice_of(digest),
                                     { keys_text, decimal_format_unsigned(keys, keys_text) } };

        return send_command(redis, fn, context, ARRAY_LENGTH(run), run, count, arguments);
}

/* Connecting */

static void on_greeted(void *context, const struct redisReply *reply)
{
        struct redis *redis = context;

        if (!reply)
                return;
        if (reply->type == REDIS_REPLY_ERROR) {
                break_off(redis, reply->str);
                return;
        }
        redis->up = true;
        redis->reason[0] = '\0';
        redis->wait_ms = WAIT_FIRST_MS;
        tell_soon(redis);
}

static void on_step(void *context, const struct redisReply *reply)
{
        if (reply && reply->type == REDIS_REPLY_ERROR)
                break_off(context, reply->str);
}

/* What a sentinel calls the master may not be it yet, or no more. */
static void on_role(void *context, const struct redisReply *reply)
{
        struct redis *redis = context;

        if (!reply)
                return;
        if (reply->type == REDIS_REPLY_ERROR)
                break_off(redis, reply->str);
        else if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 ||
                 reply->element[0]->type != REDIS_REPLY_STRING ||
                 strcmp(reply->element[0]->str, "master") != 0)
                break_off(redis, "it is not the master, though a sentinel says so");
}

/* All at once; a step that fails breaks the connection before PING is looked at. */
static void greet(struct redis *redis)
{
        char database[16];
        struct slice auth[] = { slice_of("AUTH"), slice_of(redis->url.user),
                                slice_of(redis->url.password) };
        bool has_user = redis->url.user[0] != '\0';

        if (!has_user)
                auth[1] = auth[2];
        if (redis->url.password[0])
                send_command(redis, on_step, redis, has_user ? 3 : 2, auth, 0, NULL);
        if (redis->url.database > 0) {
                snprintf(database, sizeof(database), "%d", redis->url.database);
                send_command(redis, on_step, redis, 2,
                             (const struct slice[]){ slice_of("SELECT"), slice_of(database) }, 0,
                             NULL);
        }
        if (redis->sentinel)
                send_command(redis, on_role, redis, 1, (const struct slice[]){ slice_of("ROLE") },
                             0, NULL);
        send_command(redis, on_greeted, redis, 1, (const struct slice[]){ slice_of("PING") }, 0,
                     NULL);
}

/* After a failure hiredis frees the connection by itself. */
static void on_connected(const redisAsyncContext *connection, int status)
{
        struct redis *redis = connection->data;

        if (status == REDIS_OK)
                greet(redis);
}

static void connect_failed(struct redis *redis, redisAsyncContext *connection, const char *reason)
{
        set_reason(redis, reason);
        if (connection)
                redisAsyncFree(connection);
        tell_soon(redis);
        connect_later(redis);
}

/* `connection` is on its way to `host`; NULL: there is no memory for it. */
static void take_connection(struct redis *redis, redisAsyncContext *connection, const char *host)
{
        struct error error = ERROR_NULL;

        assert(!redis->commands);
        if (!connection || connection->err) {
                connect_failed(redis, connection,
                               connection ? connection->errstr : "out of memory");
                return;
        }
        if (redis->tls && redis_tls_start(redis->tls, connection, host, &error) < 0) {
                connect_failed(redis, connection, error.text);
                return;
        }
        redis->number++;
        redis->connect_due_ms = loop_now_ms(redis->loop) + redis->deadline_ms;
        redis_socket_attach(&redis->socket, redis->loop, connection);
        redisAsyncSetConnectCallback(connection, on_connected);
        watch_deadline(redis);
}

static void on_master(void *context, const char *host, int port, const char *reason)
{
        struct redis *redis = context;

        if (host)
                take_connection(redis, redisAsyncConnect(host, port), host);
        else
                connect_failed(redis, NULL, reason);
}

static void on_connect(void *context)
{
        struct redis *redis = context;
        const struct redis_url *url = &redis->url;

        redis->reason[0] = '\0';
        if (redis->sentinel)
                redis_sentinel_ask(redis->sentinel);
        else if (url->path[0])
                take_connection(redis, redisAsyncConnectUnix(url->path), url->path);
        else
                take_connection(redis, redisAsyncConnect(url->host, url->port), url->host);
}

/* Life */

static uint64_t random_seed(void)
{
        uint64_t seed = 0;

        if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
                seed = (uint64_t)(uintptr_t)&seed;
        return seed;
}

struct redis *redis_new(struct loop *loop, const char *url, int64_t deadline_ms,
                        redis_state_fn *state, void *context, struct error *error)
{
        struct redis *redis = memory_new(sizeof(*redis));

        *redis = (struct redis){ .loop = loop,
                                 .deadline_ms = deadline_ms,
                                 .state = state,
                                 .context = context,
                                 .dice = { random_seed() },
                                 .wait_ms = WAIT_FIRST_MS,
                                 .deadline = { .fn = on_deadline, .context = redis },
                                 .connect = { .fn = on_connect, .context = redis },
                                 .tell = { .fn = on_tell, .context = redis } };
        redis->socket.context = redis;
        redis->socket.ended = on_ended;
        if (redis_url_parse(&redis->url, url, error) < 0) {
                error_wrap(error, "redis.url");
                redis_free(redis);
                return NULL;
        }
        if (redis->url.tls && !(redis->tls = redis_tls_new(error))) {
                redis_free(redis);
                return NULL;
        }
        if (redis->url.sentinel_count > 0)
                redis->sentinel =
                        redis_sentinel_new(loop, &redis->url, deadline_ms, on_master, redis);
        loop_timer_set(loop, &redis->connect, loop_now_ms(loop));
        return redis;
}

bool redis_is_up(const struct redis *redis)
{
        return redis->up;
}

void redis_free(struct redis *redis)
{
        if (!redis)
                return;
        assert(!redis->calling);
        redis->freeing = true;
        if (redis->socket.connection)
                break_off(redis, "freed");
        redis_sentinel_free(redis->sentinel);
        assert(!redis->commands);
        loop_timer_stop(redis->loop, &redis->deadline);
        loop_timer_stop(redis->loop, &redis->connect);
        loop_timer_stop(redis->loop, &redis->tell);
        redis_scripts_deinit(&redis->scripts);
        redis_tls_free(redis->tls);
        explicit_bzero(&redis->url, sizeof(redis->url));
        buffer_deinit(&redis->request);
        free(redis);
}
