/* services/reconciler/judge.h
 *
 * What is to be done with a whole snapshot, before anything in it is looked at: a pure function of
 * its headers and of the state (DESIGN.md "Reconciler" 1 and 2).
 */
#ifndef RECONCILER_JUDGE_H
#define RECONCILER_JUDGE_H

#include "reconciler/assemble.h"
#include "reconciler/meta.h"

/* How far the clocks of brokers and of this process may be apart. */
#define JUDGE_CLOCKS_MS (5 * 60 * INT64_C(1000))

enum judgement {
        JUDGE_WORK,      /* compare it with what is known */
        JUDGE_DONE,      /* it was handled before */
        JUDGE_BROKEN,    /* not what its headers say */
        JUDGE_OLD,       /* older than the applied list */
        JUDGE_CONFIRM,   /* says that the applied list still stands */
        JUDGE_ASK,       /* confirms a list that is not the applied one: a whole one is needed */
        JUDGE_FOREIGN,   /* confirms the list of another site that is on hold */
        JUDGE_EPOCH,     /* this process runs under an older epoch than the state */
        JUDGE_RECREATED, /* the topic began anew, under the same epoch */
};

enum judgement judge_snapshot(const struct snapshot *snapshot, const struct meta *meta,
                              uint32_t epoch, uint64_t rules);

/* The first two questions alone, for a record that need not even be assembled. JUDGE_WORK: go on.
 */
enum judgement judge_place(uint32_t epoch, int64_t offset, int64_t appended_ms,
                           const struct meta *meta);

/* The meta once the snapshot is handled, whatever came of it. */
void judge_handled(struct meta *meta, const struct snapshot *snapshot, uint32_t epoch);
/* And where its list was applied or confirmed: orders the fetches that follow. */
void judge_applied(struct meta *meta, const struct snapshot *snapshot);

#endif
