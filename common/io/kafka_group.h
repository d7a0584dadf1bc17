/* common/io/kafka_group.h
 *
 * A consumer's membership of its group: what it is given and what is taken, and the group's
 * committed offsets. Knows nothing of reading.
 *
 * Internal to common/io/kafka_*.c.
 */
#ifndef IO_KAFKA_GROUP_H
#define IO_KAFKA_GROUP_H

#include "io/kafka_client.h"
#include "io/kafka_places.h"

enum kafka_membership {
        KAFKA_OUTSIDE, /* nothing is ours */
        KAFKA_ASKING,  /* partitions are ours; their committed offsets are being asked for */
        KAFKA_MEMBER,  /* `assigned` was called */
};

struct kafka_group {
        struct kafka_client *client;
        struct kafka_places *places;
        const struct kafka_handlers *handlers;
        void *context;
        char name[TOPIC_NAME_BYTES];
        bool reads[TOPIC_COUNT];

        enum kafka_membership membership;
        uint64_t generation; /* rises with every assignment */
        bool asking;         /* for committed offsets */
        bool committing;
        int64_t commit_at_ms;
};

int kafka_group_subscribe(struct kafka_group *group, struct error *error);
void kafka_group_rebalance(struct kafka_group *group, rd_kafka_resp_err_t code,
                           const rd_kafka_topic_partition_list_t *partitions);
void kafka_group_reply(struct kafka_group *group, rd_kafka_event_t *event);
void kafka_group_tick(struct kafka_group *group);

/* Sends off what is stored and not yet committed; the answer comes to kafka_group_reply. */
void kafka_group_commit(struct kafka_group *group);

#endif
