/* services/operator/retirement.c
 *
 * See the header.
 */
#include "operator/retirement.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "model/snapshot.h"
#include "reconciler/diff.h"

struct retirement_key {
        char key[CHANGE_KEY_BYTES];
        struct uuid uuid;
        UT_hash_handle hh;
};

void retirement_init(struct retirement *retirement, const char *municipality,
                     const struct topics *topics, int64_t now_ms)
{
        *retirement = (struct retirement){ .municipality = municipality,
                                           .topics = topics,
                                           .now_ms = now_ms,
                                           .rebuild = REBUILD_NULL };
}

static void forget_result(struct retirement *retirement, struct retirement_key *key)
{
        HASH_DELETE(hh, retirement->results, key);
        free(key);
}

void retirement_deinit(struct retirement *retirement)
{
        rebuild_deinit(&retirement->rebuild);
        while (retirement->results)
                forget_result(retirement, retirement->results);
}

/* ---- what there is ---- */

static bool is_ours(const struct retirement *retirement, struct slice key)
{
        return slice_is(rebuild_municipality(key), retirement->municipality);
}

void retirement_take_change(struct retirement *retirement, const struct record *record)
{
        if (!is_ours(retirement, record->key))
                return;
        if (slice_is(record->key, retirement->municipality))
                retirement->has_own_key = record->value.data != NULL;
        rebuild_take(&retirement->rebuild, record->key, record->value, record->timestamp_ms, NULL);
}

static bool uuid_of_key(const struct retirement *retirement, struct slice key, struct uuid *uuid)
{
        size_t before = strlen(retirement->municipality) + 1;

        return is_ours(retirement, key) && key.length > before &&
               uuid_parse(key.data + before, key.length - before, uuid);
}

void retirement_take_result(struct retirement *retirement, const struct record *record)
{
        struct retirement_key *key;
        struct uuid uuid;

        if (!uuid_of_key(retirement, record->key, &uuid))
                return;
        HASH_FIND(hh, retirement->results, &uuid, sizeof(uuid), key);
        if (key && !record->value.data)
                forget_result(retirement, key);
        if (key || !record->value.data)
                return;
        key = memory_new(sizeof(*key));
        key->uuid = uuid;
        snprintf(key->key, sizeof(key->key), "%.*s", (int)record->key.length, record->key.data);
        HASH_ADD(hh, retirement->results, uuid, sizeof(key->uuid), key);
}

static bool is_long_deleted(const struct retirement *retirement, const struct known *known)
{
        return (known->flags & KNOWN_DELETED) &&
               retirement->now_ms - known->since_ms >= DIFF_TOMBSTONE_MS;
}

/* A result's key goes with its event's, and where its event is known no more. */
static bool result_goes(const struct retirement *retirement, const struct retirement_key *key)
{
        const struct rebuild_entry *entry;

        HASH_FIND(hh, retirement->rebuild.entries, &key->uuid, sizeof(key->uuid), entry);
        return !entry || is_long_deleted(retirement, &entry->known);
}

static void stay_until(struct retirement *retirement, int64_t deleted_ms)
{
        int64_t until_ms = deleted_ms + DIFF_TOMBSTONE_MS;

        retirement->remaining++;
        if (until_ms > retirement->again_ms)
                retirement->again_ms = until_ms;
}

/* The completion record says nothing any more when all of its events have left. */
static bool own_key_goes(const struct retirement *retirement)
{
        return retirement->has_own_key && retirement->gone + retirement->kept == 0;
}

static void count_events(struct retirement *retirement)
{
        for (const struct rebuild_entry *entry = retirement->rebuild.entries; entry;
             entry = entry->hh.next) {
                bool alive = diff_is_alive(&entry->known);
                bool goes = is_long_deleted(retirement, &entry->known);

                retirement->gone += alive;
                retirement->forgotten += goes;
                retirement->kept += !alive && !goes;
                if (!goes)
                        stay_until(retirement, alive ? retirement->now_ms : entry->known.since_ms);
        }
}

void retirement_count(struct retirement *retirement)
{
        count_events(retirement);
        for (const struct retirement_key *key = retirement->results; key; key = key->hh.next) {
                bool goes = result_goes(retirement, key);

                retirement->forgotten += goes;
                retirement->remaining += !goes;
        }
        retirement->forgotten += own_key_goes(retirement);
        retirement->remaining +=
                retirement->gone > 0 || (retirement->has_own_key && !own_key_goes(retirement));
}

/* ---- what is written ---- */

static int32_t partition_of(const struct retirement *retirement)
{
        return topics_partition(retirement->topics, retirement->municipality);
}

