/* common/model/change.c
 *
 * The event inside a change is bytes, not a value: it is placed and found as a slice, and
 * everything around it is read without it. A rebuild reads all that was ever told, so a value is
 * walked once, and its event once more.
 */
#include "model/change.h"

#include <stdio.h>

#include "base/json_raw.h"
#include "model/fields.h"

static const char *const op_names[] = { "create", "update", "delete", "snapshot" };
static const char *const reason_names[] = { "absent", "irrelevant", "past", "retired",
                                            "rescheduled" };

/* Kafka's message limit, with room for the members around an event. */
enum { VALUE_BYTES_MAX = EVENT_BYTES_MAX + 64 * 1024 };

const char *change_op_name(enum change_op op)
{
        return op_names[op];
}

const char *change_reason_name(enum change_reason reason)
{
        return reason_names[reason];
}

void change_key(const struct change *change, char key[CHANGE_KEY_BYTES])
{
        char uuid[UUID_TEXT_BYTES];

        if (change->op == CHANGE_SNAPSHOT) {
                snprintf(key, CHANGE_KEY_BYTES, "%s", change->municipality);
                return;
        }
        uuid_format(&change->uuid, uuid);
        snprintf(key, CHANGE_KEY_BYTES, "%s/%s", change->municipality, uuid);
}

static void write_uuid(struct buffer *value, const char *name, const struct uuid *uuid)
{
        char text[UUID_TEXT_BYTES];

        uuid_format(uuid, text);
        json_write_member_text(value, name, text);
}

static void write_upsert(const struct change *change, struct buffer *value)
{
        if (change->op == CHANGE_UPDATE) {
                json_write_member(value, "changed");
                event_write_changed(value, change->changed);
        }
        if (change->reassert)
                json_write_member_boolean(value, "reassert", true);
        json_write_member_raw(value, "event", change->event);
}

static void write_delete(const struct change *change, struct buffer *value)
{
        json_write_member_text(value, "reason", reason_names[change->reason]);
        if (change->has_series)
                write_uuid(value, "series", &change->series);
        if (change->start_ms == TIMESTAMP_NONE && change->end_ms == TIMESTAMP_NONE)
                return;
        json_write_member(value, "date_time");
        buffer_append_byte(value, '{');
        if (change->start_ms != TIMESTAMP_NONE)
                json_write_member_time(value, "start", change->start_ms);
        if (change->end_ms != TIMESTAMP_NONE)
                json_write_member_time(value, "end", change->end_ms);
        buffer_append_byte(value, '}');
}

static void write_snapshot(const struct change *change, struct buffer *value)
{
        json_write_member_integer(value, "known", change->known);
        json_write_member_integer(value, "created", change->created);
        json_write_member_integer(value, "updated", change->updated);
        json_write_member_integer(value, "deleted", change->deleted);
        json_write_member_integer(value, "held", change->held);
}

void change_write(const struct change *change, struct buffer *value)
{
        buffer_reserve(value, change->event.length + 512);
        buffer_append_byte(value, '{');
        json_write_member_text(value, "op", op_names[change->op]);
        json_write_member_text(value, "municipality", change->municipality);
        if (change->op != CHANGE_SNAPSHOT)
                write_uuid(value, "uuid", &change->uuid);
        json_write_member_integer(value, "version", (int64_t)change->version);
        json_write_member_time(value, "as_of", change->as_of_ms);
        switch (change->op) {
        case CHANGE_CREATE:
        case CHANGE_UPDATE:
                write_upsert(change, value);
                break;
        case CHANGE_DELETE:
                write_delete(change, value);
                break;
        case CHANGE_SNAPSHOT:
                write_snapshot(change, value);
                break;
        }
        buffer_append_byte(value, '}');
}

/* A name that this version does not know counts as EVENT_FIELD_OTHER: a later one may have more. */
static uint32_t field_bit(const char *name)
{
        size_t field = 0;

        while (field < EVENT_FIELD_OTHER &&
               strcmp(name, event_field_name((enum event_field)field)) != 0)
                field++;
        return UINT32_C(1) << field;
}

static int read_changed(struct change *change, const json_t *object, struct error *error)
{
        const json_t *names = json_object_get(object, "changed");
        const json_t *name;
        size_t i;

        if (!json_is_array(names))
                return error_set(error, "changed: expected a list of the members that changed");
        json_array_foreach(names, i, name) {
                if (!json_is_string(name))
                        return error_set(error, "changed: expected a list of texts");
                change->changed |= field_bit(json_string_value(name));
        }
        return 0;
}

