/* common/io/kafka.h
 *
 * librdkafka on the loop, with what DESIGN.md ("Libraries and their traps") found: range assignor,
 * heartbeat.interval.ms 500, session.timeout.ms 10000, message.timeout.ms 8000, idempotence and
 * acks=all, explicit offsets only, EOF events on, no pause and no batch consume: partition queues
 * are forwarded to a queue of our own that is read only while there is room.
 * What the configuration's "kafka" object says comes last and wins, except for what correctness
 * hangs on (enable.idempotence, acks, enable.auto.commit, enable.auto.offset.store,
 * auto.offset.reset, enable.partition.eof, partition.assignment.strategy, group.*,
 * transactional.id): those are refused with a sentence, and so is a message.timeout.ms that is not
 * below session.timeout.ms.
 *
 * Topics are named by enum topic (model/topics.h); partitions of all topics are the same number, so
 * an assigned partition is the same for all topics that a group reads: range assigns them together.
 */
#ifndef IO_KAFKA_H
#define IO_KAFKA_H

#include <jansson.h>

#include "base/buffer.h"
#include "io/loop.h"
#include "model/headers.h"
#include "model/topics.h"

enum { KAFKA_BEGIN = -2, KAFKA_END = -1, KAFKA_NONE = -1001 };

struct kafka_cluster {
        const json_t *properties;    /* the configuration's "kafka" object; borrowed */
        const struct topics *topics; /* prefix and partition count; borrowed */
        const char *client_id;       /* "dplsync-fetcher" */
};

/* Valid during the callback. */
struct kafka_record {
        enum topic topic;
        int32_t partition;
        int64_t offset;
        int64_t timestamp_ms; /* of the broker where the topic has LogAppendTime; -1 unknown */
        struct slice key;
        struct slice value; /* data NULL: a tombstone */
        const struct headers *headers;
};

struct kafka_committed { /* what the group has committed, KAFKA_NONE if nothing */
        int32_t partition;
        int64_t next_offset[TOPIC_COUNT];
};

struct kafka_handlers {
        /* The group gave these partitions to us, on top of none: range takes all away first.
         * Nothing is read before kafka_start. `generation` rises with every assignment. */
        void (*assigned)(void *context, const struct kafka_committed *partitions, size_t count,
                         uint64_t generation);
        /* They are about to go to somebody else (or are lost already). Reading has stopped; what is
         * stored by kafka_store until this returns is committed. */
        void (*revoked)(void *context);
        void (*record)(void *context, const struct kafka_record *record);
        /* The end of a partition was reached; the next record will have at least this offset. Told
         * once for each end; after kafka_start it is told anew. May be NULL. */
        void (*end)(void *context, enum topic topic, int32_t partition, int64_t offset);
        /* The offset asked for is not in the log: reading stopped there. low and high are its
         * bounds. */
        void (*out_of_range)(void *context, enum topic topic, int32_t partition, int64_t low,
                             int64_t high);
        /* Something is wrong that passes by itself (brokers down, ...), or, if fatal, ends the
         * process. */
        void (*failed)(void *context, const char *reason, bool fatal);
};

/* Can librdkafka work with these properties at all? Asks no broker: an error is one of
 * configuration. */
int kafka_check_properties(const struct kafka_cluster *cluster, struct error *error);

struct kafka_consumer;

/* A member of consumer group `<prefix><group>` on `topics`. */
struct kafka_consumer *kafka_consumer_new(struct loop *loop, const struct kafka_cluster *cluster,
                                          const char *group, const enum topic *topics, size_t count,
                                          const struct kafka_handlers *handlers, void *context,
                                          struct error *error);
/* A reader of its own, without a group: for catching up and rebuilding. `assigned`, `revoked` are
 * not called. Better kept, with all stopped, than made for each use: freeing may take a second. */
struct kafka_consumer *kafka_reader_new(struct loop *loop, const struct kafka_cluster *cluster,
                                        const struct kafka_handlers *handlers, void *context,
                                        struct error *error);

/* Read from `offset` on (or KAFKA_BEGIN, KAFKA_END). Starting one that runs moves it. Starts of one
 * turn are applied together. Beginning at KAFKA_END, what comes before a broker has said where that is
 * (up to 1 s) is not read. */
void kafka_start(struct kafka_consumer *consumer, enum topic topic, int32_t partition,
                 int64_t offset);
void kafka_stop(struct kafka_consumer *consumer, enum topic topic, int32_t partition);

/* Whether there is room for records: while false, none are handed over. At first true. */
void kafka_want(struct kafka_consumer *consumer, bool room);

