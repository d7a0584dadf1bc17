/* services/operator/console_search.h
 *
 * Looks closely at one municipality when somebody asks: the trail of an event across all topics, or
 * the events of a hold with their titles. That takes a read of the municipality's partition (of
 * `updates` all are read: a vendor may have a partitioner of its own), so it goes on beside the
 * page, which shows what was found so far and asks again.
 *
 * One search runs at a time; others wait in turn, a few finished ones are kept for some seconds.
 * When there are too many the one that was looked at longest ago goes.
 */
#ifndef OPERATOR_CONSOLE_SEARCH_H
#define OPERATOR_CONSOLE_SEARCH_H

#include "operator/console_feed.h"
#include "operator/held.h"
#include "operator/trail.h"

struct console_search;

struct console_search *console_search_new(struct desk *desk, const struct console_feed *feed,
                                          struct error *error);
void console_search_free(struct console_search *search); /* NULL is fine */

/* What was found so far; begins the search where it does not run yet. `done`: nothing more comes.
 * Valid until the loop turns. */
struct console_found {
        const struct trail *trail; /* of console_search_trail */
        const struct held *held;   /* of console_search_hold */
        int64_t read;              /* records looked at */
        bool done;
        bool hold_read;      /* of a hold: which events are held is known, titles may be missing */
        const char *trouble; /* "": none */
};
void console_search_trail(struct console_search *search, const char *municipality,
                          const struct uuid *uuid, struct console_found *found);
void console_search_hold(struct console_search *search, const char *municipality, const char *hold,
                         struct console_found *found);

#endif
