/* services/operator/wishes.c
 *
 * The folding is the writer's own (model/wish.h): newest member wins, in any order.
 */
#include "operator/wishes.h"

#include <stdio.h>

#include "base/text.h"
#include "model/result.h"
#include "model/version.h"

static void forget(struct wishes *wishes, struct wishes_entry *entry)
{
        HASH_DELETE(hh, wishes->entries, entry);
        wish_deinit(&entry->event.wish);
        free(entry);
}

void wishes_deinit(struct wishes *wishes)
{
        while (wishes->entries)
                forget(wishes, wishes->entries);
}

size_t wishes_count(const struct wishes *wishes)
{
        return HASH_COUNT(wishes->entries);
}

static struct wishes_entry *entry_of(struct wishes *wishes, const char *municipality,
                                     const struct uuid *uuid, int32_t partition)
{
        char key[MUNICIPALITY_ID_BYTES + UUID_TEXT_BYTES], text[UUID_TEXT_BYTES];
        struct wishes_entry *entry;

        uuid_format(uuid, text);
        snprintf(key, sizeof(key), "%s/%s", municipality, text);
        HASH_FIND_STR(wishes->entries, key, entry);
        if (entry)
                return entry;
        entry = memory_new(sizeof(*entry));
        memcpy(entry->key, key, sizeof(key));
        text_copy(entry->event.municipality, sizeof(entry->event.municipality), municipality);
        entry->event.uuid = *uuid;
        entry->event.partition = partition;
        wish_init(&entry->event.wish);
        HASH_ADD_STR(wishes->entries, key, entry);
        return entry;
}

static bool is_meant(const struct wishes *wishes, const char *municipality, const struct uuid *uuid)
{
        if (wishes->municipality && strcmp(wishes->municipality, municipality) != 0)
                return false;
        return !wishes->uuid || uuid_compare(wishes->uuid, uuid) == 0;
}

void wishes_take_update(struct wishes *wishes, const struct record *record)
{
        _cleanup_(update_deinit) struct update update = { 0 };
        uint64_t version = version_make(wishes->epoch, record->offset);
        const uint64_t versions[MEMBER_COUNT] = { version, version, version };

        if (headers_get(record->headers, "dplsync-origin").data)
                return;
        if (update_read(&update, record->value, NULL) != UPDATE_OK) {
                wishes->unreadable++;
                return;
        }
        if (!is_meant(wishes, update.municipality, &update.uuid))
                return;

        struct wishes_entry *entry =
                entry_of(wishes, update.municipality, &update.uuid, record->partition);

        wish_take(&entry->event.wish, &update, versions);
        entry->event.first_record_ms = record->timestamp_ms > 0 ? record->timestamp_ms : 0;
}

static void take_tombstone(struct wishes *wishes, struct slice key)
{
        struct wishes_entry *entry;

        HASH_FIND(hh, wishes->entries, key.data, key.length, entry);
        if (entry)
                forget(wishes, entry);
}

void wishes_take_result(struct wishes *wishes, const struct record *record)
{
        _cleanup_(result_deinit) struct result result = { 0 };

        if (!record->value.data) {
                take_tombstone(wishes, record->key);
                return;
        }
        if (result_read(&result, record->value, NULL) < 0 ||
            !is_meant(wishes, result.municipality, &result.uuid))
                return;

        struct wishes_entry *entry =
                entry_of(wishes, result.municipality, &result.uuid, record->partition);

        wish_merge(&entry->event.wish, &result.wish);
        entry->event.first_record_ms = result.finished_at_ms;
}

bool wishes_next(struct wishes *wishes, const struct replay *replay, struct outgoing *out,
                 size_t *idle)
{
        while (wishes->entries) {
                bool stands = replay_event(replay, &wishes->entries->event, out);

                forget(wishes, wishes->entries);
                if (stands)
                        return true;
                ++*idle;
        }
        return false;
}
