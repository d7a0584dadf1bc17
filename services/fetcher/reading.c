/* services/fetcher/reading.c
 *
 * See CMS-API.md "Reading" for what the site makes of each of these.
 */
#include "fetcher/reading.h"

#include <inttypes.h>
#include <string.h>

#include "base/timestamp.h"

static const int64_t day_ms = 86400 * INT64_C(1000);

void reading_from_date(int64_t from_date_ms, int64_t now_ms, char date[READING_DATE_BYTES])
{
        char text[TIMESTAMP_TEXT_BYTES];
        int64_t days = (now_ms + from_date_ms) / day_ms;

        date[0] = '\0';
        if (from_date_ms == 0)
                return;
        days -= (days + 3) % 7; /* day 0 was a Thursday */
        timestamp_format_date(days * day_ms, text);
        memcpy(date, text, READING_DATE_BYTES);
}

static void add_header(struct reading *reading, const char *name, const char *value)
{
        struct buffer *header = &reading->headers[reading->header_count++];

        buffer_append_format(header, "%s: %s", name, value);
}

static void add_validators(struct reading *reading, const struct bookmark *bookmark)
{
        if (bookmark->etag[0])
                add_header(reading, "If-None-Match", bookmark->etag);
        if (bookmark->last_modified[0])
                add_header(reading, "If-Modified-Since", bookmark->last_modified);
        reading->conditional = bookmark->etag[0] || bookmark->last_modified[0];
}

static void write_url(struct reading *reading, const struct municipality *municipality)
{
        municipality_list_url(municipality, &reading->url);
        if (reading->from_date[0])
                buffer_append_format(&reading->url, "&from_date=%s", reading->from_date);
        reading->source = hash64(reading->url.data, reading->url.length);
}

void reading_prepare(struct reading *reading, const struct municipality *municipality,
                     const struct bookmark *bookmark, struct schedule_kind kind, bool authenticated,
                     uint64_t nonce, int64_t now_ms)
{
        reading->kind = kind;
        reading->authenticated = authenticated;
        reading_from_date(municipality->from_date_ms, now_ms, reading->from_date);
        write_url(reading, municipality);
        add_header(reading, "Accept", "application/json");
        if (kind.fresh && !authenticated)
                buffer_append_format(&reading->url, "&dplsync=%" PRIx64 "%016" PRIx64, now_ms, nonce);
        if (!kind.fresh && !kind.full && bookmark->source == reading->source)
                add_validators(reading, bookmark);
}

void reading_deinit(struct reading *reading)
{
        buffer_deinit(&reading->url);
        for (size_t i = 0; i < reading->header_count; i++)
                buffer_deinit(&reading->headers[i]);
        memset(reading, 0, sizeof(*reading));
}
