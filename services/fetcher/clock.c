/* services/fetcher/clock.c
 *
 * See the header.
 */
#include "fetcher/clock.h"

bool clock_is_off(const struct clock *clock)
{
        return clock->ahead_ms > CLOCK_TOLERANCE_MS || clock->ahead_ms < -CLOCK_TOLERANCE_MS;
}

bool clock_note(struct clock *clock, int64_t produced_ms, int64_t delivered_ms, int64_t append_ms)
{
        bool was_off = clock_is_off(clock);

        clock->ahead_ms = 0;
        if (append_ms < produced_ms)
                clock->ahead_ms = produced_ms - append_ms;
        else if (append_ms > delivered_ms)
                clock->ahead_ms = delivered_ms - append_ms;
        return clock_is_off(clock) != was_off;
}
