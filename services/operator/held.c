/* services/operator/held.c
 *
 * Which events are in a hold is the reconciler's rule (services/reconciler/command.c): the held
 * ones that are neither deleted nor rejected, or, when the list is another site's, all that are
 * known.
 */
#include "operator/held.h"

#include <stdio.h>

#include "base/json_raw.h"
#include "model/change.h"

enum { NUMBER_BYTES = 24 };

void held_deinit(struct held *held)
{
        struct held_event *event, *other;

        HASH_ITER(hh, held->events, event, other) {
                HASH_DELETE(hh, held->events, event);
                free(event);
        }
        *held = (struct held){ 0 };
}

static void take_text(char *to, size_t bytes, struct slice value)
{
        snprintf(to, bytes, "%.*s", (int)value.length, value.data);
}

static int64_t number_of(struct slice value)
{
        char text[NUMBER_BYTES];

        take_text(text, sizeof(text), value);
        return strtoll(text, NULL, 10);
}

void held_take_meta(struct held *held, struct slice name, struct slice value)
{
        if (slice_is(name, "hold"))
                take_text(held->id, sizeof(held->id), value);
        else if (slice_is(name, "held"))
                held->count = number_of(value);
        else if (slice_is(name, "known"))
                held->known = number_of(value);
        else if (slice_is(name, "foreign"))
                held->foreign = value.length > 0;
}

static bool is_in_hold(const struct held *held, const struct known *known)
{
        if ((known->flags & (KNOWN_DELETED | KNOWN_REJECTED)) || known->version == 0)
                return false;
        return held->foreign || (known->flags & KNOWN_HELD);
}

static void add_event(struct held *held, struct slice name, const struct known *known)
{
        struct held_event *event = memory_new(sizeof(*event));

        memcpy(event->uuid.bytes, name.data, sizeof(event->uuid.bytes));
        event->since_ms = known->since_ms;
        event->start_ms = known->start_ms;
        event->end_ms = known->end_ms;
        event->approved = known->flags & KNOWN_APPROVED;
        event->missed_once = known->flags & KNOWN_MISSED_ONCE;
        event->irrelevant = known->flags & KNOWN_IRRELEVANT;
        HASH_ADD(hh, held->events, uuid, sizeof(event->uuid), event);
}

void held_take_event(struct held *held, struct slice name, struct slice value)
{
        struct known known;

        if (name.length != sizeof(struct uuid) || known_read(&known, value, NULL) < 0)
                return;
        if (is_in_hold(held, &known))
                add_event(held, name, &known);
        known_deinit(&known);
}

void held_take_change(struct held *held, struct slice value)
{
        struct change change;
        struct held_event *event;
        struct slice title;

        if (!held->events || !value.data || change_read(&change, value, NULL) < 0 ||
            !change.event.data)
                return;
        HASH_FIND(hh, held->events, &change.uuid, sizeof(change.uuid), event);
        if (event && json_raw_member(change.event, "title", &title) == 1 &&
            !json_raw_text(title, event->title, sizeof(event->title)))
                snprintf(event->title, sizeof(event->title), "(a title of over %d bytes)",
                         HELD_TITLE_BYTES - 1);
}

size_t held_count(const struct held *held)
{
        return HASH_COUNT(held->events);
}
