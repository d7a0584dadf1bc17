/* common/model/event.c
 *
 * What of an event is news. The CMS writes equal content in different bytes (CMS-API.md: 75.0 and
 * 75, escapes, image queries that change with every crop), so members are compared by hashes of
 * what they mean, taken straight from the bytes: a list may have thousands of events that all
 * changed.
 */
#include "model/event.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/json_hash.h"
#include "base/json_raw.h"

static const char *const state_names[] = {
        [STATE_TICKET_SALE_NOT_OPEN] = "TicketSaleNotOpen",
        [STATE_ACTIVE] = "Active",
        [STATE_SOLD_OUT] = "SoldOut",
        [STATE_CANCELLED] = "Cancelled",
        [STATE_OCCURRED] = "Occurred",
};

static const char *const field_names[EVENT_FIELD_COUNT] = {
#define EVENT_FIELD_TEXT(name, text) [EVENT_FIELD_##name] = text,
        EVENT_FIELDS(EVENT_FIELD_TEXT)
#undef EVENT_FIELD_TEXT
};

/* More members than the CMS will ever write; names beyond those that we know are remembered. */
enum { OTHER_NAMES_MAX = 256, MOMENT_TEXT_BYTES = 64 };

const char *event_state_name(enum event_state state)
{
        return state_names[state];
}

enum event_state event_state_parse(const char *name)
{
        return event_state_parse_slice(slice_of(name));
}

enum event_state event_state_parse_slice(struct slice name)
{
        for (size_t i = STATE_NONE + 1; name.data && i < ARRAY_LENGTH(state_names); i++)
                if (slice_is(name, state_names[i]))
                        return (enum event_state)i;
        return STATE_NONE;
}

const char *event_field_name(enum event_field field)
{
        return field_names[field];
}

uint64_t event_raw_hash(struct slice raw)
{
        return hash64(raw.data, raw.length);
}

enum event_field event_field_of(struct slice name)
{
        size_t field = 0;

        while (field < EVENT_FIELD_OTHER && !json_raw_is(name, field_names[field]))
                field++;
        return (enum event_field)field;
}

static int64_t moment_of(struct slice date_time, const char *name)
{
        char text[MOMENT_TEXT_BYTES];
        struct slice value;
        int64_t ms;

        if (json_raw_member(date_time, name, &value) != 1 ||
            !json_raw_text(value, text, sizeof(text)) || !timestamp_parse(text, strlen(text), &ms))
                return TIMESTAMP_NONE;
        return ms;
}

static bool series_of(struct slice series, struct uuid *uuid)
{
        char text[UUID_TEXT_BYTES];
        struct slice value;

        return json_raw_member(series, "uuid", &value) == 1 &&
               json_raw_text(value, text, sizeof(text)) && uuid_parse(text, strlen(text), uuid);
}

static enum event_state state_of(struct slice value)
{
        char text[MOMENT_TEXT_BYTES];

        return json_raw_text(value, text, sizeof(text)) ? event_state_parse(text) : STATE_NONE;
}

static char *url_of(struct slice external_data, const char *name)
{
        _cleanup_(buffer_deinit) struct buffer url = BUFFER_NULL;
        struct slice value;

        if (json_raw_member(external_data, name, &value) != 1 || *value.data != '"' ||
            !json_raw_decode((struct slice){ value.data + 1, value.length - 2 }, &url) ||
            url.length > EVENT_URL_BYTES_MAX)
                return NULL;
        return buffer_take(&url);
}

void event_look_into(struct event *event, enum event_field field, struct slice value)
{
        switch (field) {
        case EVENT_FIELD_TICKET_MANAGER_RELEVANCE:
                event->relevant = slice_is(value, "true");
                break;
        case EVENT_FIELD_STATE:
                event->state = state_of(value);
                break;
        case EVENT_FIELD_DATE_TIME:
                event->start_ms = moment_of(value, "start");
                event->end_ms = moment_of(value, "end");
                break;
        case EVENT_FIELD_SERIES:
                event->has_series = series_of(value, &event->series);
                break;
        default:
                break;
        }
}

/* An image's address counts up to its query: `h=` and `itok=` change with every crop. */
static uint64_t hash_field(enum event_field field, struct slice value)
{
        if (field == EVENT_FIELD_IMAGE || field == EVENT_FIELD_TEASER_IMAGE)
                return json_hash_until(value, "url", '?');
        return json_hash(value);
}

void event_sum_up(struct event *event, uint32_t news)
{
        uint64_t counted[EVENT_FIELD_COUNT];

        for (size_t i = 0; i < EVENT_FIELD_COUNT; i++) {
                uint64_t sum = event->sums[i];

                counted[i] = news >> i & 1 ? sum : 0;
                event->fields[i] = (uint16_t)(sum ^ sum >> 16 ^ sum >> 32 ^ sum >> 48);
        }
        event->canonical = hash64(counted, sizeof(counted));
}

/* What is no news: which event it is, and what our own writes change. */
enum apart { APART_UUID, APART_UPDATED_AT, APART_EXTERNAL_DATA, APART_COUNT };
static const char *const apart_names[] = { "uuid", "updated_at", "external_data" };

