/* tests/sim/reconciler/check_deletions.c
 *
 * Invariant 4, from what was published and from what the sites truly showed then.
 */
#include "sim/reconciler/check_inside.h"

#include <inttypes.h>

#include "reconciler/diff.h"

static bool is_absent(const struct published *published, const struct uuid *uuid)
{
        return !page_find(published->page, uuid);
}

/* Present, to be told, and not the vendor's business. */
static bool is_irrelevant(const struct published *published, const struct uuid *uuid)
{
        const struct page_event *event = page_find(published->page, uuid);

        return event && !event->aside && !event->relevant;
}

static bool wants_deletion(const struct published *published, const struct uuid *uuid,
                           enum change_reason reason)
{
        if (reason == REASON_IRRELEVANT)
                return is_irrelevant(published, uuid);
        return is_absent(published, uuid);
}

bool check_is_confirmed(const struct check_town *town, const struct published *published,
                        const struct uuid *uuid)
{
        for (size_t i = town->published_count; i > 0; i--) {
                const struct published *other = town->published[i - 1];

                if (other->offset >= published->offset || !other->fresh || !other->complete ||
                    other->unchanged)
                        continue;
                if (!is_absent(other, uuid) && !is_irrelevant(other, uuid))
                        return false;
                if (published->appended_ms - other->appended_ms >= GUARD_CONFIRM_MS)
                        return true;
        }
        return false;
}

bool check_counts(const struct heard *heard, int64_t now_ms)
{
        /* The core may take the list's own time for its append time, which is a little earlier. */
        int64_t window_ms = GUARD_WINDOW_MS - 15 * SIM_MINUTE;

        return heard->deleted && !heard->free &&
               (heard->reason == REASON_ABSENT || heard->reason == REASON_IRRELEVANT) &&
               heard->version > 0 && now_ms - heard->at_ms < window_ms;
}

static void say_counted(const struct check *check, const struct check_town *town, int64_t now_ms)
{
        for (const struct heard *heard = town->heard; heard; heard = heard->hh.next) {
                char uuid[UUID_TEXT_BYTES];

                uuid_format(&heard->uuid, uuid);
                if (check_counts(heard, now_ms))
                        sim_say(check->sim, "counted: %s/%s, deleted as %s in version %" PRIu64,
                                town->id, uuid, change_reason_name(heard->reason), heard->version);
        }
}

void check_guard(struct check *check, struct check_town *town, const struct published *published)
{
        size_t counted = 0, alive = town->alive;

        for (const struct heard *heard = town->heard; heard; heard = heard->hh.next)
                counted += check_counts(heard, published->appended_ms);
        if (town->alive_at_completion > alive)
                alive = town->alive_at_completion;

        int64_t share = (int64_t)(alive + counted) * check->guard_percent / 100;
        int64_t allowed = share > check->guard_events ? share : check->guard_events;

        if ((int64_t)counted <= allowed)
                return;
        if (sim_listens(check->sim))
                say_counted(check, town, published->appended_ms);
        sim_break(check->sim, 4,
                  "%s: %zu deletions in 24 h, unconfirmed, and only %" PRId64 " are allowed of %zu",
                  town->id, counted, allowed, alive + counted);
}

static const char *without_right(const struct published *published, const struct change *change,
                                 const struct heard *heard)
{
        bool known = heard->version > 0 && heard->start_ms != TIMESTAMP_NONE;

        if (!wants_deletion(published, &change->uuid, change->reason))
                return "the list shows it";
        if (change->reason == REASON_IRRELEVANT)
                return NULL;
        if (!published->complete)
                return "the list is not complete";
        if (change->reason == REASON_PAST)
                return known && heard->end_ms > published->appended_ms ? "it has not ended" : NULL;
        if (!published->past_cache)
                return "the list came from the site's cache";
        if (known && published->page->edge_ms != TIMESTAMP_NONE &&
            heard->start_ms < published->page->edge_ms)
                return "it is out of the list's sight";
        if (heard->rejected && published->appended_ms - heard->rejected_ms < GUARD_SILENCE_MS)
                return "an operator rejected it less than 24 h ago";
        return NULL;
}

void check_deletion(struct check *check, struct check_town *town, const struct published *published,
                    const struct change *change, struct heard *heard)
{
        const char *why = without_right(published, change, heard);
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&change->uuid, uuid);
        if (why)
                sim_break(check->sim, 4, "%s/%s: deleted as %s in version %" PRIu64 ", but %s",
                          town->id, uuid, change_reason_name(change->reason), change->version, why);
}
