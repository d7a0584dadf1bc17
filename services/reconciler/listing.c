/* services/reconciler/listing.c
 *
 * A part is indexed when it arrives, so that a list of many parts never holds the loop for more
 * than one of them. The hash is taken here as well, while the bytes are in the cache.
 */
#include "reconciler/listing.h"

#include <stdlib.h>

#include "base/json_raw.h"
#include "base/memory.h"
#include "model/event.h"

enum { EVENTS_FIRST = 64 };

static bool read_uuid(struct slice raw, struct uuid *uuid)
{
        char text[UUID_TEXT_BYTES];
        struct slice value;

        return json_raw_member(raw, "uuid", &value) == 1 &&
               json_raw_text(value, text, sizeof(text)) && uuid_parse(text, strlen(text), uuid);
}

static void append(struct listing *listing, struct listing_event event)
{
        if (listing->count == listing->capacity) {
                size_t capacity = listing->capacity > 0 ? 2 * listing->capacity : EVENTS_FIRST;

                listing->events =
                        memory_resize(listing->events, capacity, sizeof(*listing->events));
                listing->bytes += (capacity - listing->capacity) * sizeof(*listing->events);
                listing->capacity = capacity;
        }
        listing->events[listing->count++] = event;
}

static void add_event(struct listing *listing, struct slice raw)
{
        struct listing_event event = { .raw = raw };

        if (!read_uuid(raw, &event.uuid)) {
                listing->anonymous = true;
                return;
        }
        event.raw_hash = event_raw_hash(raw);
        append(listing, event);
}

void listing_add_aside(struct listing *listing, struct slice uuids)
{
        while (uuids.length > 0) {
                struct listing_event event = { .aside = true };
                const char *comma = memchr(uuids.data, ',', uuids.length);
                size_t length = comma ? (size_t)(comma - uuids.data) : uuids.length;

                if (uuid_parse(uuids.data, length, &event.uuid))
                        append(listing, event);
                else
                        listing->anonymous = true;
                length += comma ? 1 : 0;
                uuids.data += length;
                uuids.length -= length;
        }
}

static struct slice keep_part(struct listing *listing, struct slice part)
{
        listing->parts =
                memory_resize(listing->parts, listing->part_count + 1, sizeof(*listing->parts));

        char *copy = memory_copy(part.data, part.length);

        listing->parts[listing->part_count++] = copy;
        listing->bytes += part.length;
        return (struct slice){ copy, part.length };
}

int listing_add(struct listing *listing, struct slice part, struct error *error)
{
        struct json_raw walk;
        struct slice name, raw;
        struct slice kept = keep_part(listing, part);

        if (!json_raw_open(&walk, kept) || walk.close != ']')
                return error_set(error, "the part is not a JSON array");

        enum json_raw_step step;

        while ((step = json_raw_next(&walk, &name, &raw)) == JSON_RAW_ITEM)
                add_event(listing, raw);
        if (step == JSON_RAW_BROKEN)
                return error_set(error, "the part is not JSON after event %zu", listing->count);
        return 0;
}

static int compare_events(const void *a, const void *b)
{
        const struct listing_event *left = a, *right = b;

        return uuid_compare(&left->uuid, &right->uuid);
}

void listing_close(struct listing *listing)
{
        size_t kept = 0;

        if (listing->count == 0)
                return;
        qsort(listing->events, listing->count, sizeof(*listing->events), compare_events);
        for (size_t i = 1; i < listing->count; i++) {
                struct listing_event *last = &listing->events[kept];

                if (uuid_compare(&last->uuid, &listing->events[i].uuid) == 0)
                        last->aside = true;
                else
                        listing->events[++kept] = listing->events[i];
        }
        listing->count = kept + 1;
}

void listing_deinit(struct listing *listing)
{
        for (size_t i = 0; i < listing->part_count; i++)
                free(listing->parts[i]);
        free(listing->parts);
        free(listing->events);
        *listing = (struct listing)LISTING_NULL;
}
