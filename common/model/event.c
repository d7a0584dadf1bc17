/* common/model/event.c
 *
 * What of an event is news. The CMS writes equal content in different bytes (CMS-API.md: 75.0 and
 * 75, escapes, image queries that change with every crop), so members are compared by hashes of
 * their decoded values. Hashes of an object's members are added up: that needs no order, hence no
 * sorting and no allocation.
 *
 * jansson reads the event whole; where it refuses, it is asked for one member after the other, so
 * that one number too large costs one member its canonical form, and the event nothing else.
 */
#include "model/event.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/json_raw.h"
#include "base/memory.h"

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

enum { MEMBER_NAME_BYTES = 64 }; /* no field has a longer name */

const char *event_state_name(enum event_state state)
{
        return state_names[state];
}

enum event_state event_state_parse(const char *name)
{
        for (size_t i = STATE_NONE + 1; name && i < ARRAY_LENGTH(state_names); i++)
                if (strcmp(name, state_names[i]) == 0)
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

static uint64_t hash_value(const json_t *value);

/* Integers and floats of equal value hash equally: whole ones as integers, others as doubles. */
static uint64_t hash_number(const json_t *value)
{
        double real = json_number_value(value);
        int64_t whole = 0;

        if (json_is_integer(value))
                whole = (int64_t)json_integer_value(value);
        else if (real >= -0x1p63 && real < 0x1p63)
                whole = (int64_t)real;
        if (json_is_integer(value) || (double)whole == real)
                return hash64_seed(&whole, sizeof(whole), JSON_INTEGER);
        return hash64_seed(&real, sizeof(real), JSON_REAL);
}

static uint64_t hash_member(const char *name, uint64_t value)
{
        return hash64_seed(name, strlen(name), value);
}

static uint64_t hash_object(const json_t *object)
{
        uint64_t sum = json_object_size(object);
        const char *name;
        json_t *value;

        json_object_foreach((json_t *)object, name, value)
                sum += hash_member(name, hash_value(value));
        return hash64_seed(&sum, sizeof(sum), JSON_OBJECT);
}

static uint64_t hash_array(const json_t *array)
{
        uint64_t hash = JSON_ARRAY;
        const json_t *item;
        size_t i;

        json_array_foreach(array, i, item) {
                uint64_t next = hash_value(item);

                hash = hash64_seed(&next, sizeof(next), hash);
        }
        return hash;
}

static uint64_t hash_value(const json_t *value)
{
        switch (json_typeof(value)) {
        case JSON_OBJECT:
                return hash_object(value);
        case JSON_ARRAY:
                return hash_array(value);
        case JSON_STRING:
                return hash64_seed(json_string_value(value), json_string_length(value),
                                   JSON_STRING);
        case JSON_INTEGER:
        case JSON_REAL:
                return hash_number(value);
        default: {
                unsigned char type = (unsigned char)json_typeof(value);

                return hash64(&type, sizeof(type));
        }
        }
}

/* An image whose url counts only up to its query: `h=` and `itok=` change with every crop. */
static uint64_t hash_image(const json_t *image)
{
        uint64_t sum = json_object_size(image);
        const char *name;
        json_t *value;

        if (!json_is_object(image))
                return hash_value(image);
        json_object_foreach((json_t *)image, name, value) {
                bool is_url = json_is_string(value) && strcmp(name, "url") == 0;
                const char *url = json_string_value(value);

                sum += hash_member(name, is_url ? hash64_seed(url, strcspn(url, "?"), JSON_STRING)
                                                : hash_value(value));
        }
        return hash64_seed(&sum, sizeof(sum), JSON_OBJECT);
}

static enum event_field field_of(const char *name)
{
        size_t field = 0;

