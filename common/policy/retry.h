/* common/policy/retry.h
 *
 * How long to wait before the next try: full jitter, a random part of min(cap, base * 2^(failures-1)),
 * so that many tenants that failed together do not come back together. At least `floor_ms`.
 * What may be retried at all is decided elsewhere (writer/verdict.h, fetcher/schedule.h).
 */
#ifndef POLICY_RETRY_H
#define POLICY_RETRY_H

#include <stdbool.h>

#include "base/dice.h"

struct retry_policy {
        int64_t base_ms;  /* > 0 */
        int64_t cap_ms;   /* >= base_ms */
        int64_t floor_ms; /* >= 0 */
};

/* `failures` in a row, >= 1. */
int64_t retry_wait_ms(const struct retry_policy *policy, unsigned failures, struct dice *dice);

/* Retry-After of RFC 9110 10.2.3, both forms: the moment from when on to try again, clamped to
 * now + max_ms; a moment in the past is now. False where it is malformed (then it counts as absent). */
bool retry_after_parse(const char *text, int64_t now_ms, int64_t max_ms, int64_t *at_ms);

#endif
