/* services/reconciler/diff_absent.c
 *
 * An event that the list does not show: past, out of sight, or to be deleted, which a cached list
 * cannot prove and the guard may hold (guard.h).
 */
#include "reconciler/diff_steps.h"

#include <stdlib.h>

bool diff_out_of_sight(const struct diff_facts *facts, const struct known *known)
{
        return facts->edge_ms != TIMESTAMP_NONE &&
               (known->start_ms == TIMESTAMP_NONE ||
                known->start_ms < facts->edge_ms + DIFF_SIGHT_MS);
}

bool diff_is_past(const struct diff_facts *facts, const struct known *known)
{
        return known->end_ms != TIMESTAMP_NONE && known->end_ms <= facts->now_ms;
}

bool diff_in_foreign_hold(const struct diff_facts *facts, const struct known *known)
{
        return diff_is_alive(known) && !guard_is_silent(known, facts->now_ms) &&
               !diff_is_past(facts, known) && !diff_out_of_sight(facts, known);
}

/* No list decides about it any more: whether its deletion was held, approved or rejected, its end
 * is what it waits for. The flags name what is in the hold (command.c). */
static void leave_hold(struct diff *diff, const struct uuid *uuid, struct known *known)
{
        struct diff_step *step;

        if (!diff_clear_waiting(known))
                return;
        step = diff_add_step(diff, DIFF_WRITE, uuid);
        step->known = diff_take_known(known);
        step->absent = true;
}

static void miss_alive(struct diff *diff, const struct uuid *uuid, struct known *known)
{
        diff->alive++;
        if (known->version > diff->facts.version)
                return;
        if (diff_is_past(&diff->facts, known)) {
                if (diff->facts.complete)
                        diff_want_deletion(diff, uuid, known, REASON_PAST);
                else
                        leave_hold(diff, uuid, known);
                return;
        }
        if (diff_out_of_sight(&diff->facts, known)) {
                diff->counts.out_of_sight++;
                leave_hold(diff, uuid, known);
                return;
        }
        diff->unended += !(known->flags & KNOWN_APPROVED);
        if (diff->facts.complete)
                diff_want_deletion(diff, uuid, known, REASON_ABSENT);
        else if (known->flags & KNOWN_HELD)
                diff_want_deletion(diff, uuid, known, REASON_ABSENT)->op = DIFF_NOTHING;
}

void diff_see_absent(struct diff *diff, const struct uuid *uuid, struct known *known)
{
        if (diff_is_alive(known))
                miss_alive(diff, uuid, known);
        else if (diff_is_long_deleted(&diff->facts, known))
                diff_add_step(diff, DIFF_BURY, uuid);
        else if (known->version == VERSION_NONE && diff->facts.complete)
                diff_add_step(diff, DIFF_FORGET, uuid);
}

/* -- at the end ------------------------------------------------------------------------------ */

static int compare_uuids(const void *a, const void *b)
{
        return uuid_compare(a, b);
}

/* A rescheduled series gets new events in the list that loses the old ones. A cached list only
 * makes candidates, and the fresh read that decides comes after the new ones were told: the flag
 * remembers. */
bool diff_mark_rescheduled(struct diff *diff)
{
        bool any = false;

        if (diff->series_count > 0)
                qsort(diff->series, diff->series_count, sizeof(*diff->series), compare_uuids);
        for (size_t i = 0; i < diff->step_count; i++) {
                struct diff_step *step = &diff->steps[i];

                if (step->op != DIFF_DELETE || step->reason != REASON_ABSENT)
                        continue;

                bool found = (step->known.flags & KNOWN_RESCHEDULED) ||
                             (diff->series_count > 0 && step->known.has_series &&
                              bsearch(&step->known.series, diff->series, diff->series_count,
                                      sizeof(*diff->series), compare_uuids));

                if (found)
                        step->reason = REASON_RESCHEDULED;
                any = any || found;
        }
        return any;
}

