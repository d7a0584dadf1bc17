/* services/operator/letter.c
 *
 * Its texts are those of the record's own headers, which the copy has ended with a NUL: foreign
 * bytes, copied once and then only looked at.
 */
#include "operator/letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const fate_names[] = { "waits", "replayed", "discarded" };

const char *letter_fate_name(enum letter_fate fate)
{
        return fate_names[fate];
}

void letter_headers(const struct letter *letter, struct headers *headers)
{
        struct record record;

        record_copy_view(letter->copy, &record, headers);
}

static const char *text_of(const struct headers *headers, const char *name)
{
        struct slice value = headers_get(headers, name);

        return value.data ? value.data : "";
}

static void read_headers(struct letter *letter, const struct headers *headers)
{
        letter->reason = text_of(headers, "dplsync-reason");
        letter->detail = text_of(headers, "dplsync-detail");
        letter->topic = text_of(headers, "dplsync-topic");
        letter->municipality = text_of(headers, "dplsync-municipality");
        letter->uuid = text_of(headers, "dplsync-uuid");
        letter->first_failed_at = text_of(headers, "dplsync-first-failed-at");
        letter->last_failed_at = text_of(headers, "dplsync-last-failed-at");
        letter->answer = text_of(headers, "dplsync-answer");
        headers_get_number(headers, "dplsync-partition", &letter->from_partition);
        headers_get_number(headers, "dplsync-offset", &letter->from_offset);
        headers_get_number(headers, "dplsync-version", &letter->version);
        headers_get_number(headers, "dplsync-attempts", &letter->attempts);
        headers_get_number(headers, "dplsync-status", &letter->status);
}

struct letter *letter_new(const struct record *record)
{
        struct headers headers;
        struct record view;

        if (!headers_get(record->headers, "dplsync-reason").data)
                return NULL;

        struct letter *letter = memory_new(sizeof(*letter));

        letter->copy = record_copy_new(record);
        record_copy_view(letter->copy, &view, &headers);
        letter->partition = record->partition;
        letter->offset = record->offset;
        letter->place = letter_place(record->partition, record->offset);
        letter->timestamp_ms = record->timestamp_ms;
        letter->key = view.key;
        letter->value = view.value;
        read_headers(letter, &headers);
        return letter;
}

void letter_free(struct letter *letter)
{
        if (!letter)
                return;
        free(letter->copy);
        free(letter);
}

void letter_freep(struct letter **letter)
{
        letter_free(*letter);
}

size_t letter_bytes(const struct letter *letter)
{
        return sizeof(*letter) + record_copy_bytes(letter->copy);
}

void letter_name(const struct letter *letter, char name[LETTER_NAME_BYTES])
{
        snprintf(name, LETTER_NAME_BYTES, "%" PRId32 "/%" PRId64, letter->partition,
                 letter->offset);
}

static bool parse_number(const char *text, size_t length, int64_t *number)
{
        if (length == 0 || length > 18 || strspn(text, "0123456789") < length)
                return false;
        *number = strtoll(text, NULL, 10);
        return true;
}

bool letter_name_parse(const char *name, int32_t *partition, int64_t *offset)
{
        const char *slash = strchr(name, '/');
        int64_t number;

        if (!slash || !parse_number(name, (size_t)(slash - name), &number) || number > INT32_MAX ||
            !parse_number(slash + 1, strlen(slash + 1), offset))
                return false;
        *partition = (int32_t)number;
        return true;
}

void letter_mark(const struct letter *letter, enum letter_fate fate, int64_t now_ms,
                 struct outgoing *out)
{
        char name[LETTER_NAME_BYTES], id[LETTER_NAME_BYTES + 16];

        letter_name(letter, name);
        snprintf(id, sizeof(id), "%s-%s", fate_names[fate], name);
        outgoing_begin(out, TOPIC_DEAD_LETTERS, letter->partition);
        buffer_append(&out->key, letter->key.data, letter->key.length);
        out->tombstone = true;
        headers_add(&out->headers, "dplsync-mark", fate_names[fate]);
        headers_add_number(&out->headers, "dplsync-letter-offset", letter->offset);
        headers_add_cloudevent(&out->headers, id, "dplsync-operator", "dk.dplsync.dead-letter-mark",
                               letter->municipality, now_ms);
}

bool letter_mark_read(const struct record *record, enum letter_fate *fate, int64_t *letter_offset)
{
        struct slice mark = headers_get(record->headers, "dplsync-mark");

        if (record->value.data ||
            !headers_get_number(record->headers, "dplsync-letter-offset", letter_offset))
                return false;
        *fate = slice_is(mark, fate_names[LETTER_REPLAYED])    ? LETTER_REPLAYED
                : slice_is(mark, fate_names[LETTER_DISCARDED]) ? LETTER_DISCARDED
                                                               : LETTER_WAITS;
        return *fate != LETTER_WAITS;
}

static bool is_of_event(const struct letter *letter, const struct uuid *wanted)
{
        struct uuid uuid;

        return uuid_parse(letter->uuid, strlen(letter->uuid), &uuid) &&
               uuid_compare(&uuid, wanted) == 0;
}

static bool is_named(const struct letter *letter, const struct letter_filter *filter)
{
        char name[LETTER_NAME_BYTES];

        letter_name(letter, name);
        for (size_t i = 0; i < filter->name_count; i++)
                if (strcmp(filter->names[i], name) == 0)
                        return true;
        return filter->name_count == 0;
}

bool letter_matches(const struct letter *letter, const struct letter_filter *filter)
{
        if (!filter->handled && letter->fate != LETTER_WAITS)
                return false;
        if (filter->municipality && strcmp(filter->municipality, letter->municipality) != 0)
                return false;
        if (filter->reason && strcmp(filter->reason, letter->reason) != 0)
                return false;
        if (filter->uuid && !is_of_event(letter, filter->uuid))
                return false;
        return is_named(letter, filter) && letter->timestamp_ms >= filter->from_ms &&
               (filter->to_ms == 0 || letter->timestamp_ms < filter->to_ms);
}
