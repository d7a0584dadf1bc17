/* services/operator/trail.c
 *
 * Of the site only what changed is an entry: a list that shows the event as before says nothing
 * new, and there are hundreds a day.
 */
#include "operator/trail.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json_raw.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/change.h"
#include "model/result.h"

enum { URL_CHARACTERS = 100, NAMES_BYTES = 160 };

void trail_init(struct trail *trail, const char *municipality, const struct uuid *uuid)
{
        *trail = (struct trail){ .uuid = *uuid };
        text_copy(trail->municipality, sizeof(trail->municipality), municipality);
        uuid_format(uuid, trail->uuid_text);
        trail->entries = memory_new(TRAIL_ENTRIES_MAX * sizeof(*trail->entries));
}

void trail_deinit(struct trail *trail)
{
        free(trail->entries);
        trail->entries = NULL;
        trail->count = 0;
}

/* Entries */

/* "00-<32 hex>-<16 hex>-01" */
static void set_trace(struct trail_entry *entry, const struct headers *headers)
{
        struct slice parent = headers_get(headers, "traceparent");

        if (traceparent_valid(parent))
                snprintf(entry->trace, sizeof(entry->trace), "%.*s", TRAIL_TRACE_BYTES - 1,
                         parent.data + 3);
}

static struct trail_entry *add(struct trail *trail, enum trail_kind kind, int64_t at_ms,
                               const struct record *record)
{
        if (trail->count == TRAIL_ENTRIES_MAX) {
                trail_sort(trail);
                memmove(trail->entries, trail->entries + 1,
                        --trail->count * sizeof(*trail->entries));
                trail->left_out++;
        }

        struct trail_entry *entry = &trail->entries[trail->count++];

        *entry = (struct trail_entry){ .kind = kind, .at_ms = at_ms };
        set_trace(entry, record->headers);
        return entry;
}

_printf_(2, 3) static void say(struct trail_entry *entry, const char *format, ...)
{
        size_t length = strlen(entry->text);
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(entry->text + length, sizeof(entry->text) - length, format, arguments);
        va_end(arguments);
}

static void take_title(struct trail *trail, struct slice event)
{
        struct slice title;

        if (json_raw_member(event, "title", &title) == 1)
                json_raw_text(title, trail->title, sizeof(trail->title));
}

static const char *state_words(enum event_state state)
{
        const char *name = event_state_name(state);

        return name ? name : "no state";
}

/* What the site shows */

/* ": title, date_time" of what differs from what was shown before; the state is told by its value
 */
static void say_fields(const struct trail *trail, const struct event *event,
                       struct trail_entry *entry)
{
        const char *separator = ": ";

        for (enum event_field i = 0; i < EVENT_FIELD_COUNT; i++) {
                if (i == EVENT_FIELD_STATE || trail->fields[i] == event->fields[i])
                        continue;
                say(entry, "%s%s", separator, event_field_name(i));
                separator = ", ";
        }
}

static void say_shown(const struct trail *trail, const struct event *event, uint64_t links,
                      struct trail_entry *entry)
{
        if (!trail->shown) {
                say(entry, "shows it: %s, %s%s", state_words(event->state),
                    event->url ? "links to " : "no link", event->url ? event->url : "");
                return;
        }
        say(entry, "shows a change");
        say_fields(trail, event, entry);
        if (trail->state != event->state)
                say(entry, "; state %s", state_words(event->state));
        if (trail->links != links)
                say(entry, "; %s%s", event->url ? "links to " : "no link",
                    event->url ? event->url : "");
}

static bool is_news(const struct trail *trail, const struct event *event, uint64_t links)
{
        return !trail->shown || trail->state != event->state || trail->links != links ||
               memcmp(trail->fields, event->fields, sizeof(trail->fields)) != 0;
}

static uint64_t links_of(const struct event *event)
{
        uint64_t hash = event->url ? hash64(event->url, strlen(event->url)) : 0;

        return event->admin_url ? hash64_seed(event->admin_url, strlen(event->admin_url), hash)
                                : hash;
}

