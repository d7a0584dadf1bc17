/* services/fetcher/schedule.h
 *
 * When to read one site, and how: a pure function of this state and `now`.
 *
 *  - Every interval, give or take a tenth. The first read comes within a tenth of the interval, at
 *    most 10 s, the second after a random part of it: so a new site is seen at once, and sites that
 *    were configured together drift apart.
 *  - Never two reads at the same time: between schedule_begin and one of the ends none is due.
 *  - After a failure: full jitter from interval/60 (at most 10 s) up to four intervals (at most 1 h).
 *  - Never before a pause is over that the site asked for (Retry-After), whoever asks for a read.
 *  - A refresh is due at once, and stays asked for until a read of its kind was published.
 *  - Whole: unconditional, and published though nothing changed; at least every full_every.
 *  - Fresh: past the site's cache; at least every fresh_every, at once when none is known.
 */
#ifndef FETCHER_SCHEDULE_H
#define FETCHER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dice.h"

enum { SCHEDULE_PAUSE_MAX_MS = 3600 * 1000 };

struct schedule_policy {
        int64_t interval_ms;
        int64_t full_every_ms;
        int64_t fresh_every_ms;
};

struct schedule_kind {
        bool read; /* at all */
        bool full;
        bool fresh;
};

struct schedule {
        int64_t due_ms;
        int64_t paused_until_ms;
        unsigned failures;      /* in a row */
        bool running;
        bool spread;            /* the second read was drawn from the whole interval */
        struct schedule_kind asked;   /* by refreshes that are not answered yet */
        struct schedule_kind began;   /* what of it the running read will answer */
        struct schedule_kind reading; /* the kind of the running read */
        int64_t full_ms;        /* when a whole list was last published; 0: never */
        int64_t fresh_ms;       /* likewise of a fresh read */
};

/* `success_ms`, `full_ms`, `fresh_ms`: what is known from before, 0 if nothing; failures and
 * paused_until_ms likewise. */
void schedule_init(struct schedule *schedule, const struct schedule_policy *policy,
                   int64_t success_ms, int64_t now_ms, struct dice *dice);

/* The moment from which on a read may begin; INT64_MAX while one runs. */
int64_t schedule_due_ms(const struct schedule *schedule);

struct schedule_kind schedule_begin(struct schedule *schedule, const struct schedule_policy *policy,
                                    int64_t now_ms);

/* The read ended. `full`: the list itself was published, not just that it is unchanged. */
void schedule_succeeded(struct schedule *schedule, const struct schedule_policy *policy, bool full,
                        int64_t now_ms, struct dice *dice);
/* `pause_until_ms`: from Retry-After, else 0. */
void schedule_failed(struct schedule *schedule, const struct schedule_policy *policy,
                     int64_t pause_until_ms, int64_t now_ms, struct dice *dice);
/* It was given up for a reason of our own: the site is not to blame. Tried again after wait_ms. */
void schedule_postponed(struct schedule *schedule, int64_t wait_ms, int64_t now_ms);

/* The running read turned out to go past the cache. */
void schedule_past_cache(struct schedule *schedule);

/* From at_ms on, if that is sooner. */
void schedule_refresh(struct schedule *schedule, bool full, bool fresh, int64_t at_ms);
/* A fresh read within 10 s: what asks for it may ask so for all sites at once. */
void schedule_refresh_soon(struct schedule *schedule, int64_t now_ms, struct dice *dice);

/* The configuration has changed: a shorter interval takes effect now. */
void schedule_reconfigured(struct schedule *schedule, const struct schedule_policy *policy,
                           int64_t now_ms, struct dice *dice);

#endif
