/* common/policy/breaker.c
 *
 * The window is a ring of seconds, each stamped, so that old ones need no sweeping. Answers to
 * requests that were under way when the breaker opened do not open it again.
 */
#include "policy/breaker.h"

#include <stddef.h>

int64_t breaker_at_ms(const struct breaker *breaker)
{
        switch (breaker->state) {
        case BREAKER_OPEN:
                return breaker->probe_at_ms;
        case BREAKER_HALF_OPEN:
                return INT64_MAX;
        case BREAKER_CLOSED:
                break;
        }
        return INT64_MIN;
}

void breaker_sent(struct breaker *breaker, int64_t now_ms)
{
        if (breaker->state == BREAKER_OPEN && now_ms >= breaker->probe_at_ms)
                breaker->state = BREAKER_HALF_OPEN;
}

static struct breaker_second *breaker_now(struct breaker *breaker, int64_t now_ms)
{
        int64_t second = now_ms / 1000;
        struct breaker_second *slot = &breaker->window[second % BREAKER_WINDOW_SECONDS];

        if (slot->second != second)
                *slot = (struct breaker_second){ .second = second };
        return slot;
}

static bool breaker_window_is_bad(const struct breaker *breaker, int64_t now_ms)
{
        unsigned succeeded = 0, failed = 0;

        for (size_t i = 0; i < BREAKER_WINDOW_SECONDS; i++) {
                if (breaker->window[i].second <= now_ms / 1000 - BREAKER_WINDOW_SECONDS)
                        continue;
                succeeded += breaker->window[i].succeeded;
                failed += breaker->window[i].failed;
        }
        return succeeded + failed >= BREAKER_WINDOW_REQUESTS &&
               failed * 100 >= (succeeded + failed) * BREAKER_WINDOW_PERCENT;
}

static int64_t breaker_wait_ms(unsigned openings, struct dice *dice)
{
        int64_t wait_ms = BREAKER_WAIT_FIRST_MS;

        for (unsigned i = 1; i < openings && wait_ms < BREAKER_WAIT_MAX_MS; i++)
                wait_ms *= 2;
        wait_ms += dice_below(dice, wait_ms / 4);
        return wait_ms < BREAKER_WAIT_MAX_MS ? wait_ms : BREAKER_WAIT_MAX_MS;
}

bool breaker_succeed(struct breaker *breaker, int64_t now_ms)
{
        bool closes = breaker->state == BREAKER_HALF_OPEN;

        if (closes)
                *breaker = (struct breaker)BREAKER_NULL;
        breaker->consecutive = 0;
        breaker_now(breaker, now_ms)->succeeded++;
        return closes;
}

bool breaker_trip(struct breaker *breaker, int64_t now_ms, struct dice *dice)
{
        if (breaker->state == BREAKER_OPEN)
                return false;
        breaker->state = BREAKER_OPEN;
        breaker->openings++;
        breaker->probe_at_ms = now_ms + breaker_wait_ms(breaker->openings, dice);
        return true;
}

bool breaker_fail(struct breaker *breaker, int64_t now_ms, struct dice *dice)
{
        breaker->consecutive++;
        breaker_now(breaker, now_ms)->failed++;
        if (breaker->state != BREAKER_HALF_OPEN && breaker->consecutive < BREAKER_CONSECUTIVE &&
            !breaker_window_is_bad(breaker, now_ms))
                return false;
        return breaker_trip(breaker, now_ms, dice);
}

void breaker_forget(struct breaker *breaker, int64_t now_ms)
{
        if (breaker->state != BREAKER_HALF_OPEN)
                return;
        breaker->state = BREAKER_OPEN;
        breaker->probe_at_ms = now_ms;
}

const char *breaker_state_name(enum breaker_state state)
{
        static const char *const names[] = { "closed", "half-open", "open" };

        return names[state];
}
