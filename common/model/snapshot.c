/* common/model/snapshot.c
 *
 * A snapshot decides over deletions, so a part whose headers are not all there and sound is no
 * part.
 */
#include "model/snapshot.h"

#include <stdio.h>

#include "base/timestamp.h"
#include "model/fields.h"

static const char id_name[] = "dplsync-snapshot-id";
static const char fetch_seq_name[] = "dplsync-fetch-seq";
static const char as_of_name[] = "dplsync-as-of";
static const char fetched_at_name[] = "dplsync-fetched-at";
static const char part_name[] = "dplsync-part";
static const char parts_name[] = "dplsync-parts";
static const char events_name[] = "dplsync-events";
static const char sha256_name[] = "dplsync-sha256";
static const char from_date_name[] = "dplsync-from-date";
static const char complete_name[] = "dplsync-complete";
static const char fresh_name[] = "dplsync-fresh";
static const char unchanged_name[] = "dplsync-unchanged";
static const char unreadable_name[] = "dplsync-unreadable";

/* 15 digits hold the milliseconds until the year 9999; nine hold more events than any list can
 * have. */
static const int64_t number_max = INT64_C(999999999999999);
static const int64_t count_max = 999999999;

static int missing(struct error *error, const char *name)
{
        return error_set(error, "header %s: missing, or not what it should be", name);
}

static int read_text(const struct headers *headers, const char *name, char *text, size_t bytes,
                     struct error *error)
{
        struct slice value = headers_get(headers, name);

        if (!value.data || value.length == 0 || value.length >= bytes)
                return missing(error, name);
        for (size_t i = 0; i < value.length; i++)
                if (value.data[i] < '!' || value.data[i] > '~')
                        return missing(error, name);
        memcpy(text, value.data, value.length);
        text[value.length] = '\0';
        return 0;
}

/* The form in which headers_add_number writes it, no other: no sign, no zero in front. */
static int read_number(const struct headers *headers, const char *name, int64_t minimum,
                       int64_t maximum, int64_t *number, struct error *error)
{
        struct slice text = headers_get(headers, name);

        if (!headers_get_number(headers, name, number) || *number < minimum || *number > maximum ||
            text.data[0] == '-' || (text.data[0] == '0' && text.length > 1))
                return missing(error, name);
        return 0;
}

static int read_count(const struct headers *headers, const char *name, int64_t minimum,
                      int64_t maximum, uint32_t *count, struct error *error)
{
        int64_t number = 0;

        if (read_number(headers, name, minimum, maximum, &number, error) < 0)
                return -1;
        *count = (uint32_t)number;
        return 0;
}

static int read_time(const struct headers *headers, const char *name, int64_t *ms,
                     struct error *error)
{
        struct slice value = headers_get(headers, name);

        if (!value.data || !fields_parse_time(value.data, value.length, ms))
                return missing(error, name);
        return 0;
}

static int read_flag(const struct headers *headers, const char *name, bool *flag,
                     struct error *error)
{
        struct slice value = headers_get(headers, name);

        *flag = slice_is(value, "true");
        return *flag || slice_is(value, "false") ? 0 : missing(error, name);
}

static int read_digest(struct snapshot_part *part, const struct headers *headers,
                       struct error *error)
{
        if (read_text(headers, sha256_name, part->sha256, sizeof(part->sha256), error) < 0)
                return -1;
        if (strspn(part->sha256, "0123456789abcdef") != SHA256_HEX_BYTES - 1)
                return missing(error, sha256_name);
        return 0;
}

static int read_from_date(struct snapshot_part *part, const struct headers *headers,
                          struct error *error)
{
        char text[32];
        int64_t ms;

        if (!headers_get(headers, from_date_name).data)
                return 0;
        if (read_text(headers, from_date_name, part->from_date, sizeof(part->from_date), error) < 0)
                return -1;
        snprintf(text, sizeof(text), "%sT00:00:00Z", part->from_date);
        return timestamp_parse(text, strlen(text), &ms) ? 0 : missing(error, from_date_name);
}

static int read_list(struct snapshot_part *part, const struct headers *headers, struct error *error)
{
        if (read_text(headers, id_name, part->id, sizeof(part->id), error) < 0 ||
            read_number(headers, fetch_seq_name, 1, number_max, &part->fetch_seq, error) < 0 ||
            read_time(headers, as_of_name, &part->as_of_ms, error) < 0 ||
            read_time(headers, fetched_at_name, &part->fetched_at_ms, error) < 0 ||
            read_count(headers, events_name, 0, count_max, &part->events, error) < 0 ||
            read_count(headers, unreadable_name, 0, count_max, &part->unreadable, error) < 0 ||
            read_digest(part, headers, error) < 0)
                return -1;
        return read_from_date(part, headers, error);
}

int snapshot_part_read(struct snapshot_part *part, const struct headers *headers,
                       struct error *error)
{
        memset(part, 0, sizeof(*part));
        if (read_list(part, headers, error) < 0 ||
            read_count(headers, parts_name, 1, SNAPSHOT_PARTS_MAX, &part->parts, error) < 0 ||
            read_count(headers, part_name, 1, SNAPSHOT_PARTS_MAX, &part->part, error) < 0 ||
            read_flag(headers, complete_name, &part->complete, error) < 0 ||
            read_flag(headers, fresh_name, &part->fresh, error) < 0)
                return -1;
        if (part->part > part->parts)
                return error_set(error, "header %s: part %u of %u", part_name, part->part,
                                 part->parts);
        if (!headers_get(headers, unchanged_name).data)
                return 0;
        return read_flag(headers, unchanged_name, &part->unchanged, error);
}

static void add_time(struct headers *headers, const char *name, int64_t ms)
{
        char text[TIMESTAMP_TEXT_BYTES];

        timestamp_format(ms, text);
        headers_add(headers, name, text);
}

static void add_flag(struct headers *headers, const char *name, bool flag)
{
        headers_add(headers, name, flag ? "true" : "false");
}

void snapshot_part_write(const struct snapshot_part *part, struct headers *headers)
{
        headers_add(headers, id_name, part->id);
        headers_add_number(headers, fetch_seq_name, part->fetch_seq);
        add_time(headers, as_of_name, part->as_of_ms);
        add_time(headers, fetched_at_name, part->fetched_at_ms);
        headers_add_number(headers, part_name, part->part);
        headers_add_number(headers, parts_name, part->parts);
        headers_add_number(headers, events_name, part->events);
        headers_add(headers, sha256_name, part->sha256);
        if (part->from_date[0])
                headers_add(headers, from_date_name, part->from_date);
        add_flag(headers, complete_name, part->complete);
        add_flag(headers, fresh_name, part->fresh);
        if (part->unchanged)
                add_flag(headers, unchanged_name, true);
        headers_add_number(headers, unreadable_name, part->unreadable);
}
