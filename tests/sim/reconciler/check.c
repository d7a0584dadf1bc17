/* tests/sim/reconciler/check.c
 *
 * The oracle is simpler than what it judges: it knows the truth, and may look at everything ever
 * published. Where it cannot know exactly, it is the more lenient side.
 */
#include "sim/reconciler/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/map.h"
#include "base/memory.h"
#include "model/version.h"
#include "reconciler/assemble.h"
#include "reconciler/diff.h"

struct told {
        struct {
                struct uuid uuid;
                uint64_t version;
        } key;
        bool deleted;
        uint64_t hash; /* of the event's bytes */
        UT_hash_handle hh;
};

void check_init(struct check *check, struct sim *sim, struct broker *broker,
                const struct store *store)
{
        *check = (struct check){ .sim = sim, .broker = broker, .store = store };
        check->guard_events = 5;
        check->guard_percent = 20;
}

static void on_append(void *context, enum topic topic, int32_t partition,
                      const struct broker_record *record);

struct check_town *check_add_town(struct check *check, const char *id, int32_t partition)
{
        struct check_town *town = &check->towns[check->town_count++];

        if (check->town_count == 1)
                broker_watch(check->broker, on_append, check);
        *town = (struct check_town){ .partition = partition, .handled = -1 };
        snprintf(town->id, sizeof(town->id), "%s", id);
        return town;
}

static struct check_town *find_town(struct check *check, struct slice id)
{
        for (size_t i = 0; i < check->town_count; i++)
                if (slice_is(id, check->towns[i].id))
                        return &check->towns[i];
        return NULL;
}

struct check_town *check_town(struct check *check, const char *id)
{
        return find_town(check, slice_of(id));
}

static void free_town(struct check_town *town)
{
        struct heard *heard, *next_heard;
        struct told *told, *next_told;

        HASH_ITER(hh, town->heard, heard, next_heard) {
                HASH_DEL(town->heard, heard);
                free(heard);
        }
        HASH_ITER(hh, town->told, told, next_told) {
                HASH_DEL(town->told, told);
                free(told);
        }
        free(town->published);
}

void check_deinit(struct check *check)
{
        for (size_t i = 0; i < check->town_count; i++)
                free_town(&check->towns[i]);
        for (size_t i = 0; i < check->all_count; i++) {
                page_release(check->all[i]->page);
                free(check->all[i]);
        }
        free(check->all);
}

static struct heard *heard_of(struct check_town *town, const struct uuid *uuid)
{
        struct heard *heard;

        HASH_FIND(hh, town->heard, uuid, sizeof(*uuid), heard);
        if (heard)
                return heard;
        heard = memory_new(sizeof(*heard));
        heard->uuid = *uuid;
        heard->deleted = true;
        heard->start_ms = heard->end_ms = TIMESTAMP_NONE;
        HASH_ADD(hh, town->heard, uuid, sizeof(*uuid), heard);
        return heard;
}

static struct told *find_told(const struct check_town *town, const struct uuid *uuid,
                              uint64_t version)
{
        struct told wanted = { .key = { *uuid, version } }, *told;

        HASH_FIND(hh, town->told, &wanted.key, sizeof(wanted.key), told);
        return told;
}

/* -- lists ----------------------------------------------------------------------------------- */

struct published *check_publication(struct check *check, struct page *page,
                                    const struct snapshot_part *head, bool past_cache)
{
        struct published *published = memory_new(sizeof(*published));

        *published = (struct published){
                .page = page_hold(page),
                .fresh = head->fresh,
                .past_cache = past_cache,
                .complete = head->complete,
                .unchanged = head->unchanged,
                .parts = head->parts,
                .offset = -1,
        };
        if (check->all_count == check->all_capacity) {
                check->all_capacity = check->all_capacity ? 2 * check->all_capacity : 64;
                check->all =
                        memory_resize(check->all, check->all_capacity, sizeof(struct published *));
        }
        check->all[check->all_count++] = published;
        return published;
}

static struct published *published_at(const struct check_town *town, int64_t offset)
{
        size_t low = 0, high = town->published_count;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (town->published[middle]->offset < offset)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < town->published_count && town->published[low]->offset == offset
                       ? town->published[low]
                       : NULL;
}

/* Do its parts lie so that whoever reads on behind another list of the municipality gets all? */
static bool lies_together(const struct check *check, const struct check_town *town,
                          const struct published *published)
{
        uint32_t records = 0;

        for (int64_t at = published->first_offset; at <= published->offset; at++) {
                const struct broker_record *record =
                        broker_next(check->broker, TOPIC_SNAPSHOTS, town->partition, at);

                records += record && record->offset == at && strcmp(record->key, town->id) == 0;
        }
        return records == published->parts &&
               published->appended_ms - published->first_ms < ASSEMBLE_PATIENCE_MS;
}

