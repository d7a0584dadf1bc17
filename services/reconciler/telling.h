/* services/reconciler/telling.h
 *
 * The records of `changes` that come of a snapshot. Their bytes depend only on the snapshot and the
 * step, so that telling it again is harmless (DESIGN.md, invariant 2).
 */
#ifndef RECONCILER_TELLING_H
#define RECONCILER_TELLING_H

#include "reconciler/action.h"
#include "reconciler/diff.h"

/* Create, update, delete, or the null of a tombstone. Returns the bytes of the value. */
size_t tell_step(struct reconciler_actions *actions, const struct snapshot *snapshot,
                 const struct diff_facts *facts, const struct diff_step *step, uint64_t token);

/* The completion record: whoever folds `changes` up to here has exactly that list. */
void tell_completion(struct reconciler_actions *actions, const struct snapshot *snapshot,
                     const struct diff *diff, uint64_t token);

/* A command on `control`: asks the municipality's fetcher for a whole list. */
void tell_refresh(struct reconciler_actions *actions, const char *municipality, int32_t partition,
                  bool fresh, int64_t now_ms);

#endif
