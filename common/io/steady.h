/* common/io/steady.h
 *
 * The steady clock, for what must end in time while the loop does not turn: slices of work,
 * blocking calls, winding down. Everything else takes its time from the loop.
 */
#ifndef IO_STEADY_H
#define IO_STEADY_H

#include <stdint.h>
#include <time.h>

static inline int64_t steady_us(void)
{
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static inline int64_t steady_ms(void)
{
        return steady_us() / 1000;
}

#endif
