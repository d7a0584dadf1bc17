/* services/reconciler/diff.c
 *
 * One walk along two sorted lists decides about everything that is present, and collects what is
 * absent; what is absent is decided at the end, since it depends on the whole: on the series that
 * get new events, on how much is gone at once.
 */
#include "reconciler/diff.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "reconciler/look.h"

enum { STEPS_FIRST = 32 };

bool diff_is_alive(const struct known *known)
{
        return known->version != VERSION_NONE && !(known->flags & KNOWN_DELETED);
}

/* The entry without its texts, which go to the caller. */
static struct known known_take(struct known *known)
{
        struct known taken = *known;

        known->url = NULL;
        known->admin_url = NULL;
        return taken;
}

void diff_begin(struct diff *diff, const struct diff_facts *facts, const struct listing *listing,
                const struct catalogue *catalogue)
{
        *diff = (struct diff){
                .facts = *facts,
                .listing = listing,
                .catalogue = catalogue,
                .counts = { .waiting_since_ms = INT64_MAX },
        };
}

static struct diff_step *add_step(struct diff *diff, enum diff_op op, const struct uuid *uuid)
{
        if (diff->step_count == diff->step_capacity) {
                diff->step_capacity =
                        diff->step_capacity > 0 ? 2 * diff->step_capacity : STEPS_FIRST;
                diff->steps = memory_resize(diff->steps, diff->step_capacity, sizeof(*diff->steps));
        }

        struct diff_step *step = &diff->steps[diff->step_count++];

        *step = (struct diff_step){ .op = op, .uuid = *uuid };
        return step;
}

static void add_series(struct diff *diff, const struct known *known)
{
        if (!known->has_series)
                return;
        if (diff->series_count == diff->series_capacity) {
                diff->series_capacity =
                        diff->series_capacity > 0 ? 2 * diff->series_capacity : STEPS_FIRST;
                diff->series =
                        memory_resize(diff->series, diff->series_capacity, sizeof(*diff->series));
        }
        diff->series[diff->series_count++] = known->series;
}

/* -- what is present ------------------------------------------------------------------------- */

/* Its absence, if there was one, is over. */
static bool clear_waiting(struct known *known)
{
        if (!(known->flags & KNOWN_WAITING))
                return false;
        known->flags &= ~(unsigned)KNOWN_WAITING;
        known->since_ms = 0;
        return true;
}

/* A null may be on its way to the key of an event that was deleted long ago, from an owner that has
 * lost the partition and does not know: it is told again with every list. */
static void create(struct diff *diff, const struct listing_event *item, const struct event *event,
                   bool revived)
{
        struct diff_step *step = add_step(diff, DIFF_CREATE, &item->uuid);

        step->event = item->raw;
        known_from_event(&step->known, event, item->raw_hash, diff->facts.version);
        step->known.flags = revived ? KNOWN_REVIVED : 0u;
        add_series(diff, &step->known);
}

/* Present, but not the vendor's business, and not told (any more). The entry only spares the next
 * lists the parsing. */
static void ignore(struct diff *diff, const struct listing_event *item, const struct event *event,
                   const struct known *before)
{
        struct diff_step *step = add_step(diff, DIFF_WRITE, &item->uuid);

        known_from_event(&step->known, event, item->raw_hash,
                         before ? before->version : VERSION_NONE);
        step->known.flags =
                KNOWN_IRRELEVANT | (before ? before->flags & (KNOWN_DELETED | KNOWN_COUNTED) : 0);
        step->known.since_ms = before ? before->since_ms : 0;
}

static bool is_long_deleted(const struct diff_facts *facts, const struct known *known)
{
        return (known->flags & KNOWN_DELETED) &&
               facts->now_ms - known->since_ms >= DIFF_TOMBSTONE_MS;
}

/* Never told, or told as deleted. What was told as deleted in this same version, under other rules,
 * waits for the next one (rules.h). */
static void see_silent(struct diff *diff, const struct listing_event *item,
                       const struct known *before)
{
        struct event event;
        bool same = before && !diff->facts.look_at_all && before->raw_hash == item->raw_hash;
        bool bury = before && is_long_deleted(&diff->facts, before);

        if (before && before->version == diff->facts.version)
                return;
        if (same && !bury && diff->facts.relevant_only && (before->flags & KNOWN_IRRELEVANT))
                return;
        look_at_event(&event, &item->uuid, item->raw, diff->facts.news);
        if (!diff->facts.relevant_only || event.relevant)
                create(diff, item, &event, bury);
        else if (bury)
                add_step(diff, DIFF_BURY, &item->uuid);
        else
                ignore(diff, item, &event, before);
        event_deinit(&event);
}