/* False if it is no object with one uuid. */
static bool look_at_event(struct slice raw, struct event *event)
{
        char text[UUID_TEXT_BYTES];
        struct json_raw walk;
        struct slice name, value, uuid = SLICE_NULL;
        size_t uuids = 0;

        if (!json_raw_open(&walk, raw) || walk.close != '}')
                return false;
        while (json_raw_next(&walk, &name, &value) == JSON_RAW_ITEM)
                if (json_raw_is(name, "uuid")) {
                        uuid = value;
                        uuids++;
                } else if (json_raw_is(name, "date_time")) {
                        event_look_into(event, EVENT_FIELD_DATE_TIME, value);
                } else if (json_raw_is(name, "series")) {
                        event_look_into(event, EVENT_FIELD_SERIES, value);
                }
        return uuids == 1 && json_raw_text(uuid, text, sizeof(text)) &&
               uuid_parse(text, strlen(text), &event->uuid);
}

/* `raw` was well-formed where it stood. */
static int read_event(struct change *change, struct slice raw, struct error *error)
{
        struct event event = { .start_ms = TIMESTAMP_NONE, .end_ms = TIMESTAMP_NONE };

        if (!raw.data)
                return error_set(error, "event: missing, or there twice");
        if (!look_at_event(raw, &event))
                return error_set(error, "event: expected an object with a uuid");
        if (uuid_compare(&event.uuid, &change->uuid) != 0)
                return error_set(error, "event: its uuid is not the change's");
        change->event = raw;
        change->start_ms = event.start_ms;
        change->end_ms = event.end_ms;
        change->has_series = event.has_series;
        change->series = event.series;
        return 0;
}

static int read_upsert(struct change *change, const json_t *object, struct slice event,
                       struct error *error)
{
        if (change->op == CHANGE_UPDATE && read_changed(change, object, error) < 0)
                return -1;
        if (fields_boolean(object, "reassert", &change->reassert, error) < 0)
                return -1;
        return read_event(change, event, error);
}

static int read_moment(const json_t *date_time, const char *name, int64_t *ms, struct error *error)
{
        if (!json_object_get(date_time, name))
                return 0;
        return fields_time(date_time, name, ms, error) < 0 ? error_wrap(error, "date_time") : 0;
}

static int read_delete(struct change *change, const json_t *object, struct error *error)
{
        const json_t *date_time = json_object_get(object, "date_time");
        int reason =
                fields_choice(object, "reason", reason_names, ARRAY_LENGTH(reason_names), error);

        if (reason < 0)
                return -1;
        change->reason = (enum change_reason)reason;
        change->has_series = json_object_get(object, "series") != NULL;
        if (change->has_series && fields_uuid(object, "series", &change->series, error) < 0)
                return -1;
        if (date_time && !json_is_object(date_time))
                return error_set(error, "date_time: expected an object with start and end");
        if (read_moment(date_time, "start", &change->start_ms, error) < 0)
                return -1;
        return read_moment(date_time, "end", &change->end_ms, error);
}

static int read_snapshot(struct change *change, const json_t *object, struct error *error)
{
        struct {
                const char *name;
                int64_t *value;
        } counts[] = {
                { "known", &change->known },     { "created", &change->created },
                { "updated", &change->updated }, { "deleted", &change->deleted },
                { "held", &change->held },
        };

        for (size_t i = 0; i < ARRAY_LENGTH(counts); i++)
                if (fields_integer(object, counts[i].name, 0, UINT32_MAX, counts[i].value,
                                   error) < 0)
                        return -1;
        return 0;
}

static int read_common(struct change *change, const json_t *object, struct error *error)
{
        int op = fields_choice(object, "op", op_names, ARRAY_LENGTH(op_names), error);

        if (op < 0)
                return -1;
        change->op = (enum change_op)op;
        if (fields_municipality(object, change->municipality, error) < 0)
                return -1;
        if (change->op != CHANGE_SNAPSHOT && fields_uuid(object, "uuid", &change->uuid, error) < 0)
                return -1;
        if (fields_version(object, "version", &change->version, error) < 0)
                return -1;
        return fields_time(object, "as_of", &change->as_of_ms, error);
}

int change_read(struct change *change, struct slice value, struct error *error)
{
        static const char *const names[] = { "op",       "municipality", "uuid",   "version",
                                             "as_of",    "changed",      "reason", "series",
                                             "reassert", "date_time",    "known",  "created",
                                             "updated",  "deleted",      "held",   NULL };
        struct slice event;
        _cleanup_(json_decrefp) json_t *object =
                json_raw_read_beside(value, names, "event", &event, VALUE_BYTES_MAX, error);

        memset(change, 0, sizeof(*change));
        change->start_ms = TIMESTAMP_NONE;
        change->end_ms = TIMESTAMP_NONE;
        if (!object || read_common(change, object, error) < 0)
                return -1;
        switch (change->op) {
        case CHANGE_CREATE:
        case CHANGE_UPDATE:
                return read_upsert(change, object, event, error);
        case CHANGE_DELETE:
                return read_delete(change, object, error);
        case CHANGE_SNAPSHOT:
                break;
        }
        return read_snapshot(change, object, error);
}
