/* common/io/kafka_prefetch.h
 *
 * Has librdkafka stopped to fetch? Where what it fetched ahead reaches queued.max.messages.kbytes
 * or queued.min.messages, its broker thread stops, and looks again only when something wakes it, at
 * the latest after one second (confluentinc/librdkafka#2879): who reads 64 MB in a fifth of that
 * stands still for the rest. Later versions have fetch.queue.backoff.ms against that.
 *
 * So what was read in a row is counted: with as much as that between two moments when nothing was
 * left, the queue was full meanwhile, and the thread sleeps. A seek to where reading stands wakes
 * it, and drops nothing that was fetched, since nothing is left. On a slow connection, where the
 * queue never fills, none is made.
 *
 * Internal to common/io/kafka_*.c.
 */
#ifndef IO_KAFKA_PREFETCH_H
#define IO_KAFKA_PREFETCH_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

struct kafka_prefetch {
        int64_t max_records; /* fetched ahead; INT64_MAX: librdkafka goes on by itself */
        int64_t max_bytes;
        int64_t records; /* read since nothing was left */
        int64_t bytes;
};

/* The bounds are those that `conf` has. */
void kafka_prefetch_init(struct kafka_prefetch *prefetch, const rd_kafka_conf_t *conf);

void kafka_prefetch_read(struct kafka_prefetch *prefetch, const rd_kafka_message_t *message);

/* Nothing is left. True if librdkafka has to be woken. */
bool kafka_prefetch_empty(struct kafka_prefetch *prefetch);

#endif
