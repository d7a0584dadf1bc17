/* common/io/redis.h
 *
 * One Redis connection on the loop, asynchronous. Addresses: model/redis_url.h; rediss:// where
 * hiredis has TLS (1.0 and later), refused with a sentence elsewhere. A host's name is looked up,
 * blocking, at every connect.
 *
 * - argv forms only, no format strings. Replies come in the order of the commands.
 * - Every command has a deadline; one that passes it breaks the connection, since hiredis cannot
 *   tell a slow answer from none. Any error breaks the connection: all outstanding commands are
 *   answered with NULL, then it reconnects with jitter (50 ms to 2 s), authenticates, selects,
 *   and says so.
 * - While down, and while REDIS_COMMANDS_MAX are unanswered, commands are refused: redis_command
 *   returns -1 and the callback is never called. A reply makes room.
 * - With redis+sentinel:// the sentinels are asked for the master at every connect, and what they
 *   name must say of itself that it is one. A fail-over is a connection that breaks.
 * - A READONLY answer is passed on, and then breaks the connection: after a fail-over the same
 *   name may lead to another server.
 */
#ifndef IO_REDIS_H
#define IO_REDIS_H

#include <hiredis/hiredis.h>

#include "base/log.h"
#include "base/slice.h"
#include "io/loop.h"

enum { REDIS_COMMANDS_MAX = 10000 };

struct redis;

/* `reply` is NULL when the connection was lost or the deadline passed, else hiredis's, valid during
 * the call; an error reply of Redis (REDIS_REPLY_ERROR) is passed on as it is. */
typedef void redis_reply_fn(void *context, const struct redisReply *reply);

/* Told on every change: up after the connection can be used, down with the reason, after
 * outstanding commands were answered with NULL. Also when it cannot be connected for another reason
 * than before. */
typedef void redis_state_fn(void *context, bool up, const char *reason);

struct redis *redis_new(struct loop *loop, const char *url, int64_t deadline_ms,
                        redis_state_fn *state, void *context, struct error *error);
/* Outstanding commands are answered with NULL; `state` is not called. Not from inside a callback.
 * NULL is fine. */
void redis_free(struct redis *redis);
bool redis_is_up(const struct redis *redis);

int redis_command(struct redis *redis, redis_reply_fn *fn, void *context, size_t count,
                  const struct slice *arguments);

/* A Lua script, sent by its digest; its first run on a connection loads it, in the same pipeline,
 * so that the order of commands is kept. A server that has forgotten it meanwhile (SCRIPT FLUSH)
 * breaks the connection like any error: the reply is NULL, nothing was run. `text` must be static.
 * keys come first in `arguments`. */
struct redis_script {
        const char *name; /* for people */
        const char *text;
};
int redis_script_run(struct redis *redis, const struct redis_script *script, redis_reply_fn *fn,
                     void *context, size_t keys, size_t count, const struct slice *arguments);

#endif
