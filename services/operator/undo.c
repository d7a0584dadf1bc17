/* services/operator/undo.c
 *
 * A record with an origin repeats a wish that stands elsewhere in the log, with its old version: it
 * decides nothing here.
 */
#include "operator/undo.h"

#include <stdio.h>

enum newest { NEVER, BEFORE, INSIDE, AFTER };

struct member {
        enum newest newest;
        bool known; /* a wish from before the span */
        enum event_state state;
        char *url; /* NULL: cleared. Owned */
};

struct undo_event {
        char key[MUNICIPALITY_ID_BYTES + UUID_TEXT_BYTES];
        char municipality[MUNICIPALITY_ID_BYTES];
        struct uuid uuid;
        int32_t partition; /* of its newest wish */
        int64_t newest_ms;
        struct member members[MEMBER_COUNT];
        UT_hash_handle hh;
};

static void forget(struct undo *undo, struct undo_event *event)
{
        HASH_DELETE(hh, undo->events, event);
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                free(event->members[i].url);
        free(event);
}

void undo_deinit(struct undo *undo)
{
        while (undo->events)
                forget(undo, undo->events);
}

static struct undo_event *event_of(struct undo *undo, const struct update *update)
{
        char key[MUNICIPALITY_ID_BYTES + UUID_TEXT_BYTES], uuid[UUID_TEXT_BYTES];
        struct undo_event *event;

        uuid_format(&update->uuid, uuid);
        snprintf(key, sizeof(key), "%s/%s", update->municipality, uuid);
        HASH_FIND_STR(undo->events, key, event);
        if (event)
                return event;
        event = memory_new(sizeof(*event));
        memcpy(event->key, key, sizeof(key));
        memcpy(event->municipality, update->municipality, sizeof(event->municipality));
        event->uuid = update->uuid;
        event->newest_ms = INT64_MIN;
        HASH_ADD_STR(undo->events, key, event);
        return event;
}

static void take_place(struct undo_event *event, const struct record *record)
{
        if (record->timestamp_ms < event->newest_ms)
                return;
        event->newest_ms = record->timestamp_ms;
        event->partition = record->partition;
}

static void take_member(struct member *member, const struct update *update, enum wish_member which,
                        enum newest when)
{
        member->newest = when;
        if (when != BEFORE)
                return;
        free(member->url);
        member->known = true;
        member->state = update->state;
        member->url =
                which == MEMBER_STATE
                        ? NULL
                        : memory_copy_text(which == MEMBER_URL ? update->url : update->admin_url);
}

static bool is_meant(const struct undo *undo, const struct update *update)
{
        if (undo->municipality && strcmp(undo->municipality, update->municipality) != 0)
                return false;
        return !undo->uuid || uuid_compare(undo->uuid, &update->uuid) == 0;
}

void undo_take(struct undo *undo, const struct record *record)
{
        _cleanup_(update_deinit) struct update update = { 0 };
        enum newest when = record->timestamp_ms < undo->from_ms ? BEFORE
                           : record->timestamp_ms < undo->to_ms ? INSIDE
                                                                : AFTER;

        if (headers_get(record->headers, "dplsync-origin").data ||
            update_read(&update, record->value, NULL) != UPDATE_OK || !is_meant(undo, &update))
                return;

        struct undo_event *event = event_of(undo, &update);

        take_place(event, record);
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                if (update.present[i])
                        take_member(&event->members[i], &update, (enum wish_member)i, when);
}

size_t undo_finish(struct undo *undo)
{
        struct undo_event *event, *other;

        HASH_ITER(hh, undo->events, event, other) {
                size_t inside = 0, known = 0;

                for (size_t i = 0; i < MEMBER_COUNT; i++) {
                        bool taken_back = event->members[i].newest == INSIDE;

                        inside += taken_back;
                        known += taken_back && event->members[i].known;
                }
                undo->events_touched += inside > 0;
                undo->unknown += inside - known;
                if (known == 0)
                        forget(undo, event);
        }
        return HASH_COUNT(undo->events);
}

static void write_event(const struct undo_event *event, struct buffer *value)
{
        struct update update = { .uuid = event->uuid };

        memcpy(update.municipality, event->municipality, sizeof(update.municipality));
        for (size_t i = 0; i < MEMBER_COUNT; i++)
                update.present[i] = event->members[i].newest == INSIDE && event->members[i].known;
        update.state = event->members[MEMBER_STATE].state;
        update.url = event->members[MEMBER_URL].url;
        update.admin_url = event->members[MEMBER_ADMIN_URL].url;
        update_write(&update, value);
}

bool undo_next(struct undo *undo, int64_t now_ms, struct outgoing *out)
{
        struct undo_event *event = undo->events;
        char id[sizeof(event->key) + 32];

        if (!event)
                return false;
        outgoing_begin(out, TOPIC_UPDATES, event->partition);
        buffer_append_text(&out->key, event->municipality);
        write_event(event, &out->value);
        snprintf(id, sizeof(id), "undo-%lld-%s", (long long)undo->from_ms, event->key);
        headers_add_cloudevent(&out->headers, id, "dplsync-operator", "dk.dplsync.update",
                               event->key, now_ms);
        forget(undo, event);
        return true;
}
