/* services/operator/delivery.h
 *
 * Sends a run of records to Kafka: in order, not faster than a rate, few of them under way at once.
 * Each item may have a second record that is only sent when the first is acknowledged: the mark of
 * a dead letter that was replayed. A record that Kafka refuses ends the run; what was sent stays
 * sent, and whoever repeats the run does no harm by it.
 *
 * Works on any loop: the command line waits for `done`, the console goes on with its own work.
 */
#ifndef OPERATOR_DELIVERY_H
#define OPERATOR_DELIVERY_H

#include "io/kafka.h"
#include "operator/outgoing.h"

struct delivery;

struct delivery_item {
        struct outgoing record;
        struct outgoing then; /* sent when `record` is acknowledged */
        bool has_then;        /* false before each `next` */
};

struct delivery_handlers {
        /* Fills in the next item. False: there are no more. */
        bool (*next)(void *context, struct delivery_item *item);
        /* The next item's first record is written, at this offset. May be NULL. */
        void (*placed)(void *context, int64_t offset);
        /* `count` items are acknowledged, with what follows them. May be NULL. */
        void (*progress)(void *context, size_t count);
        /* Once, at the end; `reason` NULL: everything is acknowledged. The delivery is freed
         * afterwards, by itself. */
        void (*done)(void *context, size_t count, const char *reason);
};

/* `per_second` 0: as fast as it goes. The handlers must be static. No handler is called before it
 * has returned. NULL and a reason if no producer can be made. */
struct delivery *delivery_start(struct loop *loop, const struct kafka_cluster *cluster,
                                unsigned per_second, const struct delivery_handlers *handlers,
                                void *context, struct error *error);

/* Ends it now: `done` is told, with this reason. Not from inside a handler. */
void delivery_cancel(struct delivery *delivery, const char *reason);

#endif