static void take_published(struct check *check, struct check_town *town,
                           const struct broker_record *record)
{
        /* The note is the check's own. */
        struct published *published = (struct published *)record->note;

        published->offset = record->offset;
        published->appended_ms = record->appended_ms;
        published->whole = lies_together(check, town, published);
        if (town->published_count == town->published_capacity) {
                town->published_capacity =
                        town->published_capacity ? 2 * town->published_capacity : 64;
                town->published = memory_resize(town->published, town->published_capacity,
                                                sizeof(struct published *));
        }
        town->published[town->published_count++] = published;
}

/* -- 4: deletions ------------------------------------------------------------------------------ */

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

/* Did a fresh list at least 30 min before want it too, and none since show otherwise? */
static bool is_confirmed(const struct check_town *town, const struct published *published,
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

static bool is_counted(const struct heard *heard, int64_t now_ms)
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
                if (is_counted(heard, now_ms))
                        sim_say(check->sim, "counted: %s/%s, deleted as %s in version %" PRIu64,
                                town->id, uuid, change_reason_name(heard->reason), heard->version);
        }
}

static void check_guard(struct check *check, struct check_town *town,
                        const struct published *published)
{
        size_t counted = 0, alive = town->alive;

        for (const struct heard *heard = town->heard; heard; heard = heard->hh.next)
                counted += is_counted(heard, published->appended_ms);
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

static void check_deletion(struct check *check, struct check_town *town,
                           const struct published *published, const struct change *change,
                           struct heard *heard)
{
        const char *why = without_right(published, change, heard);
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&change->uuid, uuid);
        if (why)
                sim_break(check->sim, 4, "%s/%s: deleted as %s in version %" PRIu64 ", but %s",
                          town->id, uuid, change_reason_name(change->reason), change->version, why);
}

/* -- 2: versions and bytes -----------------------------------------------------------------------
 */

static uint64_t hash_of(const struct change *change)
{
        return change->op == CHANGE_DELETE ? 0 : hash64(change->event.data, change->event.length);
}

