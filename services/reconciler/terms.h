/* services/reconciler/terms.h
 *
 * The terms on which a list is compared, and the state that the comparison leaves behind: what lies
 * between a snapshot's headers, the configuration and the state on one side and the diff on the
 * other.
 */
#ifndef RECONCILER_TERMS_H
#define RECONCILER_TERMS_H

#include "reconciler/assemble.h"
#include "reconciler/diff.h"
#include "reconciler/meta.h"

struct diff_facts terms_facts(const struct snapshot *snapshot, const struct meta *meta,
                              const struct municipality *config, uint32_t epoch);

/* Time and window of the foreign list that is on hold; nothing else is known of it. */
struct diff_facts terms_foreign(const struct meta *meta);

/* `meta` after the diff is finished, from what it was before. `now_ms` is the clock: it only says
 * when to ask for the next fresh list. */
void terms_settle(struct meta *meta, const struct snapshot *snapshot, const struct diff *diff,
                  const struct municipality *config, uint32_t epoch, int64_t now_ms);

/* The same for a fresh list that only confirmed the applied one: no more than drift was looked at.
 */
void terms_settle_confirmed(struct meta *meta, const struct diff *diff,
                            const struct municipality *config, int64_t now_ms);

#endif
