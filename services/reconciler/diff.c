/* services/reconciler/diff.c
 *
 * One walk along two sorted lists decides about everything that is present (diff_present.c), and
 * collects what is absent; what is absent is decided at the end (diff_absent.c), since it depends
 * on the whole: on the series that get new events, on how much is gone at once.
 */
#include "reconciler/diff_steps.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { STEPS_FIRST = 32 };

bool diff_is_alive(const struct known *known)
{
        return known->version != VERSION_NONE && !(known->flags & KNOWN_DELETED);
}

/* The entry without its texts, which go to the caller. */
struct known diff_take_known(struct known *known)
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

struct diff_step *diff_add_step(struct diff *diff, enum diff_op op, const struct uuid *uuid)
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

void diff_add_series(struct diff *diff, const struct known *known)
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

bool diff_is_long_deleted(const struct diff_facts *facts, const struct known *known)
{
        return (known->flags & KNOWN_DELETED) &&
               facts->now_ms - known->since_ms >= DIFF_TOMBSTONE_MS;
}

/* A deletion that the guard decides about: the entry as it is, to be marked later. */
struct diff_step *diff_want_deletion(struct diff *diff, const struct uuid *uuid,
                                     struct known *known, enum change_reason reason)
{
        struct diff_step *step = diff_add_step(diff, DIFF_DELETE, uuid);

        step->reason = reason;
        step->known = diff_take_known(known);
        return step;
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
                diff_see_present(diff, &diff->listing->events[diff->listing_at++], NULL);
                return;
        }

        _cleanup_(known_deinit) struct known known =
                catalogue_get(diff->catalogue, diff->catalogue_at);
        const struct uuid *uuid = &diff->catalogue->entries[diff->catalogue_at++].uuid;

        /* Absent or not: what was deleted as irrelevant is still shown. */
        diff->recent += guard_counts(&known, diff->facts.now_ms);
        if (order > 0)
                diff_see_absent(diff, uuid, &known);
        else
                diff_see_present(diff, &diff->listing->events[diff->listing_at++], &known);
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
        diff_add_step(diff, DIFF_WRITE, uuid)->known = diff_take_known(known);
}

/* -- our own state --------------------------------------------------------------------------- */

static const uint32_t state_bit = UINT32_C(1) << EVENT_FIELD_STATE;

bool diff_asks_for_state(const struct diff_step *step)
{
        return step->op == DIFF_UPDATE && !step->reassert && (step->changed & state_bit);
}

/* Are the event's bytes told, with the state that they show, whether that is news or not? */
static bool is_told_anyway(const struct diff_step *step)
{
        return (step->changed & ~state_bit) != 0 || step->again;
}

/* The list was built before our write, or beside it: keep what we knew, and look again with the
 * next list, equal bytes or not. Where the bytes are told anyway, the vendor has to hear of
 * whatever that one shows. */
static void keep_old_state(struct diff *diff, struct diff_step *step)
{
        struct known *known = &step->known;
        bool told = is_told_anyway(step);
        uint16_t shown = known->fields[EVENT_FIELD_STATE];

        diff->counts.kept_back++;
        known->state = step->shown_before;
        known->fields[EVENT_FIELD_STATE] = told ? (uint16_t)~shown : step->state_before;
        known->flags |= told ? KNOWN_OTHER_STATE : 0u;
        known->canonical = 0;
        known->raw_hash = 0;
}

/* Is what the site shows news? Then the entry goes on with it, else with what it was. */
static bool is_state_news(struct diff *diff, struct diff_step *step, enum event_state ours)
{
        struct known *known = &step->known;
        int64_t now_ms = diff->facts.now_ms;
        bool other_told = known->flags & KNOWN_OTHER_STATE;

        if (known->state == ours) {
                known->since_ms = now_ms;
                known->flags &= ~(unsigned)KNOWN_OTHER_STATE;
                return other_told;
        }
        if (step->own_since_ms > 0 && now_ms - step->own_since_ms < DIFF_OWN_STATE_MS) {
                keep_old_state(diff, step);
                return false;
        }
        known->flags |= KNOWN_OTHER_STATE;
        return true;
}

void diff_own_state(struct diff *diff, struct diff_step *step, enum event_state state)
{
        assert(diff_asks_for_state(step));
        if (is_state_news(diff, step, state))
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

                if (!diff_in_foreign_hold(&diff->facts, &known))
                        continue;
                hold_add(&diff->hold, &diff->catalogue->entries[i].uuid);
                sample_add(&diff->held, &diff->catalogue->entries[i].uuid);
        }
        diff->counts.held = (size_t)diff->hold.count;
}

void diff_finish(struct diff *diff)
{
        bool rescheduled = diff_mark_rescheduled(diff);

        diff->foreign = diff->met == 0 && !rescheduled && diff->unended >= DIFF_FOREIGN_EVENTS;
        if (diff->foreign) {
                hold_all(diff);
                return;
        }
        diff_decide_absent(diff);
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
