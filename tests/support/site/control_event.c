/* site/control_event.c
 *
 * What an editor does in the CMS's back end: create, change, publish, delete, reschedule.
 */
#include "base/json.h"
#include "site/clock.h"
#include "site/control.h"
#include "site/generator.h"

static int64_t now_s(const struct control *control)
{
        return site_now_us(control->site) / SECOND_US;
}

/* As the site shows it, and what only the CMS knows: whether it is published, and which state and
 * links are the instance's own. */
static void write_event(struct buffer *out, const struct event *event)
{
        _cleanup_(buffer_deinit) struct buffer shown = BUFFER_NULL;

        event_write(&shown, event);
        buffer_append_byte(out, '{');
        json_write_member_boolean(out, "published", event->published);
        json_write_member(out, "own");
        buffer_append_byte(out, '{');
        json_write_member_text(out, "state", event->state);
        json_write_member_text(out, "url", event->url);
        json_write_member_text(out, "admin_url", event->admin_url);
        buffer_append_text(out, "},");
        buffer_append(out, shown.data + 1, shown.length - 1);
}

static struct event *find_event(struct control *control, const char *uuid)
{
        struct event *event = catalogue_find(&control->site->catalogue, uuid);

        if (!event)
                error_set(&control->error, "there is no event %s", uuid);
        return event;
}

int control_events_list(struct control *control)
{
        struct event *event;

        site_settle(control->site);
        buffer_append_text(&control->out, "{\"events\":[");
        for (event = control->site->catalogue.events; event; event = event->hh.next) {
                write_event(&control->out, event);
                if (event->hh.next)
                        buffer_append_byte(&control->out, ',');
        }
        buffer_append_text(&control->out, "]}");
        return 0;
}

int control_event_show(struct control *control)
{
        struct event *event = find_event(control, control->item);

        if (!event)
                return -1;
        site_settle(control->site);
        write_event(&control->out, event);
        return 0;
}

/* ---- changing ---- */

static int set_raw(struct members *members, const json_t *raw, struct error *error)
{
        const char *name;
        json_t *value;

        json_object_foreach((json_t *)(uintptr_t)raw, name, value) {
                if (!json_is_string(value))
                        return error_set(error, "raw.%s is not a text", name);
                members_set_raw(members, name, slice_of(json_string_value(value)));
        }
        return 0;
}

/* An event that was given another end in the future has its jobs before it again. */
static void reset_jobs(struct event *event, int64_t now)
{
        if (!event->dated || event->end_s <= now)
                return;
        event->unpublished_done = false;
        event->occurred_done = event->state && strcmp(event->state, "Occurred") == 0;
}

static int apply(struct control *control, struct event *event)
{
        const json_t *body = control->body, *members = json_object_get(body, "event");
        const char *name;
        json_t *value;
        bool quiet = json_member_boolean(body, "quiet", false);

        if (!quiet)
                event->changed_s = now_s(control);
        json_object_foreach((json_t *)(uintptr_t)members, name, value) {
                if (event_set(event, name, value, &control->error) < 0)
                        return -1;
        }
        if (set_raw(&event->members, json_object_get(body, "raw"), &control->error) < 0)
                return -1;
        event->published = json_member_boolean(body, "published", event->published);
        if (json_object_get(members, "date_time"))
                reset_jobs(event, now_s(control));
        control->site->catalogue.unsorted = control->site->catalogue.jobs_unknown = true;
        if (quiet)
                catalogue_saved(&control->site->catalogue);
        else
                site_saved(control->site);
        return 0;
}

int control_event_change(struct control *control)
{
        struct event *event = find_event(control, control->item);

        if (!event || apply(control, event) < 0)
                return -1;
        write_event(&control->out, event);
        return 0;
}

/* The same for several at once: no list shows only some of them changed. */
int control_events_change(struct control *control)
{
        json_t *uuid;
        size_t index;

        json_array_foreach(json_object_get(control->body, "uuids"), index, uuid) {
                const char *text = json_string_value(uuid);
                struct event *event = find_event(control, text ? text : "");

                if (!event || apply(control, event) < 0)
                        return -1;
        }
        return 0;
}

int control_event_create(struct control *control)
{
        _cleanup_(json_decrefp) json_t *made = generator_events(
                control->site->name, &control->sites->dice, 1, now_s(control));
        json_t *members = json_array_get(made, 0), *given = json_object_get(control->body, "event");
        struct event *event;

        json_object_del(members, "created_at");
        json_object_del(members, "updated_at");
        json_object_update(members, given);
        event = catalogue_add(&control->site->catalogue, members, now_s(control), &control->error);
        if (!event)
                return -1;
        event->published = json_member_boolean(control->body, "published", true);
        if (set_raw(&event->members, json_object_get(control->body, "raw"), &control->error) < 0)
                return -1;
        site_saved(control->site);
        write_event(&control->out, event);
        return 0;
}

int control_event_delete(struct control *control)
{
        struct event *event = find_event(control, control->item);

        if (!event)
                return -1;
        catalogue_remove(&control->site->catalogue, event);
        site_saved(control->site);
        return 0;
}

/* ---- series ---- */

static struct series *find_series(struct control *control)
{
        struct series *series = catalogue_find_series(&control->site->catalogue, control->item);

        if (!series)
                error_set(&control->error, "there is no series %s", control->item);
        return series;
}

int control_series_change(struct control *control)
{
        struct series *series = find_series(control);
        bool quiet = json_member_boolean(control->body, "quiet", false);
        const char *name;
        json_t *value;

        if (!series)
                return -1;
        if (!quiet)
                series->changed_s = now_s(control);
        json_object_foreach(json_object_get(control->body, "event"), name, value) {
                if (series_set(series, name, value, &control->error) < 0)
                        return -1;
        }
        if (quiet)
                catalogue_saved(&control->site->catalogue);
        else
                site_saved(control->site);
        return 0;
}

int control_series_reschedule(struct control *control)
{
        struct series *series = find_series(control);
        struct event *event;
        const char *comma = "";
        int64_t by_s = 0;

        if (!series)
                return -1;
        json_member_integer(control->body, "by_s", &by_s);
        catalogue_reschedule(&control->site->catalogue, series, by_s, &control->sites->dice,
                             now_s(control));
        site_saved(control->site);
        buffer_append_text(&control->out, "{\"uuids\":[");
        for (event = control->site->catalogue.events; event; event = event->hh.next) {
                if (event->series == series) {
                        buffer_append_format(&control->out, "%s\"%s\"", comma, event->uuid);
                        comma = ",";
                }
        }
        buffer_append_text(&control->out, "]}");
        return 0;
}
