/* common/io/redis_sentinel.h
 *
 * Asks sentinels which Redis is the master now. One after the other, each with the deadline, until
 * one knows; the next question begins with the next sentinel, so that one which lags behind a
 * fail-over does not lead there for ever. Whoever is led somewhere verifies the role (redis.c
 * does).
 *
 * Internal to common/io/redis*.c.
 */
#ifndef IO_REDIS_SENTINEL_H
#define IO_REDIS_SENTINEL_H

#include "io/loop.h"
#include "model/redis_url.h"

struct redis_sentinel;

/* The answer to a question, never from inside redis_sentinel_ask. `host` NULL: no sentinel knows,
 * `reason` says what the last one did. Both are valid for the call. */
typedef void redis_sentinel_fn(void *context, const char *host, int port, const char *reason);

/* `url` is borrowed. */
struct redis_sentinel *redis_sentinel_new(struct loop *loop, const struct redis_url *url,
                                          int64_t deadline_ms, redis_sentinel_fn *told,
                                          void *context);
/* Not while a question is open. */
void redis_sentinel_ask(struct redis_sentinel *sentinel);
/* Not from inside the callback. NULL is fine. */
void redis_sentinel_free(struct redis_sentinel *sentinel);

#endif
