/* tests/sim/producer.h
 *
 * A process's records on their way to Kafka, as librdkafka brings them: in order, each after a
 * while, its acknowledgement after another. Either may be lost; a record whose acknowledgement was
 * lost may stand in the log all the same, and one that is too old is never sent. A core that has
 * too many under way breaks invariant 15: its queue has no bound.
 */
#ifndef SIM_PRODUCER_H
#define SIM_PRODUCER_H

#include "sim/broker.h"
#include "sim/process.h"

/* A record to be sent; all is borrowed for the call. */
struct producing {
        enum topic topic;
        int32_t partition;
        const char *key;
        struct slice value;            /* empty: a null, the key's tombstone */
        const struct headers *headers; /* NULL: none */
        uint64_t token;                /* 0: nobody waits for the acknowledgement */
};

/* The offset is -1 if it failed. */
typedef void producer_delivered_fn(struct process *process, uint64_t token, int64_t offset);

/* The record's note in the log: its maker, as he was when he made it. */
struct author {
        bool zombie;
};

void producer_send(struct process *process, struct broker *broker,
                   const struct producing *producing, producer_delivered_fn *delivered);

#endif
