/* tests/sim/writer/host.h
 *
 * One process of the writer: the real core, and around it what its shell, librdkafka, Redis and
 * libcurl would do, each thing after a delay of its own.
 *
 * host.c is the core in its process, host_act.c what goes to Kafka and Redis, host_patch.c the
 * request to a site, host_read.c what it reads.
 */
#ifndef SIM_WRITER_HOST_H
#define SIM_WRITER_HOST_H

#include "sim/consumer.h"
#include "sim/stage.h"
#include "sim/writer/check.h"
#include "writer/core.h"

struct host {
        struct process process; /* first */
        struct sim *sim;
        struct stage *stage;
        struct check *check;
        struct town *towns; /* TOWNS */

        struct writer_core *core; /* NULL: not running */
        struct writer_actions actions;

        struct consumer consumer;
        bool wants[TOPIC_COUNT];
        int64_t stored[GROUP_PARTITIONS_MAX]; /* of `updates` */
};

/* Borrows all. Not running yet. */
void host_init(struct host *host, int number, struct stage *stage, struct check *check,
               struct town *towns);
void host_deinit(struct host *host);

/* The log-in of one municipality was written anew. */
void host_tell_password(struct host *host, size_t town);

/* NULL: that life is over. */
static inline struct host *host_of_errand(const struct errand *errand)
{
        return (struct host *)process_of_errand(errand);
}

/* Hands an input to the core and does what it wants done. */
void host_feed(struct host *host, const struct writer_input *input);

/* Takes what it needs out of the action. */
void host_act(struct host *host, struct writer_action *action);
void host_patch(struct host *host, struct writer_action *action);

extern const struct consumer_kind host_reads;

#endif
