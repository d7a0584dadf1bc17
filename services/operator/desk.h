/* services/operator/desk.h
 *
 * An operator's connections: the configuration, a loop, and what of Kafka and Redis a command
 * needs, opened when it is asked for. Everything waits by running the loop, with an end to the
 * waiting; so a command reads as a list of steps.
 *
 * SIGINT and SIGTERM end a waiting early (desk_interrupted), and a second one the process.
 */
#ifndef OPERATOR_DESK_H
#define OPERATOR_DESK_H

#include "io/kafka.h"
#include "io/redis.h"
#include "model/config.h"

struct desk {
        const char *config_path;
        struct config *config;
        struct topics topics;
        struct kafka_cluster cluster;
        struct loop *loop;
        struct redis *redis;
        bool redis_up;
        bool interrupted;
        struct error trouble; /* what a connection said last; for the reason of a waiting in vain */
};

/* Reads the configuration; nothing is connected yet. -1 and a reason (exit code 2). desk_close is
 * due in every case. */
int desk_open(struct desk *desk, const char *config_path, struct error *error);
void desk_close(struct desk *desk);

/* Are these topics there, as they must be? -1 and a reason that says what to do. */
int desk_check_topics(struct desk *desk, const enum topic *topics, size_t count,
                      struct error *error);

/* Connects to Redis. -1 and a reason. */
int desk_connect_redis(struct desk *desk, struct error *error);

/* Runs the loop until `done` says so, looked at once a turn. -1 and a reason after timeout_ms
 * (0: never), or when the operator interrupts. `what` names what is waited for: "Kafka's answer".
 */
typedef bool desk_done_fn(void *context);
int desk_wait(struct desk *desk, desk_done_fn *done, void *context, int64_t timeout_ms,
              const char *what, struct error *error);

/* One command of Redis and its answer, handed to `take` while it is valid. An error of Redis is a
 * reason, too. `take` may be NULL. */
typedef void desk_reply_fn(void *context, const struct redisReply *reply);
int desk_redis(struct desk *desk, size_t count, const struct slice *arguments, desk_reply_fn *take,
               void *context, struct error *error);

/* A connection of this desk reports trouble: kept for the next reason. kafka_failed_fn. */
void desk_kafka_failed(void *desk, const char *reason, bool fatal);

/* The municipality of that id; NULL and a reason that names the nearest (exit code 2). */
const struct municipality *desk_municipality(const struct desk *desk, const char *id,
                                             struct error *error);

int64_t desk_now_ms(const struct desk *desk);

#endif
