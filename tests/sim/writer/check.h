/* tests/sim/writer/check.h
 *
 * The invariants of DESIGN.md, by number, seen from outside: what the vendor wished, what the log
 * of results says, which requests reached the sites, and what the sites have in the end. Nothing
 * here asks the cores what they think.
 *
 *   5  what results say is confirmed only gets newer, per event and member
 *   6  a committed offset never passes an update without an outcome
 *   7  every update has an outcome, and never two different ones; of a dead one
 *      the letter is in Kafka first
 *   8  once it is quiet, each site has the newest wish of every member, and the rest untouched
 *   9  at most one request of an event is under way among the processes that live
 *  11  one log-in probe in 90 minutes
 *  15  nothing is stuck (check_lag)
 *
 * Also: one idempotency key is one body.
 */
#ifndef SIM_WRITER_CHECK_H
#define SIM_WRITER_CHECK_H

#include "base/map.h"
#include "model/update.h"
#include "sim/broker.h"
#include "sim/process.h"
#include "sim/writer/town.h"

/* One update as the vendor wrote it, by its offset (its own, not that of a copy). */
struct wished {
        struct {
                int32_t partition;
                int64_t offset;
        } key;
        size_t town, event;
        bool valid;
        bool loose; /* more than one outcome may be told of it */
        bool has_letter;
        bool present[MEMBER_COUNT];
        enum event_state state;
        char urls[MEMBER_COUNT][CMS_URL_BYTES]; /* "": cleared */
        const char *outcome;                    /* static; NULL: none yet */
        int64_t told_ms;
        UT_hash_handle hh;
};

/* One request that a process has under way. */
struct under_way {
        const struct process *process; /* NULL: none */
        unsigned life;
        int64_t since_ms;
};

struct check_event {
        struct cms_event before; /* as the site had it in the beginning */
        struct under_way under_way[GROUP_MEMBERS_MAX];
        uint64_t confirmed[MEMBER_COUNT]; /* versions, as results have said */
};

struct keyed; /* an idempotency key, and the body it stands for */

struct check {
        struct sim *sim;
        struct broker *broker;
        struct town *towns; /* TOWNS */
        struct check_event events[TOWNS][CMS_EVENTS];
        struct wished *wished;
        struct keyed *keyed;
        int64_t probed_ms[TOWNS]; /* 0: never, or it may be tried at once */
        int64_t lost_ms;          /* Redis lost some of its past then */
};

void check_init(struct check *check, struct sim *sim, struct broker *broker, struct town *towns);
void check_deinit(struct check *check);

/* The vendor's next record of that partition will be this. Takes a copy. */
void check_wished(struct check *check, const struct wished *wished);

/* A copy of it is about to be written. */
void check_again(struct check *check, const struct wished *wished);

/* A request leaves a process; it has its answer, or has given up. */
void check_leaves(struct check *check, const struct process *process, size_t town,
                  const struct uuid *uuid, const char *key, struct slice body);
void check_ends(struct check *check, const struct process *process, size_t town,
                const struct uuid *uuid);
void check_probes(struct check *check, size_t town);

/* The log-in was corrected, or worked: the next probe is about another rejection. */
void check_password_works(struct check *check, size_t town);
void check_lost_state(struct check *check);

/* The group was told that all before `offset` is done. */
void check_commit(struct check *check, int32_t partition, int64_t offset);

/* Once it is quiet. */
void check_sites(struct check *check);
void check_outcomes(struct check *check);
void check_lag(struct check *check, int32_t partition, int64_t committed);

#endif
