/* services/reconciler/look.c
 *
 * Raw values differ more often than what they mean (75.0 and 75), so an event that is looked at
 * this way is told of once too often rather than once too seldom.
 */
#include "reconciler/look.h"

#include "base/digest.h"
#include "base/json_raw.h"

enum { DATE_TEXT_BYTES = 64 };

static enum event_field field_of(struct slice name)
{
        for (int field = 0; field < EVENT_FIELD_OTHER; field++)
                if (json_raw_is(name, event_field_name((enum event_field)field)))
                        return (enum event_field)field;
        return EVENT_FIELD_OTHER;
}

static int64_t look_at_moment(struct slice date_time, const char *name)
{
        char text[DATE_TEXT_BYTES];
        struct slice value;
        int64_t ms;

        if (json_raw_member(date_time, name, &value) != 1 ||
            !json_raw_text(value, text, sizeof(text)) || !timestamp_parse(text, strlen(text), &ms))
                return TIMESTAMP_NONE;
        return ms;
}

static bool look_at_series(struct slice series, struct uuid *uuid)
{
        char text[UUID_TEXT_BYTES];
        struct slice value;

        return json_raw_member(series, "uuid", &value) == 1 &&
               json_raw_text(value, text, sizeof(text)) && uuid_parse(text, strlen(text), uuid);
}

static enum event_state look_at_state(struct slice value)
{
        char text[DATE_TEXT_BYTES];

        return json_raw_text(value, text, sizeof(text)) ? event_state_parse(text) : STATE_NONE;
}

static void look_at_value(struct event *event, enum event_field field, struct slice value)
{
        switch (field) {
        case EVENT_FIELD_DATE_TIME:
                event->start_ms = look_at_moment(value, "start");
                event->end_ms = look_at_moment(value, "end");
                break;
        case EVENT_FIELD_SERIES:
                event->has_series = look_at_series(value, &event->series);
                break;
        case EVENT_FIELD_STATE:
                event->state = look_at_state(value);
                break;
        case EVENT_FIELD_TICKET_MANAGER_RELEVANCE:
                event->relevant = slice_is(value, "true");
                break;
        default:
                break;
        }
}

static void look_at_member(struct event *event, struct slice name, struct slice value)
{
        if (json_raw_is(name, "uuid") || json_raw_is(name, "updated_at") ||
            json_raw_is(name, "external_data"))
                return;

        enum event_field field = field_of(name);
        uint64_t seed =
                field == EVENT_FIELD_OTHER ? hash64(name.data, name.length) : (uint64_t)field;

        event->sums[field] += hash64_seed(value.data, value.length, seed);
        look_at_value(event, field, value);
}

static void look_at_members(struct event *event, const struct uuid *uuid, struct slice raw)
{
        struct json_raw walk;
        struct slice name, value;

        *event = (struct event){ .uuid = *uuid,
                                 .start_ms = TIMESTAMP_NONE,
                                 .end_ms = TIMESTAMP_NONE };
        if (!json_raw_open(&walk, raw))
                return;
        while (json_raw_next(&walk, &name, &value) == JSON_RAW_ITEM)
                look_at_member(event, name, value);
}

void look_at_event(struct event *event, const struct uuid *uuid, struct slice raw, uint32_t news)
{
        if (event_parse(event, raw, NULL) < 0)
                look_at_members(event, uuid, raw);
        event_sum_up(event, news);
}

void look_at_dates(struct event *event, struct slice raw)
{
        struct slice value;

        *event = (struct event){ .start_ms = TIMESTAMP_NONE, .end_ms = TIMESTAMP_NONE };
        if (json_raw_member(raw, "date_time", &value) == 1)
                look_at_value(event, EVENT_FIELD_DATE_TIME, value);
        if (json_raw_member(raw, "series", &value) == 1)
                look_at_value(event, EVENT_FIELD_SERIES, value);
}