static void check_version(struct check *check, struct check_town *town, const struct change *change)
{
        struct told *told = find_told(town, &change->uuid, change->version);
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

static void believe(struct check_town *town, const struct published *published,
                    const struct change *change, struct heard *heard, int64_t record)
{
        const struct page_event *event = page_find(published->page, &change->uuid);
        bool deleted = change->op == CHANGE_DELETE;

        town->alive += (heard->deleted && !deleted) - (size_t)(!heard->deleted && deleted);
        heard->free = deleted && (heard->approved || is_confirmed(town, published, &change->uuid));
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
}

static void take_event(struct check *check, struct check_town *town,
                       const struct published *published, const struct change *change,
                       int64_t record)
{
        struct heard *heard = heard_of(town, &change->uuid);

        check_version(check, town, change);
        if (change->op == CHANGE_DELETE)
                check_deletion(check, town, published, change, heard);
        else
                check_bytes(check, town, published, change);
        if (change->version <= heard->version)
                return;
        believe(town, published, change, heard, record);
        if (is_counted(heard, published->appended_ms))
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

static void take_change(struct check *check, const struct broker_record *record)
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
                town ? published_at(town, version_offset(change.version)) : NULL;

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

static void on_append(void *context, enum topic topic, int32_t partition,
                      const struct broker_record *record)
{
        struct check *check = context;

        (void)partition;
        if (topic == TOPIC_CHANGES && record->value)
                take_change(check, record);
        else if (topic == TOPIC_SNAPSHOTS && record->note)
                take_published(check, check_town(check, record->key), record);
}

void check_approved(struct check *check, const char *id, const struct uuid *uuid)
{
        struct heard *heard = heard_of(check_town(check, id), uuid);

        heard->approved = true;
        heard->rejected = false;
}

void check_lost_state(struct check *check)
{
        for (size_t i = 0; i < check->town_count; i++)
                for (struct heard *heard = check->towns[i].heard; heard; heard = heard->hh.next)
                        heard->rejected = false;
}

void check_own_state(struct check *check, const char *id, const struct uuid *uuid,
                     enum event_state state)
{
        heard_of(check_town(check, id), uuid)->ours = state;
}

/* -- 1: Redis ------------------------------------------------------------------------------------
 */

/* Who rejects a deletion is believed; that it is silent from then on is checked. */
static void note_rejection(struct check_town *town, const struct write *write,
                           const struct known *known)
{
        struct heard *heard = heard_of(town, &write->uuid);

        heard->rejected = known->flags & KNOWN_REJECTED;
        heard->rejected_ms = known->since_ms;
}

static void check_entry(struct check *check, const struct check_town *town,
                        const struct write *write, const struct known *known)
{
        const struct told *told = find_told(town, &write->uuid, known->version);
        bool deleted = known->flags & KNOWN_DELETED;
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&write->uuid, uuid);
        if (known->version == VERSION_NONE)
                return;
        if (!told)
                sim_break(check->sim, 1, "%s/%s: version %" PRIu64 " is not in the log", town->id,
                          uuid, known->version);
        else if (told->deleted != deleted)
                sim_break(check->sim, 1,
                          "%s/%s: version %" PRIu64 " is %s in the log, not in Redis", town->id,
                          uuid, known->version, told->deleted ? "deleted" : "there");
}

static void check_rise(struct check *check, const struct check_town *town,
                       const struct write *write, const struct known *known)
{
        struct slice name = { (const char *)write->uuid.bytes, sizeof(write->uuid.bytes) };
        char key[STORE_KEY_BYTES], uuid[UUID_TEXT_BYTES];
        struct known before;

        store_key(key, town->id, "s");

        struct slice packed = store_get(check->store, key, name);

        if (!packed.data || known_read(&before, packed, NULL) < 0)
                return;
        uuid_format(&write->uuid, uuid);
        if (known->version < before.version)
                sim_break(check->sim, 2,
                          "%s/%s: Redis goes back from version %" PRIu64 " to %" PRIu64, town->id,
                          uuid, before.version, known->version);
        known_deinit(&before);
}

static int64_t number_of(struct slice text)
{
        char copy[24] = "";

        if (!text.data || text.length >= sizeof(copy))
                return -1;
        memcpy(copy, text.data, text.length);
        return strtoll(copy, NULL, 10);
}

static void check_meta(struct check *check, struct check_town *town, const struct apply *apply)
{
        char key[STORE_KEY_BYTES];
        int64_t offset = -1;

        store_key(key, town->id, "m");
        for (size_t i = 0; i < apply->meta->count; i++)
                if (strcmp(apply->meta->items[i].name, "offset") == 0)
                        offset = number_of(slice_of(apply->meta->items[i].value));

        int64_t before = number_of(store_get(check->store, key, slice_of("offset")));

        if (!apply->wipe && offset < before)
                sim_break(check->sim, 2, "%s: Redis goes back from offset %" PRId64 " to %" PRId64,
                          town->id, before, offset);
        if (offset > town->handled)
                town->handled = offset;
}

void check_apply(struct check *check, const struct apply *apply)
{
        struct check_town *town = check_town(check, apply->municipality);

        for (size_t i = 0; i < apply->write_count; i++) {
                const struct write *write = &apply->writes[i];
                struct known known;

                if (!write->packed.data || known_read(&known, write->packed, NULL) < 0)
                        continue;
                note_rejection(town, write, &known);
                check_entry(check, town, write, &known);
                if (!apply->wipe)
                        check_rise(check, town, write, &known);
                known_deinit(&known);
        }
        if (apply->meta)
                check_meta(check, town, apply);
}

/* -- 6: offsets ----------------------------------------------------------------------------------
 */

static void check_town_commit(struct check *check, const struct check_town *town, int64_t offset)
{
        int64_t low = broker_low(check->broker, TOPIC_SNAPSHOTS, town->partition);

        for (size_t i = town->published_count; i > 0; i--) {
                const struct published *published = town->published[i - 1];

                if (published->offset <= town->handled || published->offset < town->excused ||
                    published->first_offset < low)
                        return;
                if (published->offset < offset && published->whole)
                        sim_break(check->sim, 6,
                                  "%s: offset %" PRId64 " is committed, and the list at %" PRId64
                                  " was not handled",
                                  town->id, offset, published->offset);
        }
}

void check_commit(struct check *check, const struct config *config, int32_t partition,
                  int64_t offset)
{
        for (size_t i = 0; i < check->town_count; i++) {
                const struct check_town *town = &check->towns[i];

                if (town->partition == partition && config_municipality(config, town->id))
                        check_town_commit(check, town, offset);
        }
}

void check_excuse(struct check *check, const char *id)
{
        struct check_town *town = check_town(check, id);

        town->excused = broker_end(check->broker, TOPIC_SNAPSHOTS, town->partition);
}

/* -- 3, 12, 15: once it is quiet
 * ------------------------------------------------------------------- */

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

        if (!same && heard->ours == now.state) {
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
        const struct heard *heard = heard_of(town, &event->uuid);
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

                bool differs = diff_is_alive(&known) && heard_of(town, &uuid)->deleted;

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

void check_lag(struct check *check, enum topic topic, int32_t partition, int64_t committed)
{
        int64_t end = broker_end(check->broker, topic, partition);

        if (committed < end && end > 0)
                sim_break(check->sim, 15, "%s of partition %d: %" PRId64 " of %" PRId64 " are done",
                          topic_suffix(topic), partition, committed, end);
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
