/* tests/sim/broker.h
 *
 * Kafka's logs: topics of partitions, append only, each record with its LogAppendTime; retention by
 * age, compaction by key. Who waits for records watches the appends.
 *
 * Owns all bytes until the end; records never move out from under their offsets.
 */
#ifndef SIM_BROKER_H
#define SIM_BROKER_H

#include "model/headers.h"
#include "model/topics.h"
#include "sim/sim.h"

enum { BROKER_WATCHERS_MAX = 12 };

struct broker_record {
        int64_t offset;
        int64_t appended_ms;
        char *key;
        char *value; /* NULL: a tombstone */
        size_t value_length;
        char *headers; /* name and value, each ended by a NUL */
        size_t header_count;
        const void *note; /* what the simulation knows of it besides; borrowed */
        bool compacted;   /* gone */
};

struct broker_partition {
        struct broker_record *records; /* by offset */
        size_t count, capacity;
        int64_t low; /* what lies before has gone */
};

typedef void broker_watch_fn(void *context, enum topic topic, int32_t partition,
                             const struct broker_record *record);

struct broker {
        struct sim *sim;
        int32_t partitions;
        struct broker_partition *topics[TOPIC_COUNT];
        bool up; /* false: nobody reads or appends. Asked by those who do */
        struct {
                broker_watch_fn *fn;
                void *context;
        } watchers[BROKER_WATCHERS_MAX];
        size_t watcher_count;
};

void broker_init(struct broker *broker, struct sim *sim, int32_t partitions);
void broker_deinit(struct broker *broker);

void broker_watch(struct broker *broker, broker_watch_fn *fn, void *context);

/* Copies all but `note`. `headers` may be NULL. Returns the offset. */
int64_t broker_append(struct broker *broker, enum topic topic, int32_t partition, const char *key,
                      struct slice value, const struct headers *headers, const void *note);

int64_t broker_low(const struct broker *broker, enum topic topic, int32_t partition);
int64_t broker_end(const struct broker *broker, enum topic topic, int32_t partition);

/* The first record at or after `offset`, NULL at the end. Valid until the next append. */
const struct broker_record *broker_next(const struct broker *broker, enum topic topic,
                                        int32_t partition, int64_t offset);
/* The headers borrow from the record. */
void broker_headers(const struct broker_record *record, struct headers *headers);

/* What was appended before goes; of a compacted topic all but each key's last. */
void broker_expire(struct broker *broker, enum topic topic, int64_t before_ms);
void broker_compact(struct broker *broker, enum topic topic, int64_t before_ms);
/* The nulls that were appended before go (delete.retention.ms). */
void broker_drop_nulls(struct broker *broker, enum topic topic, int64_t before_ms);

#endif
