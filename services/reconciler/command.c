/* services/reconciler/command.c
 *
 * An approval is for the set that the operator saw. Its name is made of that set (guard.h), so a
 * hold that has changed since is refused instead of deleting what nobody looked at.
 */
#include "reconciler/command.h"

#include <inttypes.h>

#include "reconciler/terms.h"

bool command_needs_events(const struct control *control)
{
        return control->command == CONTROL_APPROVE_DELETIONS ||
               control->command == CONTROL_REJECT_DELETIONS;
}

/* What was named to the operator: another site's list holds all that it would have deleted, as long
 * as nothing is applied; the other holds are event by event. */
static bool is_in_hold(const struct meta *meta, const struct known *known)
{
        struct diff_facts foreign = terms_foreign(meta);

        if (meta->foreign[0])
                return diff_in_foreign_hold(&foreign, known);
        return diff_is_alive(known) && (known->flags & KNOWN_HELD) &&
               !(known->flags & KNOWN_REJECTED);
}

static struct hold hold_now(const struct meta *meta, const struct catalogue *catalogue)
{
        struct hold hold = { 0, 0 };

        for (size_t i = 0; i < catalogue->count; i++) {
                _cleanup_(known_deinit) struct known known = catalogue_get(catalogue, i);

                if (is_in_hold(meta, &known))
                        hold_add(&hold, &catalogue->entries[i].uuid);
        }
        return hold;
}

static bool is_the_hold(const struct control *control, const struct meta *meta,
                        const struct catalogue *catalogue)
{
        char id[HOLD_ID_BYTES];
        struct hold hold = hold_now(meta, catalogue);

        hold_id(&hold, id);
        return id[0] && strcmp(control->hold, id) == 0 && control->count == hold.count;
}

static void mark(const struct control *control, const struct catalogue *catalogue, int64_t now_ms,
                 const struct meta *meta, struct writes *writes)
{
        for (size_t i = 0; i < catalogue->count; i++) {
                _cleanup_(known_deinit) struct known known = catalogue_get(catalogue, i);

                if (!is_in_hold(meta, &known))
                        continue;
                known.flags &= ~(unsigned)(KNOWN_CANDIDATE | KNOWN_APPROVED | KNOWN_REJECTED);
                known.flags |= KNOWN_HELD;
                if (control->command == CONTROL_APPROVE_DELETIONS) {
                        known.flags |= KNOWN_APPROVED;
                } else {
                        known.flags |= KNOWN_REJECTED;
                        known.since_ms = now_ms;
                }
                writes_set(writes, &catalogue->entries[i].uuid, &known);
        }
}

static bool decide_hold(const struct control *control, const struct catalogue *catalogue,
                        int64_t now_ms, struct meta *meta, struct writes *writes,
                        struct error *said)
{
        if (!is_the_hold(control, meta, catalogue)) {
                error_set(said,
                          "refused: there is no hold %s with %" PRId64
                          " deletions now; look at the holds again",
                          control->hold, control->count);
                return false;
        }
        mark(control, catalogue, now_ms, meta, writes);
        if (control->command == CONTROL_APPROVE_DELETIONS) {
                meta->recheck_at_ms = now_ms;
                error_set(said, "approved: what a fresh read still lacks is deleted");
        } else {
                meta->held = 0;
                meta->hold_since_ms = 0;
                meta->hold[0] = '\0';
                error_set(said, "rejected: they stay known, and silent for 24 h");
        }
        return true;
}

bool command_apply(const struct control *control, const struct catalogue *catalogue, int64_t now_ms,
                   struct meta *meta, struct writes *writes, struct error *said)
{
        if (command_needs_events(control))
                return decide_hold(control, catalogue, now_ms, meta, writes, said);
        meta->reassert_at_ms = 1;
        error_set(said, "the next whole list is told again");
        return true;
}
