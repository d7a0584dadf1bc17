/* site/catalogue.h
 *
 * All events and series of one site, the list as it is now, and the jobs that the CMS runs over
 * them: at its end an event becomes Occurred unless it was Cancelled, and some hours later it is
 * unpublished. Each job comes to an event once.
 */
#ifndef SITE_CATALOGUE_H
#define SITE_CATALOGUE_H

#include "base/dice.h"
#include "site/blob.h"
#include "site/event.h"

enum { CATALOGUE_LISTS = 4 };
#define CATALOGUE_NO_DAY INT64_MIN    /* no from_date */
#define CATALOGUE_NEVER_S INT64_MAX

struct catalogue_list {
        struct blob *body;
        int64_t from_day;
        uint64_t generation;
};

struct catalogue {
        struct event *events;  /* by uuid */
        struct series *series; /* by uuid */
        struct event **sorted; /* by start, then by creation */
        size_t count, capacity, serial;
        bool unsorted;
        uint64_t generation; /* rises with every save */
        int64_t next_job_s;  /* CATALOGUE_NEVER_S: none; not known while jobs_unknown */
        bool jobs_unknown;
        struct catalogue_list lists[CATALOGUE_LISTS]; /* those asked for last */
        unsigned next_list;
};

void catalogue_deinit(struct catalogue *catalogue);

struct event *catalogue_find(struct catalogue *catalogue, const char *uuid); /* any case */
struct series *catalogue_find_series(struct catalogue *catalogue, const char *uuid);

/* A new event from its members, published. uuid and series are taken from `members`, which needs a
 * uuid. NULL and a reason on failure. */
struct event *catalogue_add(struct catalogue *catalogue, const json_t *members, int64_t now_s,
                            struct error *error);
void catalogue_remove(struct catalogue *catalogue, struct event *event);

/* Something of an event or series was changed: the list has to be built anew. */
void catalogue_saved(struct catalogue *catalogue);

/* Move all dates by whole days. What then ends in the future has not occurred; what was written in
 * the future was written now. */
void catalogue_shift(struct catalogue *catalogue, int64_t days, int64_t now_s);
int64_t catalogue_first_start_s(const struct catalogue *catalogue); /* CATALOGUE_NEVER_S: none */

/* Another time for all instances of a series. The CMS deletes them and creates new ones, without
 * their own state and links, unless the series has only one instance. */
void catalogue_reschedule(struct catalogue *catalogue, struct series *series, int64_t by_s,
                          struct dice *dice, int64_t now_s);

/* Run the jobs due at now_s. unpublish_after_s < 0: that job is off. True if an event was saved. */
bool catalogue_run_jobs(struct catalogue *catalogue, int64_t now_s, int64_t unpublish_after_s);

/* The published events that start (in UTC) on or after from_day. The caller unrefs it. */
struct blob *catalogue_list(struct catalogue *catalogue, int64_t from_day);

/* A new uuid's text. */
void catalogue_uuid(struct dice *dice, char uuid[UUID_TEXT_BYTES]);

#endif
