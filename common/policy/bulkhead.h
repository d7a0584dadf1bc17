/* common/policy/bulkhead.h
 *
 * One municipality's share of what a process can do, so that a site that hangs, fails or throttles
 * holds up nobody else (DESIGN.md "Bulkhead"): a cap on requests in flight, a rate, a breaker, a
 * pause, a retry budget.
 *
 * Caps alone do not isolate: two sites that hang with a cap of 32 each would fill 64 slots. So a
 * site may have at most as many in flight as slots are free in all: of 64, one alone gets 32, two
 * get 21 each, and there are always some left for whoever comes next.
 */
#ifndef POLICY_BULKHEAD_H
#define POLICY_BULKHEAD_H

#include "policy/breaker.h"
#include "policy/rate.h"

enum { RETRY_BUDGET_A_MINUTE = 10, RETRY_BUDGET_MAX = 20, PAUSE_MAX_MS = 60 * 60 * 1000 };

struct bulkhead {
        unsigned in_flight;
        unsigned in_flight_max;
        int64_t paused_until_ms;
        double retries;     /* of the retry budget that are left */
        int64_t retries_ms; /* when they were last counted */
        struct rate rate;
        struct breaker breaker;
};

void bulkhead_init(struct bulkhead *bulkhead, int64_t in_flight_max, int64_t per_second,
                   int64_t burst, int64_t now_ms);
void bulkhead_configure(struct bulkhead *bulkhead, int64_t in_flight_max, int64_t per_second,
                        int64_t burst);

/* Are there slots for this site? `total` are in flight in all, of at most `total_max`. */
bool bulkhead_has_slot(const struct bulkhead *bulkhead, unsigned total, unsigned total_max);

/* Slots aside, when may the next request go? `now_ms`, later, or INT64_MAX while a probe is under
 * way. */
int64_t bulkhead_at_ms(struct bulkhead *bulkhead, int64_t now_ms);

/* Paused, or its breaker opened: what was claimed before that and has not left yet stays here. */
bool bulkhead_is_shut(const struct bulkhead *bulkhead, int64_t now_ms);

/* When may a retry go, as far as the budget is concerned: 20 % of first tries, and 10 a minute.
 * Exhausted, it delays; it never ends anything. */
int64_t bulkhead_retry_at_ms(struct bulkhead *bulkhead, int64_t now_ms);

void bulkhead_sent(struct bulkhead *bulkhead, bool is_retry, int64_t now_ms);
void bulkhead_ended(
        struct bulkhead *bulkhead); /* what the breaker is told is the caller's to say */

/* Retry-After: stops the site, not the request. True if it is longer than what stood. */
bool bulkhead_pause(struct bulkhead *bulkhead, int64_t until_ms);

#endif
