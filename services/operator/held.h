/* services/operator/held.h
 *
 * A hold as an operator decides about it: which deletions of one municipality wait (DESIGN.md
 * "Guard"), since when, and what events those are. Read from what the reconciler keeps in Redis,
 * `{m}:m` and `{m}:s`; titles come from `changes`, since Redis does not have them.
 *
 *         held_take_meta(&held, name, value);        for each field of {m}:m
 *         held_take_event(&held, name, value);       for each field of {m}:s, after all of {m}:m
 *         held_take_change(&held, value);            for each record of `changes`, if titles matter
 */
#ifndef OPERATOR_HELD_H
#define OPERATOR_HELD_H

#include "base/map.h"
#include "model/known.h"

enum { HELD_ID_BYTES = 64, HELD_TITLE_BYTES = 128 };

struct held_event {
        struct uuid uuid;
        int64_t since_ms; /* 0: unknown */
        int64_t start_ms; /* TIMESTAMP_NONE: unknown */
        int64_t end_ms;
        bool approved;    /* the next fresh read decides */
        bool missed_once; /* one fresh read lacked it already; a second one deletes it */
        bool irrelevant;  /* present on the site, but no longer relevant */
        char title[HELD_TITLE_BYTES]; /* "" unknown */
        UT_hash_handle hh;
};

struct held {
        char id[HELD_ID_BYTES];    /* the hold's; "" : nothing is held */
        int64_t count;             /* that the hold's approval must name */
        int64_t known;             /* events the vendor has */
        bool foreign;              /* the whole list looks like another site's: all are held */
        struct held_event *events; /* by uuid */
};

void held_deinit(struct held *held);
void held_take_meta(struct held *held, struct slice name, struct slice value);
void held_take_event(struct held *held, struct slice name, struct slice value);
void held_take_change(struct held *held, struct slice value);

size_t held_count(const struct held *held);

#endif
