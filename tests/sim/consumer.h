/* tests/sim/consumer.h
 *
 * A process's reading of its partitions, as librdkafka does it for the shells: from where it is
 * told, one record at a time, so that everything else can come in between.
 */
#ifndef SIM_CONSUMER_H
#define SIM_CONSUMER_H

#include "sim/broker.h"
#include "sim/process.h"

/* What is in the process does this. */
struct consumer_kind {
        const enum topic *topics; /* that are read at all */
        size_t topic_count;
        bool (*wants)(const struct process *process, enum topic topic);
        void (*record)(struct process *process, enum topic topic, int32_t partition,
                       const struct broker_record *record);
        /* Once whenever all is read. False: it does not matter to anybody. */
        bool (*end)(struct process *process, enum topic topic, int32_t partition);
        /* What is wanted is not there (any more); nothing is read until consumer_start. */
        void (*out_of_range)(struct process *process, enum topic topic, int32_t partition);
};

struct consumer_place {
        bool reading;
        bool ended;       /* and was told so */
        int64_t position; /* below 0: from the beginning, wherever that is */
};

struct consumer {
        struct process *process;
        struct broker *broker;
        const struct consumer_kind *kind;
        bool pumping;
        unsigned turn; /* of the places */
        struct consumer_place places[TOPIC_COUNT][GROUP_PARTITIONS_MAX];
};

/* Borrows all. */
void consumer_init(struct consumer *consumer, const struct consumer_kind *kind,
                   struct process *process, struct broker *broker);

void consumer_begin(struct consumer *consumer); /* with each life of the process */
void consumer_start(struct consumer *consumer, enum topic topic, int32_t partition, int64_t offset);
void consumer_stop(struct consumer *consumer, enum topic topic, int32_t partition);
void consumer_stop_all(struct consumer *consumer);

/* `wants` may say otherwise now. */
void consumer_wake(struct consumer *consumer);

#endif
