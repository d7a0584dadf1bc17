/* services/reconciler/drift.h
 *
 * Drift: a list that was read past the site's cache shows another link or state than the one that
 * the site once confirmed for the vendor's standing wish. Somebody else wrote it, or it was lost.
 * It is counted and named, never fought (DESIGN.md "Writer", Seal).
 *
 * A list that was built while we wrote contradicts the wish as well, so one sight is only a
 * suspicion: the event's entry remembers it (KNOWN_DRIFTS), another fresh list is asked for, and
 * what that one shows still is drift.
 */
#ifndef RECONCILER_DRIFT_H
#define RECONCILER_DRIFT_H

#include "model/wish.h"
#include "reconciler/diff.h"

/* Does what is shown contradict what was confirmed? Not where the event has ended (sites then set a
 * state of their own), where the wish will be sent again anyway, or where a link was cleared and
 * the series' shows through. */
bool drift_shows(const struct known *known, const struct wish *wish, int64_t now_ms);

/* Looks at one event, after the walk and before the end of `diff`: counts it there, and adds what
 * is to be remembered to its steps. An event that the list does not show is passed over. */
void drift_see(struct diff *diff, const struct uuid *uuid, const struct wish *wish);

#endif
