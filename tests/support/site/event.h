/* site/event.h
 *
 * One event instance and its series, as the CMS stores them, and the bytes in which it shows them.
 *
 * What an instance has not, it takes from its series: state, link, title, body and all the other
 * carried members, but never the administrators' link. `updated_at` is the later of the two change
 * times. Times are seconds since 1970 UTC.
 */
#ifndef SITE_EVENT_H
#define SITE_EVENT_H

#include "base/error.h"
#include "base/uuid.h"
#include "site/members.h"

#include <stdint.h>
#include <uthash.h>

struct series {
        char uuid[UUID_TEXT_BYTES];
        bool relevant;
        char *state; /* NULL: none */
        char *url;   /* NULL: none */
        int64_t changed_s;
        size_t instances;
        struct members members;
        UT_hash_handle hh;
};

struct event {
        char uuid[UUID_TEXT_BYTES];
        struct series *series; /* NULL: the event has none; owned by the catalogue */
        bool relevant;         /* of an event without series */
        char *state;           /* the instance's own; NULL: none */
        char *url;
        char *admin_url;
        bool dated; /* false: `date_time` is null */
        int64_t start_s, end_s;
        int64_t created_s, changed_s;
        bool published;
        bool occurred_done;    /* the job that says Occurred has been here */
        bool unpublished_done; /* so has the one that unpublishes */
        struct members members;
        size_t serial; /* order of creation */
        UT_hash_handle hh;
};

void event_free(struct event *event);
void series_free(struct series *series);

/* Set one member by its name in the list; null clears it. `updated_at` sets the change time.
 * `series` and `uuid` are the catalogue's business and refused here. -1 and a reason on failure. */
int event_set(struct event *event, const char *name, const json_t *value, struct error *error);
int series_set(struct series *series, const char *name, const json_t *value, struct error *error);

/* What a reader sees, after the series. NULL: nothing. */
const char *event_state(const struct event *event);
const char *event_url(const struct event *event);

/* Append the event as one JSON object in the CMS's bytes. */
void event_write(struct buffer *out, const struct event *event);

/* Replace an owned text. Returns whether it is another one than before. */
bool text_replace(char **slot, const char *text);

#endif
