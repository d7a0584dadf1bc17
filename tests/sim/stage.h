/* tests/sim/stage.h
 *
 * What every history plays on, whichever service it is of: Kafka, Redis, a group of processes, and
 * the configurations that they are told. A service's world begins with one; what is only its own
 * (sites, people) it adds by its kind.
 */
#ifndef SIM_STAGE_H
#define SIM_STAGE_H

#include "base/buffer.h"
#include "sim/broker.h"
#include "sim/process.h"
#include "sim/store.h"

enum { STAGE_PROCESSES_MAX = 3, STAGE_PARTITIONS = 2, STAGE_CONFIGS_MAX = 512 };

struct fault;
struct stage;

struct stage_kind {
        /* The members of the configuration that are the service's own, a comma before each; among
         * them the municipalities. */
        void (*write_config)(const struct stage *stage, struct buffer *text);
        /* Redis lost everything, or some of its past. */
        void (*lost_redis)(struct stage *stage, bool everything);
        /* Nothing is wrong with the sites and with those who read them any more. */
        void (*mend)(struct stage *stage);
};

struct stage {
        const struct stage_kind *kind;
        struct sim *sim;
        struct broker broker;
        struct store store;
        struct group group;
        struct topics topics;
        struct process *processes[STAGE_PROCESSES_MAX]; /* borrowed */
        size_t process_count;
        struct config
                *configs[STAGE_CONFIGS_MAX]; /* all that there ever were; the last one counts */
        size_t config_count;
        const struct fault *faults; /* faults.h */
        bool faulty;                /* things go wrong */
};

/* The first configuration is to be made with stage_configure, then come the processes. */
void stage_init(struct stage *stage, const struct stage_kind *kind, struct sim *sim);
/* Frees the calendar, too: what is in it belongs to the stage. */
void stage_deinit(struct stage *stage);

/* Made by then; starts it. */
void stage_add_process(struct stage *stage, struct process *process);
struct process *stage_any_process(struct stage *stage); /* NULL: none runs */

/* An errand that is about one thing by its number, and may know something besides. */
struct stage_errand {
        struct errand errand;
        struct stage *stage;
        size_t which; /* municipality, process or whatever it is about */
        size_t detail;
};
void stage_add_errand(struct stage *stage, void (*run)(struct errand *), size_t which,
                      size_t detail, int64_t wait_ms);

/* A new configuration, as things are now; told to every process within half a minute, or not. */
void stage_configure(struct stage *stage);
void stage_reconfigure(struct stage *stage);
const struct config *stage_config(const struct stage *stage);

/* Redis breaks all connections; comes back, and everybody hears of it. */
void stage_redis_down(struct stage *stage);
void stage_redis_up(struct stage *stage);

#endif