/* Names that were there, so that none is there twice. */
struct seen {
        uint32_t fields;
        uint32_t apart;
        uint64_t others[OTHER_NAMES_MAX];
        size_t other_count;
};

static int twice(struct slice name, struct error *error)
{
        return error_set(error, "the member %.*s is there twice",
                         name.length > 64 ? 64 : (int)name.length, name.data);
}

static int see_other(struct seen *seen, struct slice name, struct error *error)
{
        uint64_t hash = json_hash_member(name, 0);

        for (size_t i = 0; i < seen->other_count; i++)
                if (seen->others[i] == hash)
                        return twice(name, error);
        if (seen->other_count == OTHER_NAMES_MAX)
                return error_set(error, "the event has more than %d members that are not known",
                                 OTHER_NAMES_MAX);
        seen->others[seen->other_count++] = hash;
        return 0;
}

static int see(uint32_t *seen, unsigned which, struct slice name, struct error *error)
{
        if (*seen >> which & 1)
                return twice(name, error);
        *seen |= UINT32_C(1) << which;
        return 0;
}

static int take_uuid(struct event *event, struct slice value, struct error *error)
{
        char text[UUID_TEXT_BYTES];

        if (!json_raw_text(value, text, sizeof(text)) ||
            !uuid_parse(text, strlen(text), &event->uuid))
                return error_set(error, "the event's uuid is none");
        return 0;
}

static int take_apart(struct event *event, enum apart which, struct slice value,
                      struct error *error)
{
        if (which == APART_UUID)
                return take_uuid(event, value, error);
        if (which == APART_EXTERNAL_DATA) {
                event->url = url_of(value, "url");
                event->admin_url = url_of(value, "admin_url");
        }
        return 0;
}

/* A name that no text can hold is none. */
static int take_other(struct event *event, struct seen *seen, struct slice name, struct slice value,
                      struct error *error)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        if (!json_raw_decode(name, &text))
                return error_set(error, "a member has no name that a text can hold");
        if (see_other(seen, name, error) < 0)
                return -1;
        event->sums[EVENT_FIELD_OTHER] += json_hash_member(name, json_hash(value));
        return 0;
}

static int take_member(struct event *event, struct seen *seen, struct slice name,
                       struct slice value, struct error *error)
{
        enum event_field field = event_field_of(name);

        for (unsigned apart = 0; field == EVENT_FIELD_OTHER && apart < APART_COUNT; apart++) {
                if (!json_raw_is(name, apart_names[apart]))
                        continue;
                if (see(&seen->apart, apart, name, error) < 0)
                        return -1;
                return take_apart(event, (enum apart)apart, value, error);
        }
        if (field == EVENT_FIELD_OTHER)
                return take_other(event, seen, name, value, error);
        if (see(&seen->fields, field, name, error) < 0)
                return -1;
        event_look_into(event, field, value);
        event->sums[field] = json_hash_member(name, hash_field(field, value));
        return 0;
}

static int take_members(struct event *event, struct slice raw, struct error *error)
{
        struct json_raw walk;
        struct slice name, value;
        struct seen seen;
        enum json_raw_step step;

        seen.fields = seen.apart = 0;
        seen.other_count = 0;
        if (!json_raw_open(&walk, raw) || walk.close != '}')
                return error_set(error, "the event is not a JSON object");
        while ((step = json_raw_next(&walk, &name, &value)) == JSON_RAW_ITEM)
                if (take_member(event, &seen, name, value, error) < 0)
                        return -1;
        if (step == JSON_RAW_BROKEN)
                return error_set(error, "the event is not JSON after byte %zu",
                                 (size_t)(walk.at - raw.data));
        return seen.apart >> APART_UUID & 1 ? 0 : error_set(error, "the event has no uuid");
}

int event_parse(struct event *event, struct slice raw, struct error *error)
{
        memset(event, 0, sizeof(*event));
        event->start_ms = TIMESTAMP_NONE;
        event->end_ms = TIMESTAMP_NONE;
        if (raw.length > EVENT_BYTES_MAX)
                return error_set(error, "the event has more than %d bytes", EVENT_BYTES_MAX);
        if (take_members(event, raw, error) < 0) {
                event_deinit(event);
                return -1;
        }
        event_sum_up(event, UINT32_MAX);
        return 0;
}

void event_deinit(struct event *event)
{
        free(event->url);
        free(event->admin_url);
        event->url = NULL;
        event->admin_url = NULL;
}

void event_write_changed(struct buffer *out, uint32_t changed)
{
        bool first = true;

        buffer_append_byte(out, '[');
        for (size_t i = 0; i < EVENT_FIELD_COUNT; i++) {
                if (!(changed & (UINT32_C(1) << i)))
                        continue;
                if (!first)
                        buffer_append_byte(out, ',');
                json_write_string(out, field_names[i], strlen(field_names[i]));
                first = false;
        }
        buffer_append_byte(out, ']');
}
