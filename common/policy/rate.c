/* common/policy/rate.c
 *
 * Tokens are counted when they are asked for: no timer of its own.
 */
#include "policy/rate.h"

static const double SHARE_MIN = 1.0 / 16, SHARE_STEP = 1.0 / 8;

void rate_init(struct rate *rate, int64_t per_second, int64_t burst, int64_t now_ms)
{
        *rate = (struct rate){ .per_second = per_second,
                               .burst = burst,
                               .share = 1.0,
                               .tokens = (double)burst,
                               .filled_ms = now_ms,
                               .stepped_ms = now_ms };
}

void rate_configure(struct rate *rate, int64_t per_second, int64_t burst)
{
        rate->per_second = per_second;
        rate->burst = burst;
        if (rate->tokens > (double)burst)
                rate->tokens = (double)burst;
}

static double rate_per_ms(const struct rate *rate)
{
        return (double)rate->per_second * rate->share / 1000.0;
}

static void rate_restore(struct rate *rate, int64_t now_ms)
{
        while (rate->share < 1.0 && now_ms - rate->stepped_ms >= RATE_RESTORE_STEP_MS) {
                rate->share = rate->share + SHARE_STEP < 1.0 ? rate->share + SHARE_STEP : 1.0;
                rate->stepped_ms += RATE_RESTORE_STEP_MS;
        }
}

static void rate_fill(struct rate *rate, int64_t now_ms)
{
        if (now_ms > rate->filled_ms) {
                rate->tokens += (double)(now_ms - rate->filled_ms) * rate_per_ms(rate);
                if (rate->tokens > (double)rate->burst)
                        rate->tokens = (double)rate->burst;
        }
        rate->filled_ms = now_ms;
        rate_restore(rate, now_ms);
}

int64_t rate_at_ms(struct rate *rate, int64_t now_ms)
{
        rate_fill(rate, now_ms);
        if (rate->tokens >= 1.0)
                return now_ms;
        return now_ms + 1 + (int64_t)((1.0 - rate->tokens) / rate_per_ms(rate));
}

void rate_take(struct rate *rate, int64_t now_ms)
{
        rate_fill(rate, now_ms);
        rate->tokens = rate->tokens > 1.0 ? rate->tokens - 1.0 : 0.0;
}

void rate_halve(struct rate *rate, int64_t now_ms)
{
        rate_fill(rate, now_ms);
        rate->share = rate->share / 2 > SHARE_MIN ? rate->share / 2 : SHARE_MIN;
        rate->stepped_ms = now_ms;
        rate->tokens = 0.0;
}
