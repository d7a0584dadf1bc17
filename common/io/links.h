/* common/io/links.h
 *
 * What joins a service to the world: its membership in a consumer group, a producer and Redis.
 * Opens and closes them, keeps their part of the log and of the metrics, and says whether they can
 * be used. What comes in over them goes to the service's own handlers.
 *
 * A service embeds struct links as the first member of its own context, which is the context of all
 * its handlers: so the same pointer is both.
 */
#ifndef IO_LINKS_H
#define IO_LINKS_H

#include "io/daemon.h"
#include "io/kafka.h"
#include "io/redis.h"

struct links {
        struct daemon *daemon; /* set by the service before links_open */
        struct kafka_consumer *consumer;
        struct kafka_producer *producer;
        struct redis *redis;
        int32_t *partitions; /* assigned */
        size_t partition_count;
};

/* Joins group `<prefix><group>` on `topics`, which must be static like the handlers.
 * `handlers->failed` is to be links_kafka_failed. On failure what was opened stays for links_close.
 */
int links_open(struct links *links, const char *group, const enum topic *topics, size_t count,
               const struct kafka_handlers *handlers, kafka_delivered_fn *delivered,
               redis_state_fn *state, struct error *error);
void links_close(struct links *links);

/* For the service's handlers, each first thing in the one of its name. */
void links_assigned(struct links *links, const struct kafka_committed *partitions, size_t count,
                    uint64_t generation);
void links_revoked(struct links *links);
void links_delivered(struct links *links, const char *error);
/* `meaning`: what it means to the service that Redis is down. */
void links_redis_state(struct links *links, bool up, const char *reason, const char *meaning);

/* A whole handler: fatal ends the process, the rest is a log line. `links` is the context. */
void links_kafka_failed(void *links, const char *reason, bool fatal);

bool links_ready(const struct links *links, struct error *why);

/* The gauges of lag and position of the assigned partitions of these topics, and of no others. */
void links_collect_lag(const struct links *links, const enum topic *topics, size_t count);

/* A seed for a core's dice, from the system. */
uint64_t links_seed(void);

#endif
