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

#include "model/config.h"
#include "reconciler/core.h"
#include "sim/broker.h"
#include "sim/reconciler/check.h"
#include "sim/process.h"
#include "sim/store.h"

struct host_place { /* where it reads */
        bool reading;
        bool ended; /* and was told so */
        int64_t position;
};

struct host_log { /* its reading of `changes` */
        bool reading;
        unsigned turn;
        int64_t position;
};

struct host {
        struct process process; /* first */
        struct sim *sim;
        struct broker *broker;
        struct store *store;
        struct check *check;
        struct topics topics;
        const struct config *config; /* as it knows it; borrowed, kept by the world */

        struct reconciler_core *core; /* NULL: not running */
        struct reconciler_actions actions;

        bool pumping;
        bool want;
        unsigned turn; /* of the places */
        struct host_place places[TOPIC_COUNT][GROUP_PARTITIONS_MAX];
        struct host_log logs[GROUP_PARTITIONS_MAX];
        int64_t stored[TOPIC_COUNT][GROUP_PARTITIONS_MAX];
};

/* Borrows all. Not running yet. */
void host_init(struct host *host, int number, struct sim *sim, struct broker *broker,
               struct store *store, struct group *group, struct check *check,
               const struct topics *topics);
void host_deinit(struct host *host);

void host_start(struct host *host, const struct config *config);
void host_configure(struct host *host, const struct config *config);
void host_tell_redis(struct host *host, bool up);

/* NULL: that life is over. */
static inline struct host *host_of_errand(const struct errand *errand)
{
        return (struct host *)process_of_errand(errand);
}

/* Hands an input to the core and does what it wants done. */
void host_feed(struct host *host, const struct reconciler_input *input);

/* -- host_act.c ----------------------------------------------------------------------------------
 */

void host_act(struct host *host, const struct reconciler_action *action);

/* -- host_read.c ---------------------------------------------------------------------------------
 */

void host_watch(struct host *host); /* once */
void host_start_reading(struct host *host, enum topic topic, int32_t partition, int64_t offset);
void host_stop_reading(struct host *host);
void host_pump_soon(struct host *host);
void host_read_log(struct host *host, int32_t partition);
void host_leave_log(struct host *host, int32_t partition);

#endif