void retirement_marker(const struct retirement *retirement, struct outgoing *out)
{
        struct snapshot_part head = { .fetch_seq = retirement->now_ms,
                                      .as_of_ms = retirement->now_ms,
                                      .fetched_at_ms = retirement->now_ms,
                                      .part = 1,
                                      .parts = 1,
                                      .complete = true,
                                      .unchanged = true };

        memset(head.sha256, '0', sizeof(head.sha256) - 1); /* no list has this digest */
        snprintf(head.id, sizeof(head.id), "retire-%s-%" PRId64, retirement->municipality,
                 retirement->now_ms);
        outgoing_begin(out, TOPIC_SNAPSHOTS, partition_of(retirement));
        buffer_append_text(&out->key, retirement->municipality);
        buffer_append_text(&out->value, "[]");
        snapshot_part_write(&head, &out->headers);
        headers_add_cloudevent(&out->headers, head.id, "dplsync-operator", "dk.dplsync.snapshot",
                               retirement->municipality, retirement->now_ms);
}

static void write_change(const struct retirement *retirement, const struct change *change,
                         struct outgoing *out)
{
        char key[CHANGE_KEY_BYTES], id[CHANGE_KEY_BYTES + 24];

        change_key(change, key);
        snprintf(id, sizeof(id), "%s/%" PRIu64, key, change->version);
        outgoing_begin(out, TOPIC_CHANGES, partition_of(retirement));
        buffer_append_text(&out->key, key);
        change_write(change, &out->value);
        headers_add_cloudevent(&out->headers, id, "dplsync-operator", "dk.dplsync.change", key,
                               retirement->now_ms);
}

static struct change change_of(const struct retirement *retirement, enum change_op op)
{
        struct change change = { .op = op,
                                 .version = retirement->version,
                                 .as_of_ms = retirement->now_ms,
                                 .reason = REASON_RETIRED,
                                 .start_ms = TIMESTAMP_NONE,
                                 .end_ms = TIMESTAMP_NONE,
                                 .deleted = (int64_t)retirement->gone };

        text_copy(change.municipality, sizeof(change.municipality), retirement->municipality);
        return change;
}

static void write_delete(const struct retirement *retirement, const struct rebuild_entry *entry,
                         struct outgoing *out)
{
        struct change change = change_of(retirement, CHANGE_DELETE);

        change.uuid = entry->uuid;
        change.has_series = entry->known.has_series;
        change.series = entry->known.series;
        change.start_ms = entry->known.start_ms;
        change.end_ms = entry->known.end_ms;
        write_change(retirement, &change, out);
}

static void write_null(const struct retirement *retirement, enum topic topic, const char *key,
                       struct outgoing *out)
{
        outgoing_begin(out, topic, partition_of(retirement));
        buffer_append_text(&out->key, key);
        out->tombstone = true;
}

static void write_null_of(const struct retirement *retirement, const struct rebuild_entry *entry,
                          struct outgoing *out)
{
        struct change change = change_of(retirement, CHANGE_DELETE);
        char key[CHANGE_KEY_BYTES];

        change.uuid = entry->uuid;
        change_key(&change, key);
        write_null(retirement, TOPIC_CHANGES, key, out);
}

static bool next_event(struct retirement *retirement, struct outgoing *out)
{
        while (retirement->at) {
                const struct rebuild_entry *entry = retirement->at;

                retirement->at = entry->hh.next;
                if (diff_is_alive(&entry->known)) {
                        write_delete(retirement, entry, out);
                        return true;
                }
                if (is_long_deleted(retirement, &entry->known)) {
                        write_null_of(retirement, entry, out);
                        return true;
                }
        }
        return false;
}

static bool next_result(struct retirement *retirement, struct outgoing *out)
{
        while (retirement->result_at) {
                const struct retirement_key *key = retirement->result_at;

                retirement->result_at = key->hh.next;
                if (!result_goes(retirement, key))
                        continue;
                write_null(retirement, TOPIC_RESULTS, key->key, out);
                return true;
        }
        return false;
}

static bool next_own_key(struct retirement *retirement, struct outgoing *out)
{
        struct change change = change_of(retirement, CHANGE_SNAPSHOT);

        if (retirement->own_key_done)
                return false;
        retirement->own_key_done = true;
        if (retirement->gone > 0)
                write_change(retirement, &change, out);
        else if (own_key_goes(retirement))
                write_null(retirement, TOPIC_CHANGES, retirement->municipality, out);
        else
                return false;
        return true;
}

bool retirement_next(struct retirement *retirement, struct outgoing *out)
{
        if (!retirement->begun) {
                retirement->at = retirement->rebuild.entries;
                retirement->result_at = retirement->results;
                retirement->begun = true;
        }
        return next_event(retirement, out) || next_own_key(retirement, out) ||
               next_result(retirement, out);
}
