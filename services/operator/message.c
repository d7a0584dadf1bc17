/* services/operator/message.c
 *
 * Checking is left to the readers of model/, so that what passes here is what the services take.
 */
#include "operator/message.h"

#include "base/json_raw.h"
#include "model/change.h"
#include "model/control.h"
#include "model/origin.h"
#include "model/result.h"
#include "model/snapshot.h"

static const char *const names[TOPIC_COUNT] = {
        [TOPIC_SNAPSHOTS] = "snapshot", [TOPIC_CHANGES] = "change",  [TOPIC_UPDATES] = "update",
        [TOPIC_RESULTS] = "result",     [TOPIC_CONTROL] = "control",
};

enum topic message_topic(const char *name)
{
        for (enum topic topic = 0; topic < TOPIC_COUNT; topic++)
                if (names[topic] && strcmp(names[topic], name) == 0)
                        return topic;
        return TOPIC_COUNT;
}

/* ---- values ---- */

static int check_update(struct slice value, struct error *error)
{
        _cleanup_(update_deinit) struct update update = { 0 };

        return update_read(&update, value, error) == UPDATE_OK ? 0 : -1;
}

static int check_result(struct slice value, struct error *error)
{
        _cleanup_(result_deinit) struct result result = { 0 };

        return result_read(&result, value, error);
}

static int check_events(struct slice value, struct error *error)
{
        struct json_raw walk;
        struct slice name, raw;
        enum json_raw_step step = JSON_RAW_BROKEN;
        size_t number = 0;

        if (value.length > 0 && value.data[0] == '[' && json_raw_open(&walk, value))
                while ((step = json_raw_next(&walk, &name, &raw)) == JSON_RAW_ITEM) {
                        struct event event;

                        number++;
                        if (event_parse(&event, raw, error) < 0)
                                return error_wrap(error, "event %zu", number);
                        event_deinit(&event);
                }
        return step == JSON_RAW_END ? 0 : error_set(error, "not a JSON array of events");
}

int message_check(enum topic topic, struct slice value, struct error *error)
{
        struct change change;
        struct control control;

        switch (topic) {
        case TOPIC_SNAPSHOTS:
                return check_events(value, error);
        case TOPIC_CHANGES:
                return change_read(&change, value, error);
        case TOPIC_UPDATES:
                return check_update(value, error);
        case TOPIC_RESULTS:
                return check_result(value, error);
        case TOPIC_CONTROL:
                return control_read(&control, value, error);
        default:
                return 0;
        }
}

/* ---- records ---- */

struct slice message_municipality(const struct record *record)
{
        struct slice key = record->key;
        const char *slash = key.data ? memchr(key.data, '/', key.length) : NULL;

        if (slash)
                key.length = (size_t)(slash - key.data);
        return key;
}

static bool uuid_of_text(struct slice text, struct uuid *uuid)
{
        return text.data && uuid_parse(text.data, text.length, uuid);
}

bool message_event(const struct record *record, struct uuid *uuid)
{
        size_t municipality = message_municipality(record).length;
        struct slice value;
        char text[UUID_TEXT_BYTES];

        if (uuid_of_text(headers_get(record->headers, "dplsync-uuid"), uuid))
                return true;
        if (record->key.length > municipality)
                return uuid_of_text((struct slice){ record->key.data + municipality + 1,
                                                    record->key.length - municipality - 1 },
                                    uuid);
        return record->topic == TOPIC_UPDATES && record->value.data &&
               json_raw_member(record->value, "uuid", &value) == 1 &&
               json_raw_text(value, text, sizeof(text)) && uuid_of_text(slice_of(text), uuid);
}

static int check_key(const struct record *record, struct error *error)
{
        struct slice municipality = message_municipality(record), value;
        char text[MUNICIPALITY_ID_BYTES];

        if (!municipality_id_valid(municipality.data ? municipality.data : "", municipality.length))
                return error_set(error, "the key is no municipality's id");
        if (record->topic == TOPIC_SNAPSHOTS || record->topic == TOPIC_CONTROL ||
            json_raw_member(record->value, "municipality", &value) != 1 ||
            !json_raw_text(value, text, sizeof(text)) || slice_is(municipality, text))
                return 0;
        return error_set(error, "the key is %.*s, but the message is for %s",
                         (int)municipality.length, municipality.data, text);
}

static int check_headers(const struct record *record, struct error *error)
{
        struct slice origin = headers_get(record->headers, "dplsync-origin");
        struct snapshot_part part;
        struct origin read;

        if (record->topic == TOPIC_SNAPSHOTS)
                return snapshot_part_read(&part, record->headers, error);
        if (record->topic == TOPIC_UPDATES && origin.data && origin_read(&read, origin, error) < 0)
                return error_wrap(error, "dplsync-origin");
        return 0;
}

int message_check_record(const struct record *record, struct error *error)
{
        if (record->topic == TOPIC_DEAD_LETTERS || !record->value.data)
                return 0;
        if (message_check(record->topic, record->value, error) < 0 || check_key(record, error) < 0)
                return -1;
        return check_headers(record, error);
}