/* The next offset to read by whoever owns the partition next. Committed every 5 s, on revoke, on
 * close. Whether the partition is being read does not matter. Ignored for one that is not ours. */
void kafka_store(struct kafka_consumer *consumer, enum topic topic, int32_t partition,
                 int64_t next_offset);

/* For the metrics: the next offset that will be handed over, and the records between it and the
 * end; -1 while that is not known, or the partition not read. */
int64_t kafka_position(const struct kafka_consumer *consumer, enum topic topic, int32_t partition);
int64_t kafka_lag(const struct kafka_consumer *consumer, enum topic topic, int32_t partition);

/* Group membership and brokers, for /readyz. */
bool kafka_consumer_ready(const struct kafka_consumer *consumer);

/* Commits what was stored, leaves the group, frees. Blocks at most 5 s. No callback is called any
 * more. Not from inside one of its own callbacks. NULL is fine. */
void kafka_consumer_free(struct kafka_consumer *consumer);

/* As kafka_handlers.failed. */
typedef void kafka_failed_fn(void *context, const char *reason, bool fatal);

/* `error` NULL: acknowledged by all in-sync replicas, at `offset`. */
typedef void kafka_delivered_fn(void *context, uint64_t token, int64_t offset, const char *error);

struct kafka_producer;

struct kafka_producer *kafka_producer_new(struct loop *loop, const struct kafka_cluster *cluster,
                                          kafka_delivered_fn *delivered, kafka_failed_fn *failed,
                                          void *context, struct error *error);

/* Key, value and headers are copied. value.data NULL: a tombstone. Every accepted record is
 * answered by `delivered` with its token, within about message.timeout.ms, never before
 * kafka_produce has returned; those of one partition in order. -1: the queue is full, nothing was
 * taken. */
int kafka_produce(struct kafka_producer *producer, enum topic topic, int32_t partition,
                  struct slice key, struct slice value, const struct headers *headers,
                  uint64_t token);
/* While `delivered` runs: when the broker appended that record, by its clock; -1 where the topic has
 * no LogAppendTime, or the record was not acknowledged. */
int64_t kafka_append_ms(const struct kafka_producer *producer);
bool kafka_producer_ready(const struct kafka_producer *producer);

/* Waits up to timeout_ms for what was taken, then frees. Unanswered records are answered with an
 * error. Not from inside one of its own callbacks. NULL is fine. */
void kafka_producer_free(struct kafka_producer *producer, int64_t timeout_ms);

/* What a look at a topic, or its creation, has shown. */
enum kafka_topic_state {
        KAFKA_TOPIC_RIGHT, /* can be worked with; `said` may have an advice */
        KAFKA_TOPIC_MISSING,
        KAFKA_TOPIC_WRONG,   /* `said` tells what, and what to do */
        KAFKA_TOPIC_CREATED, /* or would be, in a dry run */
        KAFKA_TOPIC_FAILED,  /* could not be created: `said` tells why */
};

struct kafka_topic_report {
        enum topic topic;
        enum kafka_topic_state state;
        int32_t partitions;
        int32_t replication;
        char said[384]; /* "" when there is nothing to say */
};

/* reports[i] is of topics[i]. -1 when nothing can be learned (no broker answers, not allowed).
 * Blocking. */
int kafka_describe_topics(const struct kafka_cluster *cluster, const enum topic *topics,
                          size_t count, int64_t timeout_ms, struct kafka_topic_report *reports,
                          struct error *error);

/* Do all topics exist, with our partition count and the settings of model/topic_settings.h?
 * Blocking, for start and --check. The reason names what differs and what to do. */
int kafka_check_topics(const struct kafka_cluster *cluster, const enum topic *topics, size_t count,
                       int64_t timeout_ms, struct error *error);

/* Create what is missing of all six; what stands is never changed. `replication` 0: 3, or as many
 * brokers as there are. A dry run asks the brokers whether they would. -1 as kafka_describe_topics.
 * Blocking. */
int kafka_create_topics(const struct kafka_cluster *cluster, int32_t replication, bool dry_run,
                        int64_t timeout_ms, struct kafka_topic_report reports[TOPIC_COUNT],
                        struct error *error);

/* Where a moment is in a topic: offsets[p] is the first record of partition p that was written at or
 * after time_ms, KAFKA_END where there is none. KAFKA_BEGIN and KAFKA_END for a time give the
 * bounds of the log: its first offset, and the next that will be written. Blocking. */
int kafka_offsets_at(const struct kafka_cluster *cluster, enum topic topic, int64_t time_ms,
                     int64_t timeout_ms, int64_t *offsets, struct error *error);

#endif