        while (field < EVENT_FIELD_OTHER && strcmp(name, field_names[field]) != 0)
                field++;
        return (enum event_field)field;
}

/* The uuid says which event it is; the other two are never news. */
static bool is_news(const char *name)
{
        return strcmp(name, "uuid") != 0 && strcmp(name, "updated_at") != 0 &&
               strcmp(name, "external_data") != 0;
}

static void take_date_time(struct event *event, const json_t *value)
{
        const char *start = json_member_text(value, "start"), *end = json_member_text(value, "end");

        if (!start || !timestamp_parse(start, strlen(start), &event->start_ms))
                event->start_ms = TIMESTAMP_NONE;
        if (!end || !timestamp_parse(end, strlen(end), &event->end_ms))
                event->end_ms = TIMESTAMP_NONE;
}

static char *copy_url(const json_t *object, const char *name)
{
        const json_t *url = json_object_get(object, name);

        if (!json_is_string(url) || json_string_length(url) > EVENT_URL_BYTES_MAX)
                return NULL;
        return memory_copy_text(json_string_value(url));
}

static void take_external_data(struct event *event, const json_t *value)
{
        event->url = copy_url(value, "url");
        event->admin_url = copy_url(value, "admin_url");
}

/* Members that we look into. */
static void take_meaning(struct event *event, const char *name, const json_t *value)
{
        if (strcmp(name, "ticket_manager_relevance") == 0) {
                event->relevant = json_is_true(value);
        } else if (strcmp(name, "state") == 0) {
                event->state = event_state_parse(json_string_value(value));
        } else if (strcmp(name, "date_time") == 0) {
                take_date_time(event, value);
        } else if (strcmp(name, "external_data") == 0) {
                take_external_data(event, value);
        } else if (strcmp(name, "series") == 0) {
                const json_t *uuid = json_object_get(value, "uuid");

                event->has_series = json_is_string(uuid) &&
                                    uuid_parse(json_string_value(uuid), json_string_length(uuid),
                                               &event->series);
        }
}

static void take_member(struct event *event, const char *name, const json_t *value)
{
        enum event_field field = field_of(name);

        take_meaning(event, name, value);
        if (field == EVENT_FIELD_IMAGE || field == EVENT_FIELD_TEASER_IMAGE)
                event->sums[field] += hash_member(name, hash_image(value));
        else if (is_news(name))
                event->sums[field] += hash_member(name, hash_value(value));
}

/* What jansson refuses, by its bytes. */
static void take_raw_member(struct event *event, const char *name, struct slice raw)
{
        if (is_news(name))
                event->sums[field_of(name)] += hash_member(name, hash64(raw.data, raw.length));
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

static int take_uuid(struct event *event, const char *text, struct error *error)
{
        if (!text)
                return error_set(error, "the event has no uuid");
        if (!uuid_parse(text, strlen(text), &event->uuid))
                return error_set(error, "the event's uuid is none");
        return 0;
}

static int take_decoded(struct event *event, const json_t *root, struct error *error)
{
        const char *name;
        json_t *value;

        if (!json_is_object(root))
                return error_set(error, "the event is not a JSON object");
        if (take_uuid(event, json_member_text(root, "uuid"), error) < 0)
                return -1;
        json_object_foreach((json_t *)root, name, value)
                take_member(event, name, value);
        return 0;
}

/* One member by itself: a reference to a one-item array, NULL if jansson refuses it. */
static json_t *decode_alone(struct slice value)
{
        _cleanup_(buffer_deinit) struct buffer alone = BUFFER_NULL;

        buffer_append_byte(&alone, '[');
        buffer_append(&alone, value.data, value.length);
        buffer_append_byte(&alone, ']');
        return json_read(alone.data, alone.length, EVENT_BYTES_MAX, NULL);
}

/* The member's name, decoded; what cannot be a name that we know keeps its raw form, cut. */
static void name_of(struct slice raw, char name[MEMBER_NAME_BYTES])
{
        if (json_raw_text((struct slice){ raw.data - 1, raw.length + 2 }, name, MEMBER_NAME_BYTES))
                return;

        size_t length = raw.length < MEMBER_NAME_BYTES ? raw.length : MEMBER_NAME_BYTES - 1;

        memcpy(name, raw.data, length);
        name[length] = '\0';
}

static int take_members(struct event *event, struct slice raw, struct error *error)
{
        struct json_raw walk;
        struct slice raw_name, value;
        char name[MEMBER_NAME_BYTES], uuid[UUID_TEXT_BYTES];
        enum json_raw_step step;

        if (json_raw_member(raw, "uuid", &value) != 1 || !json_raw_text(value, uuid, sizeof(uuid)))
                return take_uuid(event, NULL, error);
        if (take_uuid(event, uuid, error) < 0 || !json_raw_open(&walk, raw))
                return -1;
        while ((step = json_raw_next(&walk, &raw_name, &value)) == JSON_RAW_ITEM) {
                _cleanup_(json_decrefp) json_t *alone = decode_alone(value);

                name_of(raw_name, name);
                if (alone)
                        take_member(event, name, json_array_get(alone, 0));
                else
                        take_raw_member(event, name, value);
        }
        return 0;
}

/* Well-formed by the grammar and no name twice: then jansson's refusal is only of values. It is
 * asked about the names alone. */
static bool only_values_refused(struct slice raw)
{
        _cleanup_(buffer_deinit) struct buffer names = BUFFER_NULL;
        struct json_raw walk;
        struct slice name, value;
        enum json_raw_step step;

        if (!json_raw_open(&walk, raw) || walk.close != '}')
                return false;
        buffer_append_byte(&names, '{');
        while ((step = json_raw_next(&walk, &name, &value)) == JSON_RAW_ITEM) {
                if (names.length > 1)
                        buffer_append_byte(&names, ',');
                buffer_append(&names, name.data - 1, name.length + 2);
                buffer_append_text(&names, ":null");
        }
        buffer_append_byte(&names, '}');
        if (step == JSON_RAW_BROKEN)
                return false;

        _cleanup_(json_decrefp) json_t *read =
                json_read(names.data, names.length, names.length, NULL);

        return read != NULL;
}

int event_parse(struct event *event, struct slice raw, struct error *error)
{
        _cleanup_(json_decrefp) json_t *root = NULL;
        int result;

        memset(event, 0, sizeof(*event));
        event->start_ms = TIMESTAMP_NONE;
        event->end_ms = TIMESTAMP_NONE;
        root = json_read(raw.data, raw.length, EVENT_BYTES_MAX, error);
        if (root)
                result = take_decoded(event, root, error);
        else if (raw.length <= EVENT_BYTES_MAX && only_values_refused(raw))
                result = take_members(event, raw, error);
        else
                result = -1;
        if (result < 0)
                event_deinit(event);
        else
                event_sum_up(event, UINT32_MAX);
        return result;
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
