/* site/event.c
 *
 * The rules of what an event shows stand here once, for the list and for the answer to a PATCH.
 */
#include "site/event.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "site/copenhagen.h"
#include "site/php_json.h"

bool text_replace(char **slot, const char *text)
{
        bool equal = *slot && text ? strcmp(*slot, text) == 0 : !*slot && !text;

        if (!equal) {
                free(*slot);
                *slot = memory_copy_text(text);
        }
        return !equal;
}

void event_free(struct event *event)
{
        if (!event)
                return;
        free(event->state);
        free(event->url);
        free(event->admin_url);
        members_deinit(&event->members);
        free(event);
}

void series_free(struct series *series)
{
        if (!series)
                return;
        free(series->state);
        free(series->url);
        members_deinit(&series->members);
        free(series);
}

const char *event_state(const struct event *event)
{
        return event->state ? event->state : event->series ? event->series->state : NULL;
}

const char *event_url(const struct event *event)
{
        return event->url ? event->url : event->series ? event->series->url : NULL;
}

static int parse_time(const json_t *value, const char *what, int64_t *seconds, struct error *error)
{
        const char *text = json_string_value(value);
        int64_t ms;

        if (!text || !timestamp_parse(text, strlen(text), &ms))
                return error_set(error, "%s is not a date-time", what);
        *seconds = ms / 1000;
        return 0;
}

static int set_date_time(struct event *event, const json_t *value, struct error *error)
{
        event->dated = !json_is_null(value);
        if (!event->dated)
                return 0;
        if (parse_time(json_object_get(value, "start"), "date_time.start", &event->start_s, error) <
                    0 ||
            parse_time(json_object_get(value, "end"), "date_time.end", &event->end_s, error) < 0)
                return -1;
        return 0;
}

int event_set(struct event *event, const char *name, const json_t *value, struct error *error)
{
        switch (member_find(name)) {
        case MEMBER_UUID:
        case MEMBER_SERIES:
                return error_set(error, "%s cannot be set", name);
        case MEMBER_CREATED_AT:
                return parse_time(value, name, &event->created_s, error);
        case MEMBER_UPDATED_AT:
                return parse_time(value, name, &event->changed_s, error);
        case MEMBER_DATE_TIME:
                return set_date_time(event, value, error);
        case MEMBER_RELEVANCE:
                *(event->series ? &event->series->relevant : &event->relevant) =
                        json_is_true(value);
                return 0;
        case MEMBER_STATE:
                text_replace(&event->state, json_string_value(value));
                return 0;
        case MEMBER_EXTERNAL_DATA:
                text_replace(&event->url, json_member_text(value, "url"));
                text_replace(&event->admin_url, json_member_text(value, "admin_url"));
                return 0;
        default:
                members_set(&event->members, name, value);
                return 0;
        }
}

int series_set(struct series *series, const char *name, const json_t *value, struct error *error)
{
        switch (member_find(name)) {
        case MEMBER_UUID:
        case MEMBER_SERIES:
        case MEMBER_CREATED_AT:
        case MEMBER_DATE_TIME:
                return error_set(error, "%s of a series cannot be set", name);
        case MEMBER_UPDATED_AT:
                return parse_time(value, name, &series->changed_s, error);
        case MEMBER_RELEVANCE:
                series->relevant = json_is_true(value);
                return 0;
        case MEMBER_STATE:
                text_replace(&series->state, json_string_value(value));
                return 0;
        case MEMBER_EXTERNAL_DATA:
                text_replace(&series->url, json_member_text(value, "url"));
                return 0;
        default:
                members_set(&series->members, name, value);
                return 0;
        }
}

static void write_text(struct buffer *out, enum member member, const char *text)
{
        if (!text)
                return;
        buffer_append_format(out, "\"%s\":", member_name(member));
        php_json_write_text(out, text, strlen(text));
        buffer_append_byte(out, ',');
}

static void write_time(struct buffer *out, enum member member, int64_t seconds)
{
        char text[COPENHAGEN_TEXT_BYTES];

        copenhagen_format(seconds, text);
        buffer_append_format(out, "\"%s\":\"%s\",", member_name(member), text);
}

static void write_date_time(struct buffer *out, const struct event *event)
{
        char start[COPENHAGEN_TEXT_BYTES], end[COPENHAGEN_TEXT_BYTES];

        if (!event->dated)
                return;
        copenhagen_format(event->start_s, start);
        copenhagen_format(event->end_s, end);
        buffer_append_format(out, "\"date_time\":{\"start\":\"%s\",\"end\":\"%s\"},", start, end);
}

static void write_external_data(struct buffer *out, const struct event *event)
{
        const char *url = event_url(event);

        buffer_append_text(out, "\"external_data\":{");
        if (url) {
                buffer_append_text(out, "\"url\":");
                php_json_write_text(out, url, strlen(url));
        }
        if (event->admin_url) {
                buffer_append_text(out, url ? ",\"admin_url\":" : "\"admin_url\":");
                php_json_write_text(out, event->admin_url, strlen(event->admin_url));
        }
        buffer_append_text(out, "},");
}

static int64_t updated_s(const struct event *event)
{
        int64_t series_s = event->series ? event->series->changed_s : 0;

        return series_s > event->changed_s ? series_s : event->changed_s;
}

static void write_carried(struct buffer *out, const struct event *event, enum member member)
{
        struct slice raw = event->members.raw[member];

        if (!raw.data && event->series)
                raw = event->series->members.raw[member];
        members_write(out, member, raw);
}

static void write_member(struct buffer *out, const struct event *event, enum member member)
{
        bool relevant = event->series ? event->series->relevant : event->relevant;

        switch (member) {
        case MEMBER_UUID:
                write_text(out, member, event->uuid);
                break;
        case MEMBER_CREATED_AT:
                write_time(out, member, event->created_s);
                break;
        case MEMBER_UPDATED_AT:
                write_time(out, member, updated_s(event));
                break;
        case MEMBER_RELEVANCE:
                members_write(out, member, slice_of(relevant ? "true" : "false"));
                break;
        case MEMBER_STATE:
                write_text(out, member, event_state(event));
                break;
        case MEMBER_DATE_TIME:
                write_date_time(out, event);
                break;
        case MEMBER_SERIES:
                if (event->series)
                        buffer_append_format(out, "\"series\":{\"uuid\":\"%s\"},",
                                             event->series->uuid);
                break;
        case MEMBER_EXTERNAL_DATA:
                write_external_data(out, event);
                break;
        default:
                write_carried(out, event, member);
                break;
        }
}

void event_write(struct buffer *out, const struct event *event)
{
        buffer_append_byte(out, '{');
        for (enum member member = 0; member < MEMBER_COUNT; member++)
                write_member(out, event, member);
        members_write_extra(out, &event->members);
        out->data[out->length - 1] = '}'; /* the last comma */
}