static void update(struct diff *diff, const struct listing_event *item, struct known *known,
                   uint32_t changed, bool reassert)
{
        struct diff_step *step = add_step(diff, DIFF_UPDATE, &item->uuid);

        step->event = item->raw;
        step->changed = changed;
        step->reassert = reassert;
        step->known = known_take(known);
        step->known.version = diff->facts.version;
}

/* An operator's rejection may have come when the deletion was told, and not yet written down: then the
 * vendor does not have what we know. So it is with what is revived. */
static bool is_to_be_told_again(const struct diff *diff, const struct known *known)
{
        return diff->facts.reassert || (known->flags & (KNOWN_REJECTED | KNOWN_REVIVED));
}

/* Equal bytes: nothing changed but that it is here. */
static void see_same(struct diff *diff, const struct listing_event *item, struct known *known)
{
        bool again = is_to_be_told_again(diff, known);
        bool returned = clear_waiting(known);

        if (known->version == diff->facts.version)
                add_series(diff, known);
        if (again)
                update(diff, item, known, 0, true);
        else if (returned)
                add_step(diff, DIFF_WRITE, &item->uuid)->known = known_take(known);
}

/* Of those that are news. Under other rules the long hash was made of other fields, and only the
 * short ones can be compared. They may agree by chance, the long one does not. */
static uint32_t changed_fields(const struct diff *diff, const struct known *known,
                               const struct event *event)
{
        bool comparable = !diff->facts.look_at_all && known->canonical != 0;
        uint32_t changed = 0;

        if (comparable && known->canonical == event->canonical)
                return 0;
        for (unsigned field = 0; field < EVENT_FIELD_COUNT; field++)
                if (known->fields[field] != event->fields[field])
                        changed |= UINT32_C(1) << field;
        changed &= diff->facts.news;
        return changed != 0 || !comparable ? changed : UINT32_C(1) << EVENT_FIELD_OTHER;
}

static void see_different(struct diff *diff, const struct listing_event *item,
                          const struct event *event, struct known *before)
{
        bool unknown = before->flags & KNOWN_HASHES_UNKNOWN;
        uint32_t changed = unknown ? 0 : changed_fields(diff, before, event);
        bool again = is_to_be_told_again(diff, before);
        bool reassert = unknown || (again && changed == 0);
        struct known after;

        known_from_event(&after, event, item->raw_hash, before->version);
        after.flags = before->flags & (KNOWN_REVIVED | KNOWN_DRIFTS);
        after.since_ms = before->flags & KNOWN_WAITING ? 0 : before->since_ms;
        if (changed == 0 && !reassert) {
                add_step(diff, DIFF_WRITE, &item->uuid)->known = known_take(&after);
                return;
        }
        update(diff, item, &after, changed, reassert);

        struct diff_step *step = &diff->steps[diff->step_count - 1];

        step->shown_before = before->state;
        step->state_before = before->fields[EVENT_FIELD_STATE];
        step->version_before = before->version;
        step->own_since_ms = step->known.since_ms;
        step->again = again;
}

/* A deletion that the guard decides about: the entry as it is, to be marked later. */
static struct diff_step *want_deletion(struct diff *diff, const struct uuid *uuid,
                                       struct known *known, enum change_reason reason)
{
        struct diff_step *step = add_step(diff, DIFF_DELETE, uuid);

        step->reason = reason;
        step->known = known_take(known);
        return step;
}

/* It was told in this same version, under other rules: the next one may delete it. */
static void leave_for_next(struct diff *diff, const struct uuid *uuid, struct known *known)
{
        known->raw_hash = 0;
        add_step(diff, DIFF_WRITE, uuid)->known = known_take(known);
}

static void see_alive(struct diff *diff, const struct listing_event *item, struct known *known)
{
        struct event event;
        /* What waits may wait as irrelevant: then it is no less so with equal bytes. */
        bool waits = diff->facts.relevant_only && (known->flags & KNOWN_WAITING);
        bool unsure =
                diff->facts.look_at_all || waits || (known->flags & KNOWN_HASHES_UNKNOWN);

        if (!unsure && known->raw_hash == item->raw_hash) {
                see_same(diff, item, known);
                return;
        }
        look_at_event(&event, &item->uuid, item->raw, diff->facts.news);
        if (diff->facts.relevant_only && !event.relevant && known->version == diff->facts.version)
                leave_for_next(diff, &item->uuid, known);
        else if (diff->facts.relevant_only && !event.relevant)
                want_deletion(diff, &item->uuid, known, REASON_IRRELEVANT);
        else
                see_different(diff, item, &event, known);
        event_deinit(&event);
}

