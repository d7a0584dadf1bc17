/* services/reconciler/diff_present.c
 *
 * An event that the list shows: new, as it was, changed, or not the vendor's business. It is parsed
 * only where its bytes are not the ones that were seen last.
 */
#include "reconciler/diff_steps.h"

#include "reconciler/look.h"

/* Its absence, if there was one, is over. */
bool diff_clear_waiting(struct known *known)
{
        if (!(known->flags & KNOWN_WAITING))
                return false;
        known->flags &= ~(unsigned)(KNOWN_WAITING | KNOWN_IRRELEVANT);
        known->since_ms = 0;
        return true;
}

/* A null may be on its way to the key of an event that was deleted long ago, from an owner that has
 * lost the partition and does not know: it is told again with every list. */
static void create(struct diff *diff, const struct listing_event *item, const struct event *event,
                   bool revived)
{
        struct diff_step *step = diff_add_step(diff, DIFF_CREATE, &item->uuid);

        step->event = item->raw;
        known_from_event(&step->known, event, item->raw_hash, diff->facts.version);
        step->known.flags = revived ? KNOWN_REVIVED : 0u;
        diff_add_series(diff, &step->known);
}

/* Present, but not the vendor's business, and not told (any more). The entry only spares the next
 * lists the parsing. */
static void ignore(struct diff *diff, const struct listing_event *item, const struct event *event,
                   const struct known *before)
{
        struct diff_step *step = diff_add_step(diff, DIFF_WRITE, &item->uuid);

        known_from_event(&step->known, event, item->raw_hash,
                         before ? before->version : VERSION_NONE);
        step->known.flags =
                KNOWN_IRRELEVANT | (before ? before->flags & (KNOWN_DELETED | KNOWN_COUNTED) : 0);
        step->known.since_ms = before ? before->since_ms : 0;
}

/* Never told, or told as deleted. What was told as deleted in this same version, under other rules,
 * waits for the next one (rules.h). */
static void see_silent(struct diff *diff, const struct listing_event *item,
                       const struct known *before)
{
        struct event event;
        bool same = before && !diff->facts.look_at_all && before->raw_hash == item->raw_hash;
        bool bury = before && diff_is_long_deleted(&diff->facts, before);

        if (before && before->version == diff->facts.version)
                return;
        if (same && !bury && diff->facts.relevant_only && (before->flags & KNOWN_IRRELEVANT))
                return;
        look_at_event(&event, &item->uuid, item->raw, diff->facts.news);
        if (!diff->facts.relevant_only || event.relevant)
                create(diff, item, &event, bury);
        else if (bury)
                diff_add_step(diff, DIFF_BURY, &item->uuid);
        else
                ignore(diff, item, &event, before);
        event_deinit(&event);
}

static void update(struct diff *diff, const struct listing_event *item, struct known *known,
                   uint32_t changed, bool reassert)
{
        struct diff_step *step = diff_add_step(diff, DIFF_UPDATE, &item->uuid);

        step->event = item->raw;
        step->changed = changed;
        step->reassert = reassert;
        step->known = diff_take_known(known);
        step->known.version = diff->facts.version;
}

/* An operator's rejection may have come when the deletion was told, and not yet written down: then
 * the vendor does not have what we know. So it is with what is revived. */
static bool is_to_be_told_again(const struct diff *diff, const struct known *known)
{
        return diff->facts.reassert || (known->flags & (KNOWN_REJECTED | KNOWN_REVIVED));
}

/* Equal bytes: nothing changed but that it is here. */
static void see_same(struct diff *diff, const struct listing_event *item, struct known *known)
{
        bool again = is_to_be_told_again(diff, known);
        bool returned = diff_clear_waiting(known);

        if (known->version == diff->facts.version)
                diff_add_series(diff, known);
        if (again)
                update(diff, item, known, 0, true);
        else if (returned)
                diff_add_step(diff, DIFF_WRITE, &item->uuid)->known = diff_take_known(known);
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
        after.flags = before->flags & (KNOWN_REVIVED | KNOWN_DRIFTS | KNOWN_OTHER_STATE);
        after.since_ms = before->flags & KNOWN_WAITING ? 0 : before->since_ms;
        if (changed == 0 && !reassert) {
                diff_add_step(diff, DIFF_WRITE, &item->uuid)->known = diff_take_known(&after);
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

/* It was told in this same version, under other rules: the next one may delete it. */
static void leave_for_next(struct diff *diff, const struct uuid *uuid, struct known *known)
{
        known->raw_hash = 0;
        diff_add_step(diff, DIFF_WRITE, uuid)->known = diff_take_known(known);
}

static void see_alive(struct diff *diff, const struct listing_event *item, struct known *known)
{
        struct event event;
        /* What waits may wait as irrelevant: then it is no less so with equal bytes. */
        bool waits = diff->facts.relevant_only && (known->flags & KNOWN_WAITING);
        bool unsure = diff->facts.look_at_all || waits || (known->flags & KNOWN_HASHES_UNKNOWN);

        if (!unsure && known->raw_hash == item->raw_hash) {
                see_same(diff, item, known);
                return;
        }
        look_at_event(&event, &item->uuid, item->raw, diff->facts.news);
        if (diff->facts.relevant_only && !event.relevant && known->version == diff->facts.version)
                leave_for_next(diff, &item->uuid, known);
        else if (diff->facts.relevant_only && !event.relevant)
                diff_want_deletion(diff, &item->uuid, known, REASON_IRRELEVANT);
        else
                see_different(diff, item, &event, known);
        event_deinit(&event);
}

/* Present, but in two forms or as one that could not be read: neither told nor missed. What could
 * not be looked at now is looked at when it can be, equal bytes or not. */
static void see_aside(struct diff *diff, const struct uuid *uuid, struct known *known)
{
        if (!diff_is_alive(known) || (!diff_clear_waiting(known) && !diff->facts.look_at_all))
                return;
        known->raw_hash = 0;
        diff_add_step(diff, DIFF_WRITE, uuid)->known = diff_take_known(known);
}

void diff_see_present(struct diff *diff, const struct listing_event *item, struct known *known)
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
