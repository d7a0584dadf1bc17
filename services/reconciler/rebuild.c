/* services/reconciler/rebuild.c
 *
 * An interrupted snapshot leaves changes without a completion record. They count as told, but the
 * snapshot does not count as handled: it is worked again, under the same version.
 */
#include "reconciler/rebuild.h"

#include <stdlib.h>

#include "base/memory.h"
#include "reconciler/diff.h"

struct slice rebuild_municipality(struct slice key)
{
        const char *slash = key.length > 0 ? memchr(key.data, '/', key.length) : NULL;

        return slash ? (struct slice){ key.data, (size_t)(slash - key.data) } : key;
}

static bool key_uuid(struct slice key, struct uuid *uuid)
{
        size_t skip = rebuild_municipality(key).length + 1;

        return skip < key.length && uuid_parse(key.data + skip, key.length - skip, uuid);
}

static struct rebuild_entry *find(struct rebuild *rebuild, const struct uuid *uuid)
{
        struct rebuild_entry *entry;

        HASH_FIND(hh, rebuild->entries, uuid, sizeof(*uuid), entry);
        return entry;
}

static int forget(struct rebuild *rebuild, struct slice key, struct error *error)
{
        struct uuid uuid;

        if (!key_uuid(key, &uuid))
                return error_set(error, "a tombstone's key has no uuid");

        struct rebuild_entry *entry = find(rebuild, &uuid);

        if (entry) {
                HASH_DEL(rebuild->entries, entry);
                free(entry);
        }
        return 0;
}

/* Which state it was told with, and what the vendor wished then, is not known any more. */
static struct known known_of_event(const struct change *change)
{
        return (struct known){
                .version = change->version,
                .flags = KNOWN_HASHES_UNKNOWN | KNOWN_OTHER_STATE,
                .start_ms = change->start_ms,
                .end_ms = change->end_ms,
                .has_series = change->has_series,
                .series = change->series,
        };
}

static struct known known_of_deletion(const struct change *change, int64_t record_ms)
{
        bool counted = change->reason == REASON_ABSENT || change->reason == REASON_IRRELEVANT;

        return (struct known){
                .version = change->version,
                .flags = KNOWN_DELETED | KNOWN_HASHES_UNKNOWN | (counted ? KNOWN_COUNTED : 0u),
                .since_ms = record_ms,
                .start_ms = change->start_ms,
                .end_ms = change->end_ms,
                .has_series = change->has_series,
                .series = change->series,
        };
}

static void take_event(struct rebuild *rebuild, const struct change *change, int64_t record_ms)
{
        struct rebuild_entry *entry = find(rebuild, &change->uuid);

        if (entry && entry->known.version > change->version)
                return;
        if (!entry) {
                entry = memory_new(sizeof(*entry));
                entry->uuid = change->uuid;
                HASH_ADD(hh, rebuild->entries, uuid, sizeof(entry->uuid), entry);
        }
        entry->known = change->op == CHANGE_DELETE ? known_of_deletion(change, record_ms)
                                                   : known_of_event(change);
}

int rebuild_take(struct rebuild *rebuild, struct slice key, struct slice value, int64_t record_ms,
                 struct error *error)
{
        struct change change;

        if (!value.data)
                return forget(rebuild, key, error);
        if (change_read(&change, value, error) < 0)
                return -1;
        if (!slice_is(rebuild_municipality(key), change.municipality))
                return error_set(error, "the key and the message name different municipalities");
        if (change.version > rebuild->version) {
                rebuild->version = change.version;
                rebuild->version_at_ms = record_ms;
        }
        if (change.op != CHANGE_SNAPSHOT) {
                take_event(rebuild, &change, record_ms);
        } else if (change.version >= rebuild->applied) {
                rebuild->applied = change.version;
                rebuild->as_of_ms = change.as_of_ms;
        }
        return 0;
}

void rebuild_finish(const struct rebuild *rebuild, int64_t epoch, struct writes *writes,
                    struct meta *meta)
{
        meta_init(meta);
        for (const struct rebuild_entry *entry = rebuild->entries; entry; entry = entry->hh.next) {
                writes_set(writes, &entry->uuid, &entry->known);
                meta->known += diff_is_alive(&entry->known);
        }
        writes_seal(writes);
        meta->exists = true;
        meta->epoch = epoch;
        if (rebuild->applied != VERSION_NONE) {
                meta->epoch = version_epoch(rebuild->applied);
                meta->offset = version_offset(rebuild->applied);
                meta->as_of_ms = rebuild->as_of_ms;
        }
        meta->version = rebuild->version;
        meta->version_at_ms = rebuild->version_at_ms;
}

void rebuild_deinit(struct rebuild *rebuild)
{
        struct rebuild_entry *entry, *next;

        HASH_ITER(hh, rebuild->entries, entry, next) {
                HASH_DEL(rebuild->entries, entry);
                free(entry);
        }
        *rebuild = (struct rebuild)REBUILD_NULL;
}
