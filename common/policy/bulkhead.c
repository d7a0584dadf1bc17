/* common/policy/bulkhead.c
 *
 * Puts cap, rate, breaker, pause and retry budget together; each has its own rule elsewhere.
 */
#include "policy/bulkhead.h"

#include <assert.h>

static const double RETRIES_A_SEND = 0.2;

void bulkhead_init(struct bulkhead *bulkhead, int64_t in_flight_max, int64_t per_second,
                   int64_t burst, int64_t now_ms)
{
        *bulkhead = (struct bulkhead){ .in_flight_max = (unsigned)in_flight_max,
                                       .retries = RETRY_BUDGET_A_MINUTE,
                                       .retries_ms = now_ms };
        rate_init(&bulkhead->rate, per_second, burst, now_ms);
}

void bulkhead_configure(struct bulkhead *bulkhead, int64_t in_flight_max, int64_t per_second,
                        int64_t burst)
{
        bulkhead->in_flight_max = (unsigned)in_flight_max;
        rate_configure(&bulkhead->rate, per_second, burst);
}

bool bulkhead_has_slot(const struct bulkhead *bulkhead, unsigned total, unsigned total_max)
{
        if (total >= total_max || bulkhead->in_flight >= bulkhead->in_flight_max)
                return false;
        return bulkhead->in_flight == 0 || bulkhead->in_flight < total_max - total;
}

static int64_t later(int64_t a_ms, int64_t b_ms)
{
        return a_ms > b_ms ? a_ms : b_ms;
}

int64_t bulkhead_at_ms(struct bulkhead *bulkhead, int64_t now_ms)
{
        int64_t at_ms = rate_at_ms(&bulkhead->rate, now_ms);

        at_ms = later(at_ms, breaker_at_ms(&bulkhead->breaker));
        return later(at_ms, bulkhead->paused_until_ms);
}

bool bulkhead_is_shut(const struct bulkhead *bulkhead, int64_t now_ms)
{
        return bulkhead->paused_until_ms > now_ms || bulkhead->breaker.state == BREAKER_OPEN;
}

static void bulkhead_count_retries(struct bulkhead *bulkhead, int64_t now_ms)
{
        if (now_ms > bulkhead->retries_ms)
                bulkhead->retries +=
                        (double)(now_ms - bulkhead->retries_ms) * RETRY_BUDGET_A_MINUTE / 60000.0;
        if (bulkhead->retries > RETRY_BUDGET_MAX)
                bulkhead->retries = RETRY_BUDGET_MAX;
        bulkhead->retries_ms = now_ms;
}

int64_t bulkhead_retry_at_ms(struct bulkhead *bulkhead, int64_t now_ms)
{
        bulkhead_count_retries(bulkhead, now_ms);
        if (bulkhead->retries >= 1.0)
                return now_ms;
        return now_ms + 1 + (int64_t)((1.0 - bulkhead->retries) * 60000.0 / RETRY_BUDGET_A_MINUTE);
}

void bulkhead_sent(struct bulkhead *bulkhead, bool is_retry, int64_t now_ms)
{
        bulkhead_count_retries(bulkhead, now_ms);
        bulkhead->retries += is_retry ? -1.0 : RETRIES_A_SEND;
        if (bulkhead->retries < 0.0)
                bulkhead->retries = 0.0;
        rate_take(&bulkhead->rate, now_ms);
        breaker_sent(&bulkhead->breaker, now_ms);
        bulkhead->in_flight++;
}

void bulkhead_ended(struct bulkhead *bulkhead)
{
        assert(bulkhead->in_flight > 0);
        bulkhead->in_flight--;
}

bool bulkhead_pause(struct bulkhead *bulkhead, int64_t until_ms)
{
        if (until_ms <= bulkhead->paused_until_ms)
                return false;
        bulkhead->paused_until_ms = until_ms;
        return true;
}
