/* common/policy/rate.h
 *
 * Token bucket of one site: `per_second` requests, `burst` at once. A 429 halves the speed, down to
 * a sixteenth; half a minute without another gives an eighth of the full speed back, and so on.
 */
#ifndef POLICY_RATE_H
#define POLICY_RATE_H

#include <stdint.h>

enum { RATE_RESTORE_STEP_MS = 30 * 1000 };

struct rate {
        int64_t per_second; /* as configured, >= 1 */
        int64_t burst;      /* >= 1 */
        double share;       /* of per_second that is allowed now, 1/16 to 1 */
        double tokens;      /* 0 to burst */
        int64_t filled_ms;  /* when tokens were last counted */
        int64_t stepped_ms; /* when share last changed */
};

void rate_init(struct rate *rate, int64_t per_second, int64_t burst, int64_t now_ms);
void rate_configure(struct rate *rate, int64_t per_second, int64_t burst);

/* When a request may go: `now_ms`, or when the next token is there. */
int64_t rate_at_ms(struct rate *rate, int64_t now_ms);
void rate_take(struct rate *rate, int64_t now_ms);
void rate_halve(struct rate *rate, int64_t now_ms);

#endif
