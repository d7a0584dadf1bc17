/* services/reconciler/diff_steps.h
 *
 * How the files of diff make steps for each other.
 *
 * Internal to services/reconciler/diff*.c.
 */
#ifndef RECONCILER_DIFF_STEPS_H
#define RECONCILER_DIFF_STEPS_H

#include "reconciler/diff.h"

/* diff.c */
/* The step is the diff's, and valid until the next one is added. */
struct diff_step *diff_add_step(struct diff *diff, enum diff_op op, const struct uuid *uuid);
/* This snapshot creates an event of the series that `known` has, if it has one. */
void diff_add_series(struct diff *diff, const struct known *known);
/* The entry; its texts go to the caller. */
struct known diff_take_known(struct known *known);
/* A deletion that is decided at the end. Takes the entry. */
struct diff_step *diff_want_deletion(struct diff *diff, const struct uuid *uuid,
                                     struct known *known, enum change_reason reason);
bool diff_is_long_deleted(const struct diff_facts *facts, const struct known *known);

/* diff_present.c */
/* The list has the event. `known` NULL: it is new. */
void diff_see_present(struct diff *diff, const struct listing_event *item, struct known *known);
/* Nobody waits for its deletion any more. False: nobody did. */
bool diff_clear_waiting(struct known *known);

/* diff_absent.c */
/* The list does not have it. */
void diff_see_absent(struct diff *diff, const struct uuid *uuid, struct known *known);
bool diff_is_past(const struct diff_facts *facts, const struct known *known);
/* Gives deletions of a series that gets new events their reason. True if there are any. */
bool diff_mark_rescheduled(struct diff *diff);
/* All deletions that were wanted: told, held, or made candidates. */
void diff_decide_absent(struct diff *diff);

#endif
