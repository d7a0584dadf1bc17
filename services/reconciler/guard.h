/* services/reconciler/guard.h
 *
 * The guard over deletions (DESIGN.md "Reconciler" 5): `absent` and `irrelevant` ones beyond
 * max(events, percent of the known) within 24 h are held, event by event. It has no memory of its
 * own: what it let through and what it holds stands in the events' entries (KNOWN_COUNTED,
 * KNOWN_HELD ...), so it survives whatever Redis survives, and a new owner goes on where the old
 * one stopped.
 *
 * A list that is wrong is wrong as a whole, so a snapshot whose deletions exceed what is left of
 * the allowance has all of them held, not only those beyond it.
 *
 * A hold ends when two fresh reads at least 30 min apart both wanted the deletion, when an operator
 * approved it and a fresh read still wants it, or when the event comes back. A rejected one is
 * silent for 24 h; then it is held anew.
 *
 * Pure. All times are append times of snapshots, so that working a snapshot again decides the same.
 */
#ifndef RECONCILER_GUARD_H
#define RECONCILER_GUARD_H

#include "model/known.h"

#define GUARD_WINDOW_MS  (24 * 3600 * INT64_C(1000))
#define GUARD_CONFIRM_MS (30 * 60 * INT64_C(1000))
#define GUARD_SILENCE_MS (24 * 3600 * INT64_C(1000))

/* The flags of an event whose absence is not decided; all go when it comes back. */
enum {
        KNOWN_WAITING = KNOWN_CANDIDATE | KNOWN_HELD | KNOWN_MISSED_ONCE | KNOWN_RESCHEDULED |
                        KNOWN_APPROVED | KNOWN_REJECTED
};

enum guard_verdict {
        GUARD_ASK,     /* not seen before: guard_allows decides about all of these together */
        GUARD_WAIT,    /* held, and stays so */
        GUARD_SILENT,  /* rejected less than 24 h ago */
        GUARD_RELEASE, /* confirmed or approved: delete, uncounted */
};

/* One event that a list wants deleted. `fresh`: the list was read past the site's cache. Flags and
 * since_ms of `known` are moved on as the list asks. */
enum guard_verdict guard_event(struct known *known, bool fresh, int64_t now_ms);

/* Did an operator reject it less than 24 h ago? */
bool guard_is_silent(const struct known *known, int64_t now_ms);

struct guard_allowance {
        int64_t events;  /* always allowed within 24 h */
        int64_t percent; /* of the known events */
};

/* May `wanted` events be deleted, after `recent` counted ones in the last 24 h? `known` is how many
 * there were before those. */
bool guard_allows(const struct guard_allowance *allowance, size_t known, size_t recent,
                  size_t wanted);

void guard_hold(struct known *known, bool fresh, int64_t now_ms);

/* Does this deleted entry still count? */
bool guard_counts(const struct known *known, int64_t now_ms);

/* The name of a hold: 16 hex digits that stand for exactly the set of its events, so that an
 * operator approves what was seen and nothing else. Events are added in the order of their uuids.
 */
enum { HOLD_ID_BYTES = 17 };
struct hold {
        uint64_t hash;
        int64_t count;
};
void hold_add(struct hold *hold, const struct uuid *uuid);
void hold_id(const struct hold *hold, char id[HOLD_ID_BYTES]); /* "" for an empty hold */

#endif
