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

#include "model/config.h"
#include "sim/store.h"
#include "sim/writer/check.h"
#include "writer/core.h"

struct host_place { /* where it reads */
        bool reading;
        bool ended; /* and was told so */
        int64_t position;
};

struct host {
        struct process process; /* first */
        struct sim *sim;
        struct broker *broker;
        struct store *store;
        struct check *check;
        struct town *towns; /* TOWNS */
        const struct topics *topics;
        const struct config *config; /* as it knows it; borrowed, kept by the world */

        struct writer_core *core; /* NULL: not running */
        struct writer_actions actions;

        bool pumping;
        bool wants[TOPIC_COUNT];
        unsigned turn; /* of the places */
        struct host_place places[TOPIC_COUNT][GROUP_PARTITIONS_MAX];
        int64_t stored[GROUP_PARTITIONS_MAX]; /* of `updates` */
};

/* Borrows all. Not running yet. */
void host_init(struct host *host, int number, struct sim *sim, struct broker *broker,
               struct store *store, struct group *group, struct check *check, struct town *towns,
               const struct topics *topics);
void host_deinit(struct host *host);

void host_start(struct host *host, const struct config *config);
void host_configure(struct host *host, const struct config *config);
void host_tell_redis(struct host *host, bool up);
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

void host_watch(struct host *host); /* once */
void host_start_reading(struct host *host, enum topic topic, int32_t partition, int64_t offset);
void host_stop_reading(struct host *host, enum topic topic, int32_t partition);
void host_pump_soon(struct host *host);

#endif
