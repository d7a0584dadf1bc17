/* services/fetcher/list.c
 *
 * The number of parts stands in every part, and an event that stands twice is only known at the
 * end: so the bytes are held, once, until the list is whole. They lie behind each other in one
 * buffer, with an entry that says where each event is; parts are ranges of entries, and are written
 * when Kafka has room for them. What can be done while the bytes arrive is done then, so that the
 * end of a large list does not hold the loop.
 */
#include "fetcher/list.h"

#include <string.h>

#include "base/memory.h"
#include "fetcher/splitter.h"
#include "model/snapshot.h"

/* "[" and "]" */
enum { EVENT_BYTES_LIMIT = SNAPSHOT_PART_BYTES_MAX - 2 };

struct entry {
        struct uuid uuid;
        size_t offset; /* in `raw` */
        size_t length;
        bool aside;    /* too large, too deep, or twice */
        bool repeated; /* an earlier entry has the same uuid */
};

struct part {
        size_t first; /* index of its first entry */
        size_t count; /* entries, those set aside included */
};

struct list {
        int64_t max_bytes;
        int64_t bytes;
        struct splitter splitter;
        struct sha256 *sha256;
        char digest[SHA256_HEX_BYTES];
        enum list_fault fault;
        struct buffer raw; /* events with a readable uuid that fit, and the one being read */
        size_t open;       /* where in `raw` the one being read begins */
        struct entry *entries;
        size_t count;
        size_t capacity;
        uint32_t *places;   /* hash table of entries by uuid: index + 1, 0 for none */
        size_t place_count; /* a power of two, at least twice `count` */
        struct part *parts;
        uint32_t part_count;
        uint32_t events;
        uint32_t without_uuid;
        uint32_t aside;
        bool complete;
};

struct list *list_new(int64_t max_bytes)
{
        struct list *list = memory_new(sizeof(*list));

        list->max_bytes = max_bytes;
        list->sha256 = sha256_new();
        splitter_init(&list->splitter);
        return list;
}

void list_free(struct list *list)
{
        if (!list)
                return;
        sha256_free(list->sha256);
        buffer_deinit(&list->raw);
        free(list->entries);
        free(list->places);
        free(list->parts);
        free(list);
}

void list_freep(struct list **list)
{
        list_free(*list);
}

/* Entries by uuid: open addressing. The seed keeps a site from choosing uuids that collide. */

static uint32_t *find_place(const struct list *list, const struct uuid *uuid)
{
        size_t at = hash64_seed(uuid, sizeof(*uuid), (uintptr_t)list);

        for (;; at++) {
                uint32_t *place = &list->places[at & (list->place_count - 1)];

                if (*place == 0 || uuid_compare(&list->entries[*place - 1].uuid, uuid) == 0)
                        return place;
        }
}

static void enlarge_places(struct list *list)
{
        free(list->places);
        list->place_count = list->place_count ? list->place_count * 2 : 128;
        list->places = memory_new(list->place_count * sizeof(*list->places));
        for (size_t i = 0; i < list->count; i++)
                if (!list->entries[i].repeated)
                        *find_place(list, &list->entries[i].uuid) = (uint32_t)i + 1;
}

static void set_aside(struct list *list, struct entry *entry)
{
        list->aside += !entry->aside;
        entry->aside = true;
}

/* The last entry is new: does its uuid stand there already? */
static void match(struct list *list)
{
        struct entry *entry = &list->entries[list->count - 1];
        uint32_t *place = find_place(list, &entry->uuid);

        if (*place == 0) {
                *place = (uint32_t)list->count;
                return;
        }
        entry->repeated = true;
        set_aside(list, entry);
        set_aside(list, &list->entries[*place - 1]);
}

static void add_entry(struct list *list, const struct splitter_piece *piece)
{
        if (list->count == list->capacity) {
                list->capacity = list->capacity ? list->capacity * 2 : 64;
                list->entries =
                        memory_resize(list->entries, list->capacity, sizeof(*list->entries));
        }
        if ((list->count + 1) * 2 > list->place_count)
                enlarge_places(list);
        list->entries[list->count++] = (struct entry){
                .uuid = piece->uuid,
                .offset = list->open,
                .length = piece->length,
        };
        if (piece->deep || piece->length > EVENT_BYTES_LIMIT)
                set_aside(list, &list->entries[list->count - 1]);
        match(list);
}

/* Gives the bytes of the event being read back: they will be in no part. */
static void forget_bytes(struct list *list)
{
        list->raw.length = list->open;
}

static bool end_event(struct list *list, const struct splitter_piece *piece)
{
        if (list->events == LIST_EVENTS_MAX) {
                list->fault = LIST_TOO_MANY_EVENTS;
                return false;
        }
        list->events++;
        if (!piece->has_uuid) {
                list->without_uuid++;
                forget_bytes(list);
                return true;
        }
        add_entry(list, piece);
        if (piece->deep)
                forget_bytes(list);
        list->open = list->raw.length;
        return true;
}

