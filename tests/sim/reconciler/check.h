/* tests/sim/reconciler/check.h
 *
 * The invariants of DESIGN.md, by number, seen from outside: from what sites truly showed, what the
 * log and Redis hold, and what a vendor who folds `changes` believes. Nothing here asks the cores
 * what they think.
 *
 *   1  Redis is never ahead of the log: checked at every write of the state
 *   2  equal versions are equal bytes, and versions in the state only rise
 *   3  once it is quiet, the fold is the site's list
 *      and a vendor who comes then, and folds what compaction left, has the same (check_newcomer)
 *   4  a deletion has its right: a complete list read past the cache, and the guard; its null comes
 *      a month later (check_nulls)
 *   6  a committed offset never passes unhandled work
 *  12  a rebuild from nothing reaches the same (check_remembered)
 *  15  nothing is stuck (check_lag)
 */
#ifndef SIM_RECONCILER_CHECK_H
#define SIM_RECONCILER_CHECK_H

#include "model/change.h"
#include "model/config.h"
#include "model/snapshot.h"
#include "sim/broker.h"
#include "sim/reconciler/page.h"
#include "sim/reconciler/script.h"

enum { CHECK_TOWNS_MAX = 4 };

/* A list, as a fetcher published it and as it truly was. Owned by the check. */
struct published {
        struct page *page;
        bool fresh;      /* as its header says */
        bool past_cache; /* as it was */
        bool complete, unchanged;
        uint32_t parts;
        int64_t first_offset, first_ms;
        int64_t offset; /* of the last part; -1: not published to its end */
        int64_t appended_ms;
        bool whole; /* its parts lie together, so that no reader has to give them up */
};

/* What a vendor believes of one event. */
struct heard {
        struct uuid uuid;
        uint64_t version;
        bool deleted;
        enum change_reason reason;
        int64_t at_ms; /* append time of the snapshot that it came of */
        bool free;     /* this deletion does not count for the guard: confirmed, or approved */
        bool approved; /* by an operator */
        bool rejected; /* likewise, as the state says, and when: it is silent for 24 h */
        int64_t rejected_ms;
        enum event_state ours;    /* the state that we wrote last; STATE_NONE: none */
        bool other_told;          /* the vendor was told of another one since */
        int64_t start_ms, end_ms; /* as last told */
        int64_t record;           /* offset in `changes` */
        bool lived, spared;       /* for check_remember */
        UT_hash_handle hh;
};

struct told; /* one (uuid, version) */

struct check_town {
        char id[MUNICIPALITY_ID_BYTES];
        int32_t partition;
        struct published **published; /* in the order of their offsets */
        size_t published_count, published_capacity;
        struct heard *heard;
        struct told *told;
        size_t alive;
        size_t alive_at_completion;
        uint64_t completed; /* version of the newest completion record */
        int64_t known;      /* as that says */
        int64_t handled;    /* highest offset that the state ever had */
        bool spared;        /* for check_remember: its list was silenced as another site's */
        int64_t excused;    /* snapshots before were nobody's: it was not configured */
};

struct check {
        struct sim *sim;
        struct broker *broker;
        const struct store *store;
        int64_t guard_events, guard_percent;
        struct check_town towns[CHECK_TOWNS_MAX];
        size_t town_count;
        struct published **all; /* owned */
        size_t all_count, all_capacity;
};

void check_init(struct check *check, struct sim *sim, struct broker *broker,
                const struct store *store);
void check_deinit(struct check *check);
struct check_town *check_add_town(struct check *check, const char *id, int32_t partition);
struct check_town *check_town(struct check *check, const char *id); /* NULL: none of ours */

/* A list that is about to be published. The reader sets first_offset and first_ms with the first
 * part, and gives it to the broker as the note of the last. */
struct published *check_publication(struct check *check, struct page *page,
                                    const struct snapshot_part *head, bool past_cache);

/* What people and the writer did. */
void check_approved(struct check *check, const char *id, const struct uuid *uuid);
void check_own_state(struct check *check, const char *id, const struct uuid *uuid,
                     enum event_state state);

/* Redis lost some of its past: what an operator rejected may be forgotten. */
void check_lost_state(struct check *check);

/* The state is about to be written. */
void check_apply(struct check *check, const struct apply *apply);
/* The group was told that all before `offset` is done, by a process under this configuration. */
void check_commit(struct check *check, const struct config *config, int32_t partition,
                  int64_t offset);
/* A process learns of the municipality now: what came before was nobody's. */
void check_excuse(struct check *check, const char *id);

/* Once it is quiet: `page` is the site's list. */
void check_fold(struct check *check, const char *id, struct page *page, bool relevant_only);
/* Whoever reads `changes` from the start has what the vendor has. */
void check_newcomer(struct check *check);
/* What was deleted a month ago has its null. */
void check_nulls(struct check *check);
/* The group has read `partition` to its end. */
void check_lag(struct check *check, enum topic topic, int32_t partition, int64_t committed);
/* What the vendor has now; and that it has the same later, but for what an operator's rejection,
 * which is lost with Redis, had spared. */
void check_remember(struct check *check);
void check_remembered(struct check *check);

#endif
