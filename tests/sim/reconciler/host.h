/* tests/sim/reconciler/host.h
 *
 * One process of the reconciler: the real core, and around it what its shell, librdkafka and Redis
 * would do, each thing after a delay of its own. It crashes between any two actions; it goes on as
 * a zombie after its partitions went to another; it is drained, started again, and told of new
 * configurations.
 *
 * host.c is the core in its process, host_act.c what its actions do, host_read.c what it reads of
 * the log.
 */
#ifndef SIM_RECONCILER_HOST_H
#define SIM_RECONCILER_HOST_H

#include "reconciler/core.h"
#include "sim/consumer.h"
#include "sim/reconciler/check.h"
#include "sim/stage.h"

struct host_log { /* its reading of `changes` */
        bool reading;
        unsigned turn;
        int64_t position;
};

struct host {
        struct process process; /* first */
        struct sim *sim;
        struct stage *stage;
        struct check *check;

        struct reconciler_core *core; /* NULL: not running */
        struct reconciler_actions actions;

        struct consumer consumer;
        bool want;
        struct host_log logs[GROUP_PARTITIONS_MAX];
        int64_t stored[TOPIC_COUNT][GROUP_PARTITIONS_MAX];
};

/* Borrows all. Not running yet. */
void host_init(struct host *host, int number, struct stage *stage, struct check *check);
void host_deinit(struct host *host);

/* NULL: that life is over. */
static inline struct host *host_of_errand(const struct errand *errand)
{
        return (struct host *)process_of_errand(errand);
}

/* Hands an input to the core and does what it wants done. */
void host_feed(struct host *host, const struct reconciler_input *input);

void host_act(struct host *host, const struct reconciler_action *action);

/* What it reads with the group, and `changes` besides, for a rebuild. */
extern const struct consumer_kind host_reads;
void host_read_log(struct host *host, int32_t partition);
void host_leave_log(struct host *host, int32_t partition);

#endif
