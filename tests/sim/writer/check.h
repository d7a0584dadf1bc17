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
 *  15  nothing is stuck (check_lag, check_pinned)
 *
 * What is seen of the requests alone is in requests.h.
 */
#ifndef SIM_WRITER_CHECK_H
#define SIM_WRITER_CHECK_H

#include "model/update.h"
#include "sim/broker.h"
#include "sim/writer/requests.h"

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
        bool had_no_room; /* so says its letter: of that moment, and after a crash there may be
                             room where that it was told is forgotten (model/told.h) */
        bool tied;        /* another one of its event has its version, in another partition */
        bool present[MEMBER_COUNT];
        enum event_state state;
        char urls[MEMBER_COUNT][CMS_URL_BYTES]; /* "": cleared */
        const char *outcome;                    /* static; NULL: none yet */
        int64_t told_ms;
        UT_hash_handle hh;
};

struct check_event {
        struct cms_event before;          /* as the site had it in the beginning */
        uint64_t confirmed[MEMBER_COUNT]; /* versions, as results have said */
        unsigned partitions;              /* in which it was wished something, a bit each */
};

struct check {
        struct sim *sim;
        struct broker *broker;
        struct town *towns; /* TOWNS */
        struct check_event events[TOWNS][CMS_EVENTS];
        struct wished *wished;
        struct requests requests;
        int64_t settled[GROUP_PARTITIONS_MAX]; /* every update before has its outcome */
        int64_t lost_ms;                       /* Redis lost some of its past then */
};

void check_init(struct check *check, struct sim *sim, struct broker *broker, struct town *towns);
void check_deinit(struct check *check);

/* The vendor's next record of that partition will be this. Takes a copy. */
void check_wished(struct check *check, const struct wished *wished);

/* A copy of it is about to be written. */
void check_again(struct check *check, const struct wished *wished);

/* Redis lost some of its past. */
void check_lost_state(struct check *check);

/* The group was told that all before `offset` is done. */
void check_commit(struct check *check, int32_t partition, int64_t offset);

/* Once it is quiet. */
void check_sites(struct check *check);
void check_outcomes(struct check *check);
void check_lag(struct check *check, int32_t partition, int64_t committed);

/* No update is older than `at_most_ms` by its record, and still holds the partition. */
void check_pinned(struct check *check, int32_t partition, int64_t committed, int64_t at_most_ms);

#endif