/* Present, but in two forms or as one that could not be read: neither told nor missed. What could not
 * be looked at now is looked at when it can be, equal bytes or not. */
static void see_aside(struct diff *diff, const struct uuid *uuid, struct known *known)
{
        if (!diff_is_alive(known) || (!clear_waiting(known) && !diff->facts.look_at_all))
                return;
        known->raw_hash = 0;
        add_step(diff, DIFF_WRITE, uuid)->known = known_take(known);
}

static void see_present(struct diff *diff, const struct listing_event *item, struct known *known)
{
        if (known && diff_is_alive(known))
                diff->alive++;
        if (known)
                diff->met++;
        if (known && known->version > diff->facts.version)
                return;
        if (item->aside) {
                if (known)
                        see_aside(diff, &item->uuid, known);
        } else if (known && diff_is_alive(known)) {
                see_alive(diff, item, known);
        } else {
                see_silent(diff, item, known);
        }
}

/* -- what is absent -------------------------------------------------------------------------- */

bool diff_out_of_sight(const struct diff_facts *facts, const struct known *known)
{
        return facts->edge_ms != TIMESTAMP_NONE &&
               (known->start_ms == TIMESTAMP_NONE ||
                known->start_ms < facts->edge_ms + DIFF_SIGHT_MS);
}

static bool is_past(const struct diff_facts *facts, const struct known *known)
{
        return known->end_ms != TIMESTAMP_NONE && known->end_ms <= facts->now_ms;
}

static void miss_alive(struct diff *diff, const struct uuid *uuid, struct known *known)
{
        diff->alive++;
        if (known->version > diff->facts.version)
                return;
        if (is_past(&diff->facts, known)) {
                if (diff->facts.complete)
                        want_deletion(diff, uuid, known, REASON_PAST);
                return;
        }
        if (diff_out_of_sight(&diff->facts, known)) {
                diff->counts.out_of_sight++;
                return;
        }
        diff->unended += !(known->flags & KNOWN_APPROVED);
        if (diff->facts.complete)
                want_deletion(diff, uuid, known, REASON_ABSENT);
        else if (known->flags & KNOWN_HELD)
                want_deletion(diff, uuid, known, REASON_ABSENT)->op = DIFF_NOTHING;
}

static void see_absent(struct diff *diff, const struct uuid *uuid, struct known *known)
{
        if (diff_is_alive(known))
                miss_alive(diff, uuid, known);
        else if (is_long_deleted(&diff->facts, known))
                add_step(diff, DIFF_BURY, uuid);
        else if (known->version == VERSION_NONE && diff->facts.complete)
                add_step(diff, DIFF_FORGET, uuid);
}

/* -- the walk -------------------------------------------------------------------------------- */

static int compare_heads(const struct diff *diff)
{
        if (diff->catalogue_at == diff->catalogue->count)
                return -1;
        if (diff->listing_at == diff->listing->count)
                return 1;
        return uuid_compare(&diff->listing->events[diff->listing_at].uuid,
                            &diff->catalogue->entries[diff->catalogue_at].uuid);
}

static void walk_one(struct diff *diff)
{
        int order = compare_heads(diff);

        if (order < 0) {
                see_present(diff, &diff->listing->events[diff->listing_at++], NULL);
                return;
        }

        _cleanup_(known_deinit) struct known known =
                catalogue_get(diff->catalogue, diff->catalogue_at);
        const struct uuid *uuid = &diff->catalogue->entries[diff->catalogue_at++].uuid;

        /* Absent or not: what was deleted as irrelevant is still shown. */
        diff->recent += guard_counts(&known, diff->facts.now_ms);
        if (order > 0)
                see_absent(diff, uuid, &known);
        else
                see_present(diff, &diff->listing->events[diff->listing_at++], &known);
}

bool diff_advance(struct diff *diff, size_t events)
{
        while (diff->listing_at < diff->listing->count ||
               diff->catalogue_at < diff->catalogue->count) {
                if (events-- == 0)
                        return false;
                walk_one(diff);
        }
        diff->walked = diff->step_count;
        return true;
}

static int compare_step(const void *uuid, const void *step)
{
        return uuid_compare(uuid, &((const struct diff_step *)step)->uuid);
}

struct diff_step *diff_step_of(struct diff *diff, const struct uuid *uuid)
{
        if (diff->walked == 0)
                return NULL;
        return bsearch(uuid, diff->steps, diff->walked, sizeof(*diff->steps), compare_step);
}

void diff_write(struct diff *diff, const struct uuid *uuid, struct known *known)
{
        add_step(diff, DIFF_WRITE, uuid)->known = known_take(known);
}

/* -- our own state --------------------------------------------------------------------------- */

