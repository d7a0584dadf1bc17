/* common/model/known.c
 *
 * A municipality has thousands of these, so they are packed. Little-endian, without gaps:
 *
 *         1  layout, KNOWN_LAYOUT: goes up whenever a line here or the list of event fields changes
 *         1  presence: 1 series, 2 url, 4 admin_url
 *         2  flags
 *         1  state
 *         8  version          8  raw_hash        8  canonical
 *         2  each event field
 *         8  start_ms         8  end_ms          8  since_ms
 *        16  series, if present
 *         2  length and bytes of url, if present; so for admin_url
 */
#include "model/known.h"

#include "base/memory.h"
#include "model/version.h"

enum { KNOWN_LAYOUT = 1 };
enum presence { HAS_SERIES = 1, HAS_URL = 2, HAS_ADMIN_URL = 4 };

/* Reads on after the end give zeros and clear `ok`, so that one check at the end is enough. */
struct reader {
        const unsigned char *at;
        size_t left;
        bool ok;
};

void known_from_event(struct known *known, const struct event *event, uint64_t raw_hash,
                      uint64_t version)
{
        *known = (struct known){
                .version = version,
                .raw_hash = raw_hash,
                .canonical = event->canonical,
                .start_ms = event->start_ms,
                .end_ms = event->end_ms,
                .has_series = event->has_series,
                .series = event->series,
                .state = event->state,
                .url = memory_copy_text(event->url),
                .admin_url = memory_copy_text(event->admin_url),
        };
        memcpy(known->fields, event->fields, sizeof(known->fields));
}

static void put(struct buffer *out, uint64_t value, size_t bytes)
{
        for (; bytes > 0; bytes--, value >>= 8)
                buffer_append_byte(out, (char)(value & 0xff));
}

static void put_text(struct buffer *out, const char *text)
{
        if (!text)
                return;
        put(out, strlen(text), 2);
        buffer_append_text(out, text);
}

static unsigned presence_of(const struct known *known)
{
        return (known->has_series ? HAS_SERIES : 0U) | (known->url ? HAS_URL : 0U) |
               (known->admin_url ? HAS_ADMIN_URL : 0U);
}

void known_write(const struct known *known, struct buffer *out)
{
        put(out, KNOWN_LAYOUT, 1);
        put(out, presence_of(known), 1);
        put(out, known->flags, 2);
        put(out, known->state, 1);
        put(out, known->version, 8);
        put(out, known->raw_hash, 8);
        put(out, known->canonical, 8);
        for (size_t i = 0; i < EVENT_FIELD_COUNT; i++)
                put(out, known->fields[i], 2);
        put(out, (uint64_t)known->start_ms, 8);
        put(out, (uint64_t)known->end_ms, 8);
        put(out, (uint64_t)known->since_ms, 8);
        if (known->has_series)
                buffer_append(out, known->series.bytes, sizeof(known->series.bytes));
        put_text(out, known->url);
        put_text(out, known->admin_url);
}

static const unsigned char *get_bytes(struct reader *reader, size_t bytes)
{
        const unsigned char *at = reader->at;

        if (reader->left < bytes) {
                reader->ok = false;
                return NULL;
        }
        reader->at += bytes;
        reader->left -= bytes;
        return at;
}

static uint64_t get(struct reader *reader, size_t bytes)
{
        const unsigned char *at = get_bytes(reader, bytes);
        uint64_t value = 0;

        for (size_t i = bytes; at && i > 0; i--)
                value = value << 8 | at[i - 1];
        return value;
}

static char *get_text(struct reader *reader)
{
        size_t length = (size_t)get(reader, 2);
        const unsigned char *at = get_bytes(reader, length);

        if (!at || length > EVENT_URL_BYTES_MAX || memchr(at, '\0', length)) {
                reader->ok = false;
                return NULL;
        }
        return memory_copy(at, length);
}

static void get_series(struct reader *reader, struct known *known)
{
        const unsigned char *at = get_bytes(reader, sizeof(known->series.bytes));

        known->has_series = at != NULL;
        if (at)
                memcpy(known->series.bytes, at, sizeof(known->series.bytes));
}

static void get_known(struct reader *reader, struct known *known)
{
        unsigned presence = (unsigned)get(reader, 1);
        uint64_t state;

        known->flags = (unsigned)get(reader, 2);
        state = get(reader, 1);
        known->state = state <= STATE_OCCURRED ? (enum event_state)state : STATE_NONE;
        known->version = get(reader, 8);
        known->raw_hash = get(reader, 8);
        known->canonical = get(reader, 8);
        for (size_t i = 0; i < EVENT_FIELD_COUNT; i++)
                known->fields[i] = (uint16_t)get(reader, 2);
        known->start_ms = (int64_t)get(reader, 8);
        known->end_ms = (int64_t)get(reader, 8);
        known->since_ms = (int64_t)get(reader, 8);
        if (presence & HAS_SERIES)
                get_series(reader, known);
        if (presence & HAS_URL)
                known->url = get_text(reader);
        if (presence & HAS_ADMIN_URL)
                known->admin_url = get_text(reader);
        if (presence > (HAS_SERIES | HAS_URL | HAS_ADMIN_URL) || state > STATE_OCCURRED ||
            known->version > VERSION_MAX)
                reader->ok = false;
}

int known_read(struct known *known, struct slice bytes, struct error *error)
{
        struct reader reader = { (const unsigned char *)bytes.data, bytes.length, true };
        uint64_t layout = get(&reader, 1);

        memset(known, 0, sizeof(*known));
        if (!reader.ok || layout != KNOWN_LAYOUT)
                return error_set(error, "a known event of layout %d, expected %d", (int)layout,
                                 KNOWN_LAYOUT);
        get_known(&reader, known);
        if (!reader.ok || reader.left > 0) {
                known_deinit(known);
                return error_set(error, "a known event of %zu bytes is damaged", bytes.length);
        }
        return 0;
}

void known_deinit(struct known *known)
{
        free(known->url);
        free(known->admin_url);
        known->url = NULL;
        known->admin_url = NULL;
}
