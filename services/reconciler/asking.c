/* services/reconciler/asking.c
 *
 * A site's fresh reads are expensive for it, and every poll of a list that misses something wants
 * one.
 */
#include "reconciler/asking.h"

#define EVERY_MS (60 * INT64_C(1000))
#define SOONEST_MS INT64_C(1000)
#define AGAIN_MS (10 * 60 * INT64_C(1000))

int64_t asking_every_ms(const struct municipality *config)
{
        int64_t interval_ms = config->poll_interval_ms;

        if (interval_ms < SOONEST_MS)
                return SOONEST_MS;
        return interval_ms < EVERY_MS ? interval_ms : EVERY_MS;
}

static int64_t may_ms(const struct asking *asking, enum asked what)
{
        return asking->asked_ms[what] > 0 ? asking->asked_ms[what] + asking->every_ms : 0;
}

void asking_must(struct asking *asking, enum asked what, int64_t now_ms)
{
        asking->asked_ms[what] = now_ms;
        if (what == ASKED_FRESH && asking->recheck_at_ms > 0 && asking->recheck_at_ms < now_ms + AGAIN_MS)
                asking->recheck_at_ms = now_ms + AGAIN_MS;
}

bool asking_may(struct asking *asking, enum asked what, int64_t now_ms)
{
        if (may_ms(asking, what) > now_ms)
                return false;
        asking_must(asking, what, now_ms);
        return true;
}

bool asking_recheck(struct asking *asking, int64_t now_ms)
{
        if (asking->recheck_at_ms == 0 || asking->recheck_at_ms > now_ms)
                return false;
        if (asking_may(asking, ASKED_FRESH, now_ms))
                return true;
        asking->recheck_at_ms = may_ms(asking, ASKED_FRESH);
        return false;
}