static bool take_piece(struct list *list, const struct splitter_piece *piece)
{
        if (piece->begins)
                list->open = list->raw.length;
        if (piece->length > EVENT_BYTES_LIMIT)
                forget_bytes(list);
        else
                buffer_append(&list->raw, piece->bytes.data, piece->bytes.length);
        return piece->ends ? end_event(list, piece) : true;
}

static bool split(struct list *list, struct slice rest)
{
        for (;;) {
                struct splitter_piece piece;

                switch (splitter_next(&list->splitter, &rest, &piece)) {
                case SPLITTER_HUNGRY:
                        return true;
                case SPLITTER_FAILED:
                        list->fault = LIST_NOT_A_LIST;
                        return false;
                case SPLITTER_PIECE:
                        if (!take_piece(list, &piece))
                                return false;
                }
        }
}

bool list_add(struct list *list, const char *data, size_t bytes)
{
        if (list->fault != LIST_SOUND)
                return false;
        if ((int64_t)bytes > list->max_bytes - list->bytes) {
                list->fault = LIST_TOO_LARGE;
                return false;
        }
        list->bytes += (int64_t)bytes;
        sha256_update(list->sha256, data, bytes);
        return split(list, (struct slice){ data, bytes });
}

/* Parts */

static void open_part(struct list *list, size_t first)
{
        list->parts = memory_resize(list->parts, list->part_count + 1, sizeof(*list->parts));
        list->parts[list->part_count++] = (struct part){ .first = first };
}

static void cut_parts(struct list *list)
{
        size_t used = 1; /* "[" */

        open_part(list, 0);
        for (size_t i = 0; i < list->count; i++) {
                size_t length = list->entries[i].aside ? 0 : list->entries[i].length + 1;

                if (used + length > SNAPSHOT_PART_BYTES_MAX) {
                        open_part(list, i);
                        used = 1;
                }
                used += length; /* and its comma, or "]" */
                list->parts[list->part_count - 1].count++;
        }
}

enum list_fault list_end(struct list *list)
{
        if (list->fault != LIST_SOUND)
                return list->fault;

        enum splitter_fault fault = splitter_end(&list->splitter);

        if (fault != SPLITTER_SOUND) {
                list->fault = fault == SPLITTER_TRUNCATED ? LIST_TRUNCATED : LIST_NOT_A_LIST;
                return list->fault;
        }
        sha256_final(list->sha256, list->digest);
        cut_parts(list);
        list->complete = list->without_uuid == 0 && list_write_aside(list, NULL);
        return LIST_SOUND;
}

enum list_fault list_fault(const struct list *list)
{
        return list->fault;
}

int list_explain(const struct list *list, struct error *error)
{
        switch (list->fault) {
        case LIST_TOO_LARGE:
                return error_set(error, "the list is longer than max_list_bytes (%lld)",
                                 (long long)list->max_bytes);
        case LIST_TOO_MANY_EVENTS:
                return error_set(error, "the list has more than %d events", LIST_EVENTS_MAX);
        default:
                return splitter_explain(&list->splitter, error);
        }
}

int64_t list_bytes(const struct list *list)
{
        return list->bytes;
}

/* Room that was reserved but never written to costs no memory. */
int64_t list_memory(const struct list *list)
{
        return (int64_t)(sizeof(*list) + list->raw.length + list->count * sizeof(struct entry) +
                         list->place_count * sizeof(*list->places));
}

uint32_t list_parts(const struct list *list)
{
        return list->part_count;
}

uint32_t list_events(const struct list *list)
{
        return list->events;
}

uint32_t list_unreadable(const struct list *list)
{
        return list->without_uuid + list->aside;
}

bool list_complete(const struct list *list)
{
        return list->complete;
}

const char *list_sha256(const struct list *list)
{
        return list->digest;
}

void list_write_part(const struct list *list, uint32_t part, struct buffer *value)
{
        const struct part *range = &list->parts[part - 1];
        bool empty = true;

        buffer_append_byte(value, '[');
        for (size_t i = range->first; i < range->first + range->count; i++) {
                const struct entry *entry = &list->entries[i];

                if (entry->aside)
                        continue;
                if (!empty)
                        buffer_append_byte(value, ',');
                buffer_append(value, list->raw.data + entry->offset, entry->length);
                empty = false;
        }
        buffer_append_byte(value, ']');
}

bool list_write_aside(const struct list *list, struct buffer *text)
{
        size_t count = 0;

        for (size_t i = 0; list->aside > 0 && i < list->count; i++) {
                const struct entry *entry = &list->entries[i];
                char uuid[UUID_TEXT_BYTES];

                if (!entry->aside || entry->repeated)
                        continue;
                if (count++ == LIST_ASIDE_MAX)
                        return false;
                if (!text)
                        continue;
                uuid_format(&entry->uuid, uuid);
                buffer_append_text(text, count > 1 ? "," : "");
                buffer_append_text(text, uuid);
        }
        return true;
}
