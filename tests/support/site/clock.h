/* site/clock.h
 *
 * The clocks of this machine, in microseconds. A site's own clock is the wall clock and an offset
 * (site/site.h).
 */
#ifndef SITE_CLOCK_H
#define SITE_CLOCK_H

#include <stdint.h>

#define SECOND_US INT64_C(1000000)

int64_t clock_wall_us(void);
int64_t clock_steady_us(void); /* CLOCK_MONOTONIC, the one Python's time.monotonic() reads */

#endif
