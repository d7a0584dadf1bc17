/* common/io/kafka_places.h
 *
 * A consumer's table: one place for each partition of each topic, with what the group gave us, what
 * is read from where, and which offset is stored and committed. Data only; what is done with it is
 * kafka_group.c's (given, stored, committed) and kafka_consumer.c's (reading).
 *
 * Internal to common/io/kafka_*.c.
 */
#ifndef IO_KAFKA_PLACES_H
#define IO_KAFKA_PLACES_H

#include <librdkafka/rdkafka.h>

#include "io/kafka.h"

struct kafka_place {
        enum topic topic;
        int32_t partition;
        bool given; /* may be read: the group gave it to us, or there is no group */
        bool reading;
        bool unassigned; /* it is to be read from `next`, and librdkafka does not know yet */
        bool quiet;      /* nothing has come yet since the last assignment */
        bool beyond;     /* `next` is not in the log; its bounds are to be asked for */
        int64_t next;    /* the next offset wanted, or KAFKA_BEGIN, KAFKA_END */
        int64_t ended;   /* the end that was told, -1: none since kafka_start */
        int64_t stored;  /* KAFKA_NONE: nothing */
        int64_t committed;
};

struct kafka_places {
        const struct topics *topics;
        struct kafka_place *items;
        size_t count;
};

void kafka_places_init(struct kafka_places *places, const struct topics *topics);
void kafka_places_deinit(struct kafka_places *places);

/* Back to the beginning: nothing is read, stored or committed. */
void kafka_places_forget(struct kafka_places *places, bool given);

/* NULL for a partition that is none of ours. */
struct kafka_place *kafka_places_at(const struct kafka_places *places, enum topic topic,
                                    int32_t partition);
struct kafka_place *kafka_places_find(const struct kafka_places *places, const char *topic,
                                      int32_t partition);

/* librdkafka's list of the places that `chosen` chooses, with the offset that it returns. The
 * caller destroys it. */
typedef bool kafka_place_fn(const struct kafka_place *place, int64_t *offset);
rd_kafka_topic_partition_list_t *kafka_places_list(const struct kafka_places *places,
                                                   kafka_place_fn *chosen);

static inline const char *kafka_place_name(const struct kafka_places *places,
                                           const struct kafka_place *place)
{
        return places->topics->names[place->topic];
}

#endif
