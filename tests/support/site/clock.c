/* site/clock.c
 *
 * The ledger is compared with what a test saw itself, so it uses the clocks that Python has too.
 */
#include "site/clock.h"

#include <time.h>

static int64_t clock_us(clockid_t id)
{
        struct timespec now;

        clock_gettime(id, &now);
        return now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
        return clock_us(CLOCK_REALTIME);
}

int64_t clock_steady_us(void)
{
        return clock_us(CLOCK_MONOTONIC);
}
