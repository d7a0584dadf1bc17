/* tests/sim/reconciler/check_quiet.c
 *
 * Invariants 3 and 12. Where what was seen leaves two answers, both are right.
 */
#include "sim/reconciler/check_inside.h"

#include <inttypes.h>

#include "reconciler/diff.h"

static bool says_the_same(const struct check *check, const struct check_town *town,
                          const struct heard *heard, struct slice shown)
{
        const struct broker_record *record =
                broker_next(check->broker, TOPIC_CHANGES, town->partition, heard->record);
        struct change change;
        struct event told, now;

        if (!record || record->offset != heard->record ||
            change_read(&change, (struct slice){ record->value, record->value_length }, NULL) < 0 ||
            event_parse(&told, change.event, NULL) < 0)
                return false;
        if (event_parse(&now, shown, NULL) < 0) {
                event_deinit(&told);
                return false;
        }

        bool same = told.canonical == now.canonical;

        if (!same && heard->ours == now.state && !heard->other_told) {
                same = true; /* but for the state, which is no news to the vendor who wished it */
                for (int field = 0; field < EVENT_FIELD_COUNT; field++)
                        same = same && (field == EVENT_FIELD_STATE ||
                                        told.fields[field] == now.fields[field]);
        }
        event_deinit(&told);
        event_deinit(&now);
        return same;
}

/* An operator rejected its deletion, and the 24 h are not over (or the next list is not yet read).
 */
static bool is_rejected(const struct check *check, const struct check_town *town,
                        const struct uuid *uuid)
{
        struct slice name = { (const char *)uuid->bytes, sizeof(uuid->bytes) };
        char key[STORE_KEY_BYTES];
        struct known known;

        store_key(key, town->id, "s");

        struct slice packed = store_get(check->store, key, name);

        if (!packed.data || known_read(&known, packed, NULL) < 0)
                return false;
        known_deinit(&known);
        return (known.flags & KNOWN_REJECTED) &&
               sim_now(check->sim) - known.since_ms < GUARD_SILENCE_MS + 2 * SIM_HOUR;
}

static void check_present(struct check *check, struct check_town *town, const struct page *page,
                          const struct page_event *event, bool relevant_only)
{
        const struct heard *heard = check_heard(town, &event->uuid);
        bool wanted = event->relevant || !relevant_only;
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&event->uuid, uuid);
        if (wanted && heard->deleted)
                sim_break(check->sim, 3, "%s/%s: the site shows it, the vendor does not know it",
                          town->id, uuid);
        else if (!wanted && !heard->deleted && !is_rejected(check, town, &event->uuid))
                sim_break(check->sim, 3, "%s/%s: not relevant, and the vendor still has it",
                          town->id, uuid);
        else if (wanted && !says_the_same(check, town, heard, page_raw(page, event)))
                sim_break(check->sim, 3,
                          "%s/%s: the vendor has another form of it, of version %" PRIu64, town->id,
                          uuid, heard->version);
}

static void check_missing(struct check *check, const struct check_town *town,
                          const struct page *page, const struct heard *heard)
{
        int64_t now_ms = sim_now(check->sim);
        bool ended = heard->end_ms <= now_ms - SIM_HOUR;
        bool out_of_sight =
                page->edge_ms != TIMESTAMP_NONE && heard->start_ms < page->edge_ms + DIFF_SIGHT_MS;
        bool rejected = is_rejected(check, town, &heard->uuid);
        bool may_stay = out_of_sight || rejected || heard->end_ms <= now_ms;
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&heard->uuid, uuid);
        if (ended || !may_stay)
                sim_break(check->sim, 3,
                          "%s/%s: gone from the site, and the vendor still has it, of version "
                          "%" PRIu64 "%s%s%s",
                          town->id, uuid, heard->version, ended ? ", though it has ended" : "",
                          out_of_sight ? ", out of sight" : "", rejected ? ", rejected" : "");
}

/* Redis has what the vendor has; returns how many more. An operator's rejection may come between
 * the telling of a deletion and its writing: what waits is not there anyway. */
