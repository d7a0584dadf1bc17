/* tests/sim/host.h
 *
 * One process of the reconciler: the real core, and around it what its shell, librdkafka and Redis
 * would do, each thing after a delay of its own. It crashes between any two actions; it goes on as a
 * zombie after its partitions went to another; it is drained, started again, and told of new
 * configurations.
 *
 * host.c is its life, host_act.c what its actions do, host_read.c what it reads of the log.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "model/config.h"
#include "reconciler/core.h"
#include "sim/broker.h"
#include "sim/check.h"
#include "sim/group.h"
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

enum host_mishap { MISHAP_NONE, MISHAP_CRASH, MISHAP_ISOLATION };

struct host {
        struct member member; /* first */
        struct sim *sim;
        struct broker *broker;
        struct store *store;
        struct group *group;
        struct check *check;
        int number;
        struct topics topics;
        const struct config *config; /* as it knows it; borrowed, kept by the world */

        struct reconciler_core *core; /* NULL: not running */
        struct reconciler_actions actions;
        unsigned life; /* what was meant for an earlier one does not arrive */
        bool zombie;
        bool drained;
        bool draining;

        /* What goes wrong with it. */
        enum host_mishap mishap;
        unsigned mishap_after;      /* actions */
        int64_t lost_per_mille;     /* deliveries and Redis replies that fail */

        int64_t wake_ms; /* INT64_MAX: no tick is due */
        bool pumping;
        bool want;
        unsigned turn; /* of the places */
        struct host_place places[TOPIC_COUNT][GROUP_PARTITIONS_MAX];
        struct host_log logs[GROUP_PARTITIONS_MAX];
        int64_t stored[TOPIC_COUNT][GROUP_PARTITIONS_MAX];

        /* One connection each: what is asked first is done and answered first. */
        int64_t sent_ms, acknowledged_ms, asked_ms, answered_ms;
};

/* Borrows all. Not running yet. */
void host_init(struct host *host, int number, struct sim *sim, struct broker *broker,
               struct store *store, struct group *group, struct check *check,
               const struct topics *topics);
void host_deinit(struct host *host);

/* -- its life: host.c -------------------------------------------------------------------------- */

void host_start(struct host *host, const struct config *config); /* not for one that runs */
void host_crash(struct host *host);
/* Lets go of its partitions properly; ends when what is under way is done. */
void host_drain(struct host *host);
/* The group gives its partitions to others, and it does not notice. Until host_notice. */
void host_isolate(struct host *host);
void host_notice(struct host *host);
void host_configure(struct host *host, const struct config *config);
void host_tell_redis(struct host *host, bool up);

/* Hands an input to the core and does what it wants done. */
void host_feed(struct host *host, const struct reconciler_input *input);

/* How long something takes that it waits for. */
int64_t host_delay_ms(struct host *host);

/* -- host_act.c ---------------------------------------------------------------------------------- */

void host_act(struct host *host, const struct reconciler_action *action);

/* -- host_read.c --------------------------------------------------------------------------------- */

void host_watch(struct host *host); /* once */
void host_start_reading(struct host *host, enum topic topic, int32_t partition, int64_t offset);
void host_stop_reading(struct host *host);
void host_pump_soon(struct host *host);
void host_read_log(struct host *host, int32_t partition);
void host_leave_log(struct host *host, int32_t partition);

/* An errand for one life of a host. */
struct host_errand {
        struct errand errand;
        struct host *host;
        unsigned life;
};
void host_add_errand(struct host *host, struct host_errand *errand, void (*run)(struct errand *),
                     void (*drop)(struct errand *), int64_t at_ms);
/* NULL: that life is over. */
struct host *host_of_errand(const struct errand *errand);

#endif
