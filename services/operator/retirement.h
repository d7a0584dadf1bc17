/* services/operator/retirement.h
 *
 * A municipality leaves for good: the vendor is told that its events are gone (`retired`), under a
 * version above all that it was told before. Its keys stay in the compacted topics for 30 days, as
 * those of every deleted event; whoever retires it once more after that takes them out, and with
 * the last of them the municipality's own, that of its completion records.
 *
 * The version comes from where all versions come from, the offset of a record on `snapshots`: a
 * marker is written there first. It says `unchanged` of a list that nobody applied, so whoever
 * reads it passes it over, also if the municipality comes back one day.
 *
 * Pure. The state is what the reconciler's own rebuild makes of `changes` (rebuild.h).
 *
 *         retirement_take_change(&retirement, &record);      for every record of its partition
 *         retirement_take_result(&retirement, &record);
 *         retirement_count(&retirement);
 *         retirement_marker(&retirement, &out);              where anything is to be told: its
 * offset retirement.version = version_make(epoch, offset);  is the version while
 * (retirement_next(&retirement, &out)) ...
 */
#ifndef OPERATOR_RETIREMENT_H
#define OPERATOR_RETIREMENT_H

#include "model/record.h"
#include "operator/outgoing.h"
#include "reconciler/rebuild.h"

struct retirement_key;

struct retirement {
        const char *municipality;
        const struct topics *topics;
        int64_t now_ms;
        struct rebuild rebuild;
        struct retirement_key *results; /* keys that have a result */
        bool has_own_key;               /* a completion record stands in `changes` */

        /* After retirement_count: */
        size_t gone;      /* events that the vendor is to be told of */
        size_t forgotten; /* keys that leave the topics now */
        size_t kept;      /* events that were deleted less than 30 days ago */
        size_t remaining; /* keys that stand in the topics afterwards */
        int64_t again_ms; /* when the last of those can go; 0: none remain */

        uint64_t version; /* set by the caller, before retirement_next */
        struct rebuild_entry *at;
        struct retirement_key *result_at;
        bool begun, own_key_done;
};

void retirement_init(struct retirement *retirement, const char *municipality,
                     const struct topics *topics, int64_t now_ms);
void retirement_deinit(struct retirement *retirement);

/* Those of other municipalities are passed over. */
void retirement_take_change(struct retirement *retirement, const struct record *record);
void retirement_take_result(struct retirement *retirement, const struct record *record);

void retirement_count(struct retirement *retirement);

void retirement_marker(const struct retirement *retirement, struct outgoing *out);

/* The next record: deletes and nulls of `changes`, the completion record or its null, nulls of
 * `results`. False: there are no more. */
bool retirement_next(struct retirement *retirement, struct outgoing *out);

#endif