static void take_event(struct trail *trail, struct slice raw, const struct snapshot_part *part,
                       const struct record *record)
{
        struct event event;
        uint64_t hash = event_raw_hash(raw);

        if ((trail->shown && hash == trail->raw_hash) || event_parse(&event, raw, NULL) < 0)
                return;

        uint64_t links = links_of(&event);

        if (is_news(trail, &event, links)) {
                struct trail_entry *entry = add(trail, TRAIL_SHOWN, part->fetched_at_ms, record);

                say_shown(trail, &event, links, entry);
                if (part->fresh)
                        say(entry, " (read past its cache)");
        }
        take_title(trail, raw);
        trail->shown = true;
        trail->raw_hash = hash;
        trail->state = event.state;
        trail->links = links;
        memcpy(trail->fields, event.fields, sizeof(trail->fields));
        event_deinit(&event);
}

/* The event's bytes in a part of a list; data NULL if it is not there. */
static struct slice find_event(const struct trail *trail, struct slice list)
{
        struct json_raw walk;
        struct slice name, item, member;
        char text[UUID_TEXT_BYTES];

        if (!memmem(list.data, list.length, trail->uuid_text, UUID_TEXT_BYTES - 1) ||
            !json_raw_open(&walk, list))
                return SLICE_NULL;
        while (json_raw_next(&walk, &name, &item) == JSON_RAW_ITEM)
                if (json_raw_member(item, "uuid", &member) == 1 &&
                    json_raw_text(member, text, sizeof(text)) &&
                    strcmp(text, trail->uuid_text) == 0)
                        return item;
        return SLICE_NULL;
}

static void take_snapshot(struct trail *trail, const struct record *record)
{
        struct snapshot_part part;

        if (!slice_is(record->key, trail->municipality) ||
            snapshot_part_read(&part, record->headers, NULL) < 0 || part.unchanged)
                return;
        if (strcmp(part.id, trail->snapshot) != 0) {
                memcpy(trail->snapshot, part.id, sizeof(trail->snapshot));
                trail->in_snapshot = false;
        }

        struct slice event = find_event(trail, record->value);

        if (event.data) {
                trail->in_snapshot = true;
                take_event(trail, event, &part, record);
        } else if (part.part == part.parts && !trail->in_snapshot && trail->shown) {
                struct trail_entry *entry = add(trail, TRAIL_SHOWN, part.fetched_at_ms, record);

                say(entry, "no longer shows it%s", part.fresh ? " (read past its cache)" : "");
                entry->bad = true;
                trail->shown = false;
        }
}

/* What the vendor is told */

static bool has_event_key(const struct trail *trail, struct slice key)
{
        size_t bytes = strlen(trail->municipality);

        return key.length == bytes + 1 + UUID_TEXT_BYTES - 1 &&
               memcmp(key.data, trail->municipality, bytes) == 0 && key.data[bytes] == '/' &&
               memcmp(key.data + bytes + 1, trail->uuid_text, UUID_TEXT_BYTES - 1) == 0;
}

static void say_change(const struct change *change, struct trail_entry *entry)
{
        const char *separator = ": ";

        if (change->op == CHANGE_DELETE) {
                say(entry, "delete, because it is %s", change_reason_name(change->reason));
                entry->bad = true;
                return;
        }
        say(entry, "%s%s", change_op_name(change->op), change->reassert ? ", told again" : "");
        for (enum event_field i = 0; i < EVENT_FIELD_COUNT; i++) {
                if (!(change->changed & UINT32_C(1) << i))
                        continue;
                say(entry, "%s%s", separator, event_field_name(i));
                separator = ", ";
        }
}

static void take_change(struct trail *trail, const struct record *record)
{
        struct change change;

        if (!has_event_key(trail, record->key))
                return;
        if (!record->value.data) {
                say(add(trail, TRAIL_TOLD, record->timestamp_ms, record),
                    "forgotten: it was deleted 30 days ago");
                return;
        }
        if (change_read(&change, record->value, NULL) < 0)
                return;
        say_change(&change, add(trail, TRAIL_TOLD, record->timestamp_ms, record));
        if (change.event.data)
                take_title(trail, change.event);
}