static size_t check_state(struct check *check, struct check_town *town)
{
        char key[STORE_KEY_BYTES], text[UUID_TEXT_BYTES];
        struct store_pairs pairs;
        size_t more = 0;

        store_key(key, town->id, "s");
        store_read(check->store, key, &pairs);
        for (size_t i = 0; i + 1 < pairs.count; i += 2) {
                struct known known;
                struct uuid uuid;

                if (known_read(&known, pairs.items[i + 1], NULL) < 0)
                        continue;
                memcpy(uuid.bytes, pairs.items[i].data, sizeof(uuid.bytes));
                uuid_format(&uuid, text);

                bool differs = diff_is_alive(&known) && check_heard(town, &uuid)->deleted;

                if (differs && !(known.flags & KNOWN_WAITING))
                        sim_break(check->sim, 3, "%s/%s: deleted for the vendor, there in Redis",
                                  town->id, text);
                more += differs;
                known_deinit(&known);
        }
        store_pairs_deinit(&pairs);
        return more;
}

/* The list is on hold as another site's, and an operator rejected that: nobody asks for 24 h. */
static bool is_silenced(const struct check *check, const struct check_town *town)
{
        char key[STORE_KEY_BYTES];

        store_key(key, town->id, "m");
        return store_get(check->store, key, slice_of("foreign")).length > 0 &&
               store_get(check->store, key, slice_of("hold")).length == 0;
}

void check_fold(struct check *check, const char *id, struct page *page, bool relevant_only)
{
        struct check_town *town = check_town(check, id);

        if (is_silenced(check, town))
                return;

        for (size_t i = 0; i < page->count; i++)
                if (!page->events[i].aside)
                        check_present(check, town, page, &page->events[i], relevant_only);
        for (const struct heard *heard = town->heard; heard; heard = heard->hh.next)
                if (!heard->deleted && !page_find(page, &heard->uuid))
                        check_missing(check, town, page, heard);

        size_t more = check_state(check, town);

        if (town->known != (int64_t)(town->alive + more))
                sim_break(check->sim, 3,
                          "%s: the vendor has %zu events, the last record says %" PRId64, town->id,
                          town->alive, town->known);
}

void check_remember(struct check *check)
{
        for (size_t i = 0; i < check->town_count; i++) {
                struct check_town *town = &check->towns[i];

                town->spared = is_silenced(check, town);
                for (struct heard *heard = town->heard; heard; heard = heard->hh.next) {
                        heard->lived = !heard->deleted;
                        heard->spared = is_rejected(check, town, &heard->uuid);
                }
        }
}

void check_remembered(struct check *check)
{
        for (size_t i = 0; i < check->town_count; i++) {
                const struct check_town *town = &check->towns[i];

                for (const struct heard *heard = town->heard; heard; heard = heard->hh.next) {
                        char uuid[UUID_TEXT_BYTES];

                        uuid_format(&heard->uuid, uuid);
                        if (!heard->spared && !town->spared && heard->lived == heard->deleted)
                                sim_break(check->sim, 12, "%s/%s: %s after the rebuild", town->id,
                                          uuid, heard->deleted ? "deleted" : "there again");
                }
        }
}

/* Two days more than a month: the next fresh list may have come late. */
void check_nulls(struct check *check)
{
        for (size_t i = 0; i < check->town_count; i++) {
                const struct check_town *town = &check->towns[i];

                for (const struct heard *heard = town->heard; heard; heard = heard->hh.next) {
                        int64_t since_ms = sim_now(check->sim) - heard->at_ms;
                        char uuid[UUID_TEXT_BYTES];

                        uuid_format(&heard->uuid, uuid);
                        if (heard->deleted && heard->version > 0 &&
                            since_ms > CHECK_NULL_AFTER_MS + 48 * SIM_HOUR)
                                sim_break(check->sim, 4,
                                          "%s/%s: deleted %" PRId64 " h ago, and has no null",
                                          town->id, uuid, since_ms / SIM_HOUR);
                }
        }
}
