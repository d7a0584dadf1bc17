/* tests/sim/reconciler/check_changes.c
 *
 * Invariant 2, and the vendor, who folds what it is told by its version.
 */
#include "sim/reconciler/check_inside.h"

#include <inttypes.h>

#include "base/digest.h"
#include "base/memory.h"
#include "model/version.h"

/* -- 2: versions and bytes -----------------------------------------------------------------------
 */

static uint64_t hash_of(const struct change *change)
{
        return change->op == CHANGE_DELETE ? 0 : hash64(change->event.data, change->event.length);
}

static void check_version(struct check *check, struct check_town *town, const struct change *change)
{
        struct told *told = check_told(town, &change->uuid, change->version);
        bool deleted = change->op == CHANGE_DELETE;
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&change->uuid, uuid);
        if (told && (told->deleted != deleted || told->hash != hash_of(change)))
                sim_break(check->sim, 2, "%s/%s: version %" PRIu64 " was told as %s, now as %s",
                          town->id, uuid, change->version, told->deleted ? "deleted" : "there",
                          deleted         ? "deleted"
                          : told->deleted ? "there"
                                          : "there with other bytes");
        if (told)
                return;
        told = memory_new(sizeof(*told));
        told->key.uuid = change->uuid;
        told->key.version = change->version;
        told->deleted = deleted;
        told->hash = hash_of(change);
        HASH_ADD(hh, town->told, key, sizeof(told->key), told);
}

static void check_bytes(struct check *check, const struct check_town *town,
                        const struct published *published, const struct change *change)
{
        const struct page_event *event = page_find(published->page, &change->uuid);
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&change->uuid, uuid);
        if (!event || event->aside)
                sim_break(check->sim, 2, "%s/%s: told from a list that does not have it", town->id,
                          uuid);
        else if (!slice_equal(change->event, page_raw(published->page, event)))
                sim_break(check->sim, 2, "%s/%s: other bytes than the site's", town->id, uuid);
}

/* -- the vendor ----------------------------------------------------------------------------------
 */

static bool shows_other_state(const struct change *change, enum event_state ours)
{
        struct event event;
        bool other;

        if (ours == STATE_NONE || event_parse(&event, change->event, NULL) < 0)
                return false;
        other = event.state != ours;
        event_deinit(&event);
        return other;
}

static void believe(struct check_town *town, const struct published *published,
                    const struct change *change, struct heard *heard, int64_t record)
{
        const struct page_event *event = page_find(published->page, &change->uuid);
        bool deleted = change->op == CHANGE_DELETE;

        town->alive += (heard->deleted && !deleted) - (size_t)(!heard->deleted && deleted);
        heard->free =
                deleted && (heard->approved || check_is_confirmed(town, published, &change->uuid));
        heard->version = change->version;
        heard->deleted = deleted;
        heard->reason = change->reason;
        heard->at_ms = published->appended_ms;
        heard->record = record;
        if (deleted || !event)
                return;
        heard->approved = false;
        heard->start_ms = event->start_ms;
        heard->end_ms = event->end_ms;
        heard->other_told = shows_other_state(change, heard->ours);
}

static void take_event(struct check *check, struct check_town *town,
                       const struct published *published, const struct change *change,
                       int64_t record)
{
        struct heard *heard = check_heard(town, &change->uuid);

        check_version(check, town, change);
        if (change->op == CHANGE_DELETE)
                check_deletion(check, town, published, change, heard);
        else
                check_bytes(check, town, published, change);
        if (change->version <= heard->version)
                return;
        believe(town, published, change, heard, record);
        if (check_counts(heard, published->appended_ms))
                check_guard(check, town, published);
}

static void take_completion(struct check_town *town, const struct change *change)
{
        town->alive_at_completion = town->alive;
        if (change->version < town->completed)
                return;
        town->completed = change->version;
        town->known = change->known;
}

void check_take_change(struct check *check, const struct broker_record *record)
{
        struct error reason = ERROR_NULL;
        struct change change;

        if (change_read(&change, (struct slice){ record->value, record->value_length }, &reason) <
            0) {
                sim_break(check->sim, 2, "a change cannot be read: %s", reason.text);
                return;
        }

        struct check_town *town = check_town(check, change.municipality);
        const struct published *published =
                town ? check_list_at(town, version_offset(change.version)) : NULL;

        if (!published || published->unchanged) {
                sim_break(check->sim, 2, "%s: version %" PRIu64 " is of no list", record->key,
                          change.version);
                return;
        }
        if (change.op == CHANGE_SNAPSHOT)
                take_completion(town, &change);
        else
                take_event(check, town, published, &change, record->offset);
}

/* The vendor forgets the event, and with it the version. */
void check_take_null(struct check *check, const struct broker_record *record)
{
        struct uuid uuid;
        struct check_town *town = check_key(check, record->key, &uuid);
        struct heard *heard = town ? check_heard(town, &uuid) : NULL;

        if (!heard || heard->version == 0)
                return;
        if (!heard->deleted)
                sim_break(check->sim, 4, "%s: gets its null, and is not deleted", record->key);
        else if (sim_now(check->sim) - heard->at_ms < CHECK_NULL_AFTER_MS)
                sim_break(check->sim, 4, "%s: gets its null %" PRId64 " h after its deletion",
                          record->key, (sim_now(check->sim) - heard->at_ms) / SIM_HOUR);
        heard->version = 0;
}
