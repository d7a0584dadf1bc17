/* services/reconciler/look.c
 *
 * Raw values differ more often than what they mean (75.0 and 75), so an event that is looked at
 * this way is told of once too often rather than once too seldom.
 */
#include "reconciler/look.h"

#include "base/digest.h"
#include "base/json_raw.h"

static void look_at_member(struct event *event, struct slice name, struct slice value)
{
        if (json_raw_is(name, "uuid") || json_raw_is(name, "updated_at") ||
            json_raw_is(name, "external_data"))
                return;

        enum event_field field = event_field_of(name);
        uint64_t seed =
                field == EVENT_FIELD_OTHER ? hash64(name.data, name.length) : (uint64_t)field;

        event->sums[field] += hash64_seed(value.data, value.length, seed);
        event_look_into(event, field, value);
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
