/* services/reconciler/site.h
 *
 * One municipality that is ours: its snapshots and commands, one after the other, each from the
 * reading of the state to the move of its offset (DESIGN.md "Reconciler"). Many sites are under way
 * at once; within one, order is all.
 *
 *      IDLE ─▶ META ─▶ EVENTS ─▶ DIFF ─▶ (LEDGER) ─▶ TELL ─▶ APPLY ─▶ IDLE
 *               │ ▲                                            │
 *               ▼ └────────────────────────────────────────────┘ (after a rebuild)
 *              LOG ───────────────────────────────────────▶ APPLY
 *
 * Whatever fails (a delivery, a reply, the compare-and-set) throws the attempt away, and the work
 * begins again from the reading of the state, after a short wait. Versions make that harmless.
 */
#ifndef RECONCILER_SITE_H
#define RECONCILER_SITE_H

#include "base/dice.h"
#include "base/map.h"
#include "model/control.h"
#include "reconciler/asking.h"
#include "reconciler/inquiry.h"
#include "reconciler/judge.h"
#include "reconciler/partition.h"
#include "reconciler/rebuild.h"

enum site_phase {
        SITE_IDLE,
        SITE_WAIT,      /* an attempt failed; the next one at retry_at_ms */
        SITE_META,      /* for the reply; so for the next */
        SITE_LOG,       /* for the rebuild's reading of `changes` */
        SITE_EVENTS,
        SITE_DIFF,      /* for its share of this process */
        SITE_LEDGER,
        SITE_TELL,      /* for Kafka's acknowledgements */
        SITE_APPLY,
};

struct job {
        struct snapshot *snapshot;      /* owned; NULL: a command */
        struct control control;
        int64_t control_offset;
        struct job *next;
};

struct site {
        char id[MUNICIPALITY_ID_BYTES];
        uint32_t serial;                /* the upper half of its tokens */
        uint32_t attempts;              /* the lower half of the last one */
        struct partition *partition;
        const struct municipality *config;

        enum site_phase phase;
        uint64_t token;                 /* what is waited for; 0: nothing */
        struct job *jobs;               /* the first is the one under way */
        struct meta meta;               /* as last read or written */
        bool damaged;                   /* it could not be read whole */
        bool met;                       /* the state was known once */
        bool late;                      /* came into the configuration while we ran */
        bool clamped;                   /* records it needs are no longer in the log */
        bool rebuilt;                   /* once an assignment is enough */
        uint64_t proved;                /* the state was at this version: less is a loss */
        bool raised;                    /* the state was met under an older epoch */
        unsigned failures;
        int64_t retry_at_ms;
        struct asking asking;

        /* the attempt */
        enum judgement judgement;
        struct catalogue catalogue;
        struct diff diff;
        bool diffing;                   /* `diff` borrows listing and catalogue */
        struct inquiry inquiry;
        size_t tell_at;                 /* next step to tell */
        size_t batch;                   /* records told since all before were acknowledged */
        size_t outstanding;             /* records not yet acknowledged */
        size_t outstanding_bytes;
        bool closing;                   /* the completion record is out */
        struct writes writes;
        struct meta after;
        bool wipe;
        bool rebuilding;
        struct error said;

        bool active; /* the core's: in its list of those that can go on */
        struct site *prev, *next;
        UT_hash_handle hh;              /* by id */
        UT_hash_handle hh_serial;
};

/* What sites share. */
struct site_world {
        uint32_t epoch;
        struct reconciler_actions *actions;
        struct dice *dice;
        int64_t now_ms;
        bool redis_up;
        bool draining;                  /* no new work is begun */
        size_t told_bytes;              /* of all sites, not yet acknowledged */
        size_t job_count;               /* of all sites */
        size_t job_bytes;
};

struct site *site_new(const char *id, uint32_t serial, struct partition *partition,
                      const struct municipality *config);
/* Borrowed until the next one. NULL: it left the configuration. */
void site_configure(struct site *site, const struct municipality *config);
/* Jobs that are left are given up: their offsets stay open. */
void site_free(struct site *site, struct site_world *world);

void site_add_snapshot(struct site *site, struct snapshot *snapshot, struct site_world *world);
void site_add_command(struct site *site, const struct control *control, int64_t offset,
                      struct site_world *world);

/* Goes on with whatever it can: begins the next job, takes a slice of a diff, tells more. */
void site_step(struct site *site, struct site_world *world);
/* Has it nothing to do before a reply, a record or its time? */
bool site_is_at_rest(const struct site *site);
/* Is its next step a slice of a large piece of work? One of those a turn is enough. */
bool site_is_heavy(const struct site *site, const struct site_world *world);
/* Could it use another step at once? */
bool site_is_hungry(const struct site *site, const struct site_world *world);
/* When it is to be stepped at the latest; INT64_MAX: never. */
int64_t site_next_ms(const struct site *site, const struct site_world *world);

/* Replies. Those whose token is not waited for change nothing. `ok` false: none came. */
void site_take_meta(struct site *site, struct site_world *world, uint64_t token, bool ok,
                    const struct slice *pairs, size_t count);
void site_take_events(struct site *site, struct site_world *world, uint64_t token, bool ok,
                      const struct slice *pairs, size_t count);
void site_take_ledger(struct site *site, struct site_world *world, uint64_t token, bool ok,
                      const struct slice *entries, size_t count);
void site_take_delivery(struct site *site, struct site_world *world, uint64_t token,
                        const char *error);
enum apply_reply { APPLY_OK, APPLY_CONFLICT, APPLY_LOST };
void site_take_apply(struct site *site, struct site_world *world, uint64_t token,
                     enum apply_reply reply);

/* The rebuild that it waits for in SITE_LOG: everything of it that `changes` holds. NULL: the reading
 * failed, and begins again. */
void site_take_log(struct site *site, struct site_world *world, const struct rebuild *rebuild);

#endif
