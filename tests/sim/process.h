/* tests/sim/process.h
 *
 * One process as the world sees it, whatever core is in it: it starts, crashes between any two
 * actions, goes on as a zombie after its partitions went to another, drains, and starts again. What
 * was meant for an earlier life does not arrive; what came from it, and is not yet in the log or in
 * Redis, is lost as well.
 */
#ifndef SIM_PROCESS_H
#define SIM_PROCESS_H

#include "model/config.h"
#include "sim/group.h"

struct process;

/* What is in it does this. */
struct process_kind {
        /* NULL: nothing. It is about to hear of this one, at its start too; process->config is
         * still the one before, NULL: there was none. */
        void (*learn)(struct process *process, const struct config *config);
        void (*begin)(struct process *process); /* makes the core and tells it how things are */
        void (*end)(struct process *process);   /* frees the core */
        void (*tick)(struct process *process);
        void (*assigned)(struct process *process);
        void (*revoked)(struct process *process); /* may crash */
        void (*commit)(struct process *process);
        void (*forget)(struct process *process); /* where it reads, and what it stored */
        void (*drain)(struct process *process);
        void (*configured)(struct process *process);
        void (*redis)(struct process *process, bool up);
};

enum process_mishap { MISHAP_NONE, MISHAP_CRASH, MISHAP_ISOLATION };

struct process {
        struct member member; /* first */
        const struct process_kind *kind;
        struct sim *sim;
        struct group *group;
        const struct config *config; /* as it knows it; borrowed */
        int number;
        unsigned life;
        bool runs;
        bool zombie;
        bool draining;
        bool drained; /* set by what is in it */

        /* What goes wrong with it. */
        enum process_mishap mishap;
        unsigned mishap_after;  /* actions */
        int64_t lost_per_mille; /* answers of Kafka and Redis that fail */

        int64_t wake_ms; /* INT64_MAX: no tick is due */
        /* One connection each: what is asked first is done and answered first. */
        int64_t sent_ms, acknowledged_ms, asked_ms, answered_ms;
        unsigned unacknowledged; /* records that it waits for */
};

/* Borrows all. Not running yet. */
void process_init(struct process *process, const struct process_kind *kind, int number,
                  struct sim *sim, struct group *group);

/* Not for one that runs, or is still in the group. */
void process_start(struct process *process, const struct config *config);
/* It is told; one that does not run is not. */
void process_configure(struct process *process, const struct config *config);
void process_tell_redis(struct process *process, bool up);
void process_crash(struct process *process);
/* Lets go of its partitions properly; ends when what is under way is done. */
void process_drain(struct process *process);
/* The group gives its partitions to others, and it does not notice. Until process_notice. */
void process_isolate(struct process *process);
void process_notice(struct process *process);

/* -- for what is in it ------------------------------------------------------------------------- */

/* After each action. True if a mishap comes now: after a crash no other action is done. */
bool process_is_struck(struct process *process);
bool process_is_crashing(const struct process *process);
/* After all actions of one input. False: it runs no more. */
bool process_acted(struct process *process, bool struck);
/* It wants a tick then. */
void process_follow(struct process *process, int64_t next_ms);

/* How long something takes that it waits for; and when, behind what was asked for earlier. */
int64_t process_delay_ms(struct process *process);
int64_t process_in_order(struct process *process, int64_t *last_ms);

/* An errand for one life. */
struct process_errand {
        struct errand errand; /* first */
        struct process *process;
        unsigned life;
};
void process_add_errand(struct process *process, struct process_errand *errand,
                        void (*run)(struct errand *), void (*drop)(struct errand *), int64_t at_ms);
/* NULL: that life is over. */
struct process *process_of_errand(const struct errand *errand);

#endif