static void tell_deletion(struct diff *diff, struct diff_step *step, bool counted)
{
        step->op = DIFF_DELETE;
        step->known.version = diff->facts.version;
        step->known.since_ms = diff->facts.now_ms;
        step->known.raw_hash = 0; /* of the bytes it had before: what is ignored now has others */
        step->known.flags = KNOWN_DELETED | (counted ? KNOWN_COUNTED : 0u) |
                            (step->reason == REASON_IRRELEVANT ? KNOWN_IRRELEVANT : 0u);
}

/* A cached list proves no absence. */
static void make_candidate(struct diff *diff, struct diff_step *step)
{
        struct known *known = &step->known;
        unsigned flags =
                KNOWN_CANDIDATE | (step->reason == REASON_RESCHEDULED ? KNOWN_RESCHEDULED : 0u);

        step->op = DIFF_NOTHING;
        if (known->flags & (KNOWN_HELD | KNOWN_REJECTED))
                return;
        if ((known->flags & flags) == flags)
                return;
        if (!(known->flags & KNOWN_CANDIDATE))
                known->since_ms = diff->facts.now_ms;
        known->flags |= flags;
        step->op = DIFF_WRITE;
}

/* True if the step waits for the verdict over all. An entry that is held remembers why, for the
 * list that releases it may say less: that it is absent. */
static bool ask_guard(struct diff *diff, struct diff_step *step)
{
        unsigned flags = step->known.flags;
        int64_t since_ms = step->known.since_ms;

        if (step->reason == REASON_IRRELEVANT)
                step->known.flags |= KNOWN_IRRELEVANT;
        switch (guard_event(&step->known, diff->facts.fresh, diff->facts.now_ms)) {
        case GUARD_ASK:
                return true;
        case GUARD_RELEASE:
                if (step->known.flags & KNOWN_IRRELEVANT)
                        step->reason = REASON_IRRELEVANT;
                tell_deletion(diff, step, false);
                break;
        case GUARD_WAIT:
        case GUARD_SILENT:
                step->op = flags != step->known.flags || since_ms != step->known.since_ms
                                   ? DIFF_WRITE
                                   : DIFF_NOTHING;
                break;
        }
        return false;
}

static bool is_guarded(const struct diff *diff, const struct diff_step *step)
{
        if (step->op != DIFF_DELETE || step->reason == REASON_PAST)
                return false;
        if (step->reason == REASON_IRRELEVANT)
                return true;
        /* A rejection outlives the reason that was rejected. */
        return diff->facts.fresh &&
               (step->reason == REASON_ABSENT || (step->known.flags & KNOWN_REJECTED));
}

/* All deletions that need no verdict over the whole; counts the others, which keep op DIFF_DELETE
 * and their old version. */
static size_t decide_each(struct diff *diff)
{
        size_t asking = 0;

        for (size_t i = 0; i < diff->step_count; i++) {
                struct diff_step *step = &diff->steps[i];

                if (step->op != DIFF_DELETE)
                        continue;
                if (is_guarded(diff, step))
                        asking += ask_guard(diff, step);
                else if (step->reason == REASON_PAST || diff->facts.fresh)
                        tell_deletion(diff, step, false);
                else
                        make_candidate(diff, step);
        }
        return asking;
}

static void decide_together(struct diff *diff, size_t asking)
{
        bool allowed = guard_allows(&diff->facts.allowance, diff->alive + diff->recent,
                                    diff->recent, asking);

        for (size_t i = 0; asking > 0 && i < diff->step_count; i++) {
                struct diff_step *step = &diff->steps[i];

                if (step->op != DIFF_DELETE || (step->known.flags & KNOWN_DELETED))
                        continue;
                if (allowed) {
                        tell_deletion(diff, step, true);
                } else {
                        guard_hold(&step->known, diff->facts.fresh, diff->facts.now_ms);
                        step->op = DIFF_WRITE;
                }
        }
}

void diff_decide_absent(struct diff *diff)
{
        decide_together(diff, decide_each(diff));
}
