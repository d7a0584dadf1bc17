/* tests/sim/broker.c
 *
 * An offset is an index: what retention and compaction take away leaves its place empty.
 */
#include "sim/broker.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/map.h"
#include "base/memory.h"

enum { RECORDS_FIRST = 64 };

void broker_init(struct broker *broker, struct sim *sim, int32_t partitions)
{
        *broker = (struct broker){ .sim = sim, .partitions = partitions, .up = true };
        for (int topic = 0; topic < TOPIC_COUNT; topic++)
                broker->topics[topic] =
                        memory_new((size_t)partitions * sizeof(struct broker_partition));
}

static void empty_record(struct broker_record *record)
{
        free(record->key);
        free(record->value);
        free(record->headers);
        record->key = record->value = record->headers = NULL;
        record->compacted = true;
}

void broker_deinit(struct broker *broker)
{
        for (int topic = 0; topic < TOPIC_COUNT; topic++) {
                for (int32_t p = 0; p < broker->partitions; p++) {
                        struct broker_partition *partition = &broker->topics[topic][p];

                        for (size_t i = 0; i < partition->count; i++)
                                empty_record(&partition->records[i]);
                        free(partition->records);
                }
                free(broker->topics[topic]);
        }
}

void broker_watch(struct broker *broker, broker_watch_fn *fn, void *context)
{
        assert(broker->watcher_count < BROKER_WATCHERS_MAX);
        broker->watchers[broker->watcher_count].fn = fn;
        broker->watchers[broker->watcher_count++].context = context;
}

static void keep_headers(struct broker_record *record, const struct headers *headers)
{
        struct buffer text = BUFFER_NULL;

        for (size_t i = 0; headers && i < headers->count; i++) {
                buffer_append(&text, headers->items[i].name, strlen(headers->items[i].name) + 1);
                buffer_append(&text, headers->items[i].value.data, headers->items[i].value.length);
                buffer_append_byte(&text, '\0');
        }
        record->header_count = headers ? headers->count : 0;
        record->headers = buffer_take(&text);
}

static struct broker_record *add_record(struct broker_partition *partition)
{
        if (partition->count == partition->capacity) {
                partition->capacity = partition->capacity ? 2 * partition->capacity : RECORDS_FIRST;
                partition->records = memory_resize(partition->records, partition->capacity,
                                                   sizeof(*partition->records));
        }
        return &partition->records[partition->count++];
}

int64_t broker_append(struct broker *broker, enum topic topic, int32_t number, const char *key,
                      struct slice value, const struct headers *headers, const void *note)
{
        struct broker_partition *partition = &broker->topics[topic][number];
        struct broker_record *record = add_record(partition);

        *record = (struct broker_record){
                .offset = (int64_t)partition->count - 1,
                .appended_ms = sim_now(broker->sim),
                .key = memory_copy_text(key),
                .value = value.data ? memory_copy(value.data, value.length) : NULL,
                .value_length = value.length,
                .note = note,
        };
        keep_headers(record, headers);
        sim_mark(broker->sim, key, strlen(key));
        sim_mark(broker->sim, value.data ? value.data : "", value.length);

        int64_t offset = record->offset;

        for (size_t i = 0; i < broker->watcher_count; i++)
                broker->watchers[i].fn(broker->watchers[i].context, topic, number,
                                       &partition->records[offset]);
        return offset;
}

int64_t broker_low(const struct broker *broker, enum topic topic, int32_t partition)
{
        return broker->topics[topic][partition].low;
}

int64_t broker_end(const struct broker *broker, enum topic topic, int32_t partition)
{
        return (int64_t)broker->topics[topic][partition].count;
}

const struct broker_record *broker_next(const struct broker *broker, enum topic topic,
                                        int32_t number, int64_t offset)
{
        const struct broker_partition *partition = &broker->topics[topic][number];

        if (offset < partition->low)
                offset = partition->low;
        for (; offset < (int64_t)partition->count; offset++)
                if (!partition->records[offset].compacted)
                        return &partition->records[offset];
        return NULL;
}

void broker_headers(const struct broker_record *record, struct headers *headers)
{
        const char *at = record->headers;

        headers_clear(headers);
        for (size_t i = 0; i < record->header_count; i++) {
                const char *name = at, *value = at + strlen(at) + 1;

                headers_borrow(headers, name, slice_of(value));
                at = value + strlen(value) + 1;
        }
}

void broker_expire(struct broker *broker, enum topic topic, int64_t before_ms)
{
        for (int32_t p = 0; p < broker->partitions; p++) {
                struct broker_partition *partition = &broker->topics[topic][p];

                while (partition->low < (int64_t)partition->count &&
                       partition->records[partition->low].appended_ms < before_ms)
                        empty_record(&partition->records[partition->low++]);
        }
}

/* The last record of a key, of those that are old enough to be compacted. */
struct tail {
        const char *key;
        int64_t offset;
        UT_hash_handle hh;
};

static void compact_record(struct tail **tails, struct broker_record *record)
{
        struct tail *tail;

        HASH_FIND_STR(*tails, record->key, tail);
        if (tail) {
                empty_record(record);
                return;
        }
        tail = memory_new(sizeof(*tail));
        tail->key = record->key;
        tail->offset = record->offset;
        HASH_ADD_KEYPTR(hh, *tails, tail->key, strlen(tail->key), tail);
}

static void compact_partition(struct broker_partition *partition, int64_t before_ms)
{
        struct tail *tails = NULL, *tail, *next;

        for (size_t i = partition->count; i > 0; i--) {
                struct broker_record *record = &partition->records[i - 1];

                if (!record->compacted && record->appended_ms < before_ms)
                        compact_record(&tails, record);
        }
        HASH_ITER(hh, tails, tail, next) {
                HASH_DEL(tails, tail);
                free(tail);
        }
}

void broker_compact(struct broker *broker, enum topic topic, int64_t before_ms)
{
        for (int32_t p = 0; p < broker->partitions; p++)
                compact_partition(&broker->topics[topic][p], before_ms);
}

void broker_drop_nulls(struct broker *broker, enum topic topic, int64_t before_ms)
{
        for (int32_t p = 0; p < broker->partitions; p++) {
                struct broker_partition *partition = &broker->topics[topic][p];

                for (size_t i = 0; i < partition->count; i++) {
                        struct broker_record *record = &partition->records[i];

                        if (!record->compacted && !record->value && record->appended_ms < before_ms)
                                empty_record(record);
                }
        }
}
