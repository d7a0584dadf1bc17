/* common/policy/breaker.h
 *
 * Circuit breaker of one site (DESIGN.md "Retry"): it opens at 10 failures in a row, or when 70 %
 * of at least 10 requests within 30 s failed, or at once when the site is set up wrongly. After 30
 * s one request may go as a probe; when it fails, the wait doubles, up to 10 min, with jitter.
 *
 * Pure: the caller owns clock and dice. What counts as a failure is decided elsewhere
 * (writer/verdict.h); a request that says nothing about the site is given back with breaker_forget.
 */
#ifndef POLICY_BREAKER_H
#define POLICY_BREAKER_H

#include <stdbool.h>

#include "base/dice.h"

enum breaker_state {
        BREAKER_CLOSED,
        BREAKER_HALF_OPEN,
        BREAKER_OPEN
}; /* the metric's values, too */

enum {
        BREAKER_CONSECUTIVE = 10,
        BREAKER_WINDOW_SECONDS = 30,
        BREAKER_WINDOW_REQUESTS = 10,
        BREAKER_WINDOW_PERCENT = 70,
        BREAKER_WAIT_FIRST_MS = 30 * 1000,
        BREAKER_WAIT_MAX_MS = 10 * 60 * 1000,
};

struct breaker {
        enum breaker_state state;
        unsigned consecutive; /* failures in a row */
        unsigned openings;    /* since it was last closed */
        int64_t probe_at_ms;  /* while open */
        struct breaker_second {
                int64_t second;
                unsigned succeeded, failed;
        } window[BREAKER_WINDOW_SECONDS];
};

#define BREAKER_NULL                                                                               \
        {                                                                                          \
                .state = BREAKER_CLOSED                                                            \
        }

/* From when on a request may go: now or before, a moment to come, INT64_MAX while a probe is under
 * way. */
int64_t breaker_at_ms(const struct breaker *breaker);

/* A request goes. Only when breaker_at_ms allows it. */
void breaker_sent(struct breaker *breaker, int64_t now_ms);

/* How it ended. True if the state changed: worth a line in the log. */
bool breaker_succeed(struct breaker *breaker, int64_t now_ms);
bool breaker_fail(struct breaker *breaker, int64_t now_ms, struct dice *dice);
bool breaker_trip(struct breaker *breaker, int64_t now_ms,
                  struct dice *dice); /* opens whatever was before */
void breaker_forget(struct breaker *breaker, int64_t now_ms);

/* "closed", "half-open", "open" */
const char *breaker_state_name(enum breaker_state state);

#endif