static const uint32_t state_bit = UINT32_C(1) << EVENT_FIELD_STATE;

bool diff_asks_for_state(const struct diff_step *step)
{
        return step->op == DIFF_UPDATE && !step->reassert && (step->changed & state_bit);
}

/* The list was built before our write, or beside it: keep what we knew, and look again with the
 * next list, equal bytes or not. */
static void keep_old_state(struct diff_step *step)
{
        step->known.state = step->shown_before;
        step->known.fields[EVENT_FIELD_STATE] = step->state_before;
        step->known.canonical = 0;
        step->known.raw_hash = 0;
}

void diff_own_state(const struct diff *diff, struct diff_step *step, enum event_state state)
{
        int64_t now_ms = diff->facts.now_ms;

        assert(diff_asks_for_state(step));
        if (step->known.state == state)
                step->known.since_ms = now_ms;
        else if (step->own_since_ms > 0 && now_ms - step->own_since_ms < DIFF_OWN_STATE_MS)
                keep_old_state(step);
        else
                return;
        step->changed &= ~state_bit;
        if (step->changed != 0)
                return;
        step->reassert = step->again;
        if (step->reassert)
                return;
        step->op = DIFF_WRITE;
        step->known.version = step->version_before; /* this one was not told */
}

/* -- the end --------------------------------------------------------------------------------- */

static int compare_uuids(const void *a, const void *b)
{
        return uuid_compare(a, b);
}

/* A rescheduled series gets new events in the list that loses the old ones. A cached list only
 * makes candidates, and the fresh read that decides comes after the new ones were told: the flag
 * remembers. */
static bool mark_rescheduled(struct diff *diff)
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

/* True if the step waits for the verdict over all. */
static bool ask_guard(struct diff *diff, struct diff_step *step)
{
        unsigned flags = step->known.flags;
        int64_t since_ms = step->known.since_ms;

        switch (guard_event(&step->known, diff->facts.fresh, diff->facts.now_ms)) {
        case GUARD_ASK:
                return true;
        case GUARD_RELEASE:
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

static void count_waiting(struct diff *diff, const struct diff_step *step)
{
        const struct known *known = &step->known;

        if (known->flags & KNOWN_CANDIDATE)
                diff->counts.candidates++;
        if (!(known->flags & KNOWN_HELD) || (known->flags & KNOWN_REJECTED))
                return;
        diff->counts.held++;
        hold_add(&diff->hold, &step->uuid);
        sample_add(&diff->held, &step->uuid);
        if (known->since_ms < diff->counts.waiting_since_ms)
                diff->counts.waiting_since_ms = known->since_ms;
}

static void count(struct diff *diff)
{
        struct diff_counts *counts = &diff->counts;

        for (size_t i = 0; i < diff->step_count; i++) {
                const struct diff_step *step = &diff->steps[i];

                counts->created += step->op == DIFF_CREATE;
                counts->updated += step->op == DIFF_UPDATE && !step->reassert;
                counts->reasserted += step->op == DIFF_UPDATE && step->reassert;
                counts->deleted += step->op == DIFF_DELETE;
                counts->buried += step->op == DIFF_BURY;
                if (step->op == DIFF_NOTHING || step->op == DIFF_WRITE)
                        count_waiting(diff, step);
        }
        counts->known = diff->alive + counts->created - counts->deleted;
}

/* What a foreign list would have deleted. */
static void hold_all(struct diff *diff)
{
        diff->counts.known = diff->alive;
        for (size_t i = 0; i < diff->catalogue->count; i++) {
                _cleanup_(known_deinit) struct known known = catalogue_get(diff->catalogue, i);

                if (!diff_is_alive(&known) || guard_is_silent(&known, diff->facts.now_ms) ||
                    is_past(&diff->facts, &known) || diff_out_of_sight(&diff->facts, &known))
                        continue;
                hold_add(&diff->hold, &diff->catalogue->entries[i].uuid);
                sample_add(&diff->held, &diff->catalogue->entries[i].uuid);
        }
        diff->counts.held = (size_t)diff->hold.count;
}

void diff_finish(struct diff *diff)
{
        bool rescheduled = mark_rescheduled(diff);

        diff->foreign = diff->met == 0 && !rescheduled && diff->unended >= DIFF_FOREIGN_EVENTS;
        if (diff->foreign) {
                hold_all(diff);
                return;
        }
        decide_together(diff, decide_each(diff));
        count(diff);
}

void diff_deinit(struct diff *diff)
{
        for (size_t i = 0; i < diff->step_count; i++)
                known_deinit(&diff->steps[i].known);
        free(diff->steps);
        free(diff->series);
        *diff = (struct diff){ 0 };
}