/* What it wishes, and what becomes of that */

static void say_wish(const bool present[MEMBER_COUNT], enum event_state state, const char *url,
                     struct trail_entry *entry)
{
        const char *separator = "";

        if (present[MEMBER_STATE]) {
                say(entry, "%s", state_words(state));
                separator = " and ";
        }
        if (present[MEMBER_URL] && url)
                say(entry, "%slink %.*s", separator, URL_CHARACTERS, url);
        else if (present[MEMBER_URL])
                say(entry, "%sno link", separator);
        else if (present[MEMBER_ADMIN_URL])
                say(entry, "%sthe link for staff", separator);
}

static void take_update(struct trail *trail, const struct record *record)
{
        struct update update;

        if (record->value.data && update_read(&update, record->value, NULL) == UPDATE_OK) {
                if (strcmp(update.municipality, trail->municipality) == 0 &&
                    uuid_compare(&update.uuid, &trail->uuid) == 0) {
                        struct trail_entry *entry =
                                add(trail, TRAIL_WISHED, record->timestamp_ms, record);

                        say_wish(update.present, update.state, update.url, entry);
                        if (headers_get(record->headers, "dplsync-origin").data)
                                say(entry, " (sent again by dplsync)");
                }
                update_deinit(&update);
        } else if (record->value.data) {
                update_deinit(&update);
        }
}

static void take_result(struct trail *trail, const struct record *record)
{
        struct result result;

        if (!has_event_key(trail, record->key) || !record->value.data)
                return;
        if (result_read(&result, record->value, NULL) == 0) {
                struct trail_entry *entry = add(trail, TRAIL_ENDED, record->timestamp_ms, record);

                say(entry, "%s", result_outcome_name(result.outcome));
                if (result.present[MEMBER_STATE])
                        say(entry, ": %s", state_words(result.state));
                if (result.present[MEMBER_URL] || result.present[MEMBER_ADMIN_URL])
                        say(entry, "%s links", result.present[MEMBER_STATE] ? " and" : ":");
                if (result.status > 0)
                        say(entry, " (HTTP %ld, %u sent)", result.status, result.attempts);
                if (entry->trace[0] == '\0')
                        text_copy(entry->trace, sizeof(entry->trace), result.idempotency_key);
                entry->bad = result.outcome == OUTCOME_DEAD || result.outcome == OUTCOME_GONE;
        }
        result_deinit(&result);
}

static void take_dead_letter(struct trail *trail, const struct record *record)
{
        struct slice reason = headers_get(record->headers, "dplsync-reason");
        struct slice detail = headers_get(record->headers, "dplsync-detail");

        if (!reason.data ||
            !slice_is(headers_get(record->headers, "dplsync-municipality"), trail->municipality) ||
            !slice_is(headers_get(record->headers, "dplsync-uuid"), trail->uuid_text))
                return;

        struct trail_entry *entry = add(trail, TRAIL_DEAD, record->timestamp_ms, record);

        say(entry, "%.*s: %.*s", (int)reason.length, reason.data, (int)detail.length, detail.data);
        entry->bad = true;
}

void trail_take(struct trail *trail, const struct record *record)
{
        static void (*const takers[TOPIC_COUNT])(struct trail *, const struct record *) = {
                [TOPIC_SNAPSHOTS] = take_snapshot,       [TOPIC_CHANGES] = take_change,
                [TOPIC_UPDATES] = take_update,           [TOPIC_RESULTS] = take_result,
                [TOPIC_DEAD_LETTERS] = take_dead_letter,
        };

        if (takers[record->topic])
                takers[record->topic](trail, record);
}

static int compare_entries(const void *a, const void *b)
{
        const struct trail_entry *one = a, *other = b;

        if (one->at_ms != other->at_ms)
                return one->at_ms < other->at_ms ? -1 : 1;
        return (int)one->kind - (int)other->kind;
}

void trail_sort(struct trail *trail)
{
        if (trail->count > 1)
                qsort(trail->entries, trail->count, sizeof(*trail->entries), compare_entries);
}
