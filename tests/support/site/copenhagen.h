/* site/copenhagen.h
 *
 * Europe/Copenhagen without the system's time zones: +01:00, and +02:00 from the last Sunday of
 * March to the last Sunday of October, both at 01:00 UTC. Moments are seconds since 1970 UTC.
 */
#ifndef SITE_COPENHAGEN_H
#define SITE_COPENHAGEN_H

#include <stddef.h>
#include <stdint.h>

enum { COPENHAGEN_TEXT_BYTES = 32, DAY_S = 86400, HOUR_S = 3600 };

int64_t copenhagen_offset_s(int64_t utc_s);

/* "2026-03-01T10:00:02+01:00", as the CMS writes a date-time. */
void copenhagen_format(int64_t utc_s, char text[COPENHAGEN_TEXT_BYTES]);

/* The moment of a wall clock's time, given as if it were UTC. What the change to summer skips
 * counts on; what the change to winter has twice is the second. */
int64_t copenhagen_from_local(int64_t local_s);

/* The same time of day some days later, whatever the season. */
int64_t copenhagen_add_days(int64_t utc_s, int64_t days);

/* Days since 1970 of a date of the Gregorian calendar. Months and days beyond their end roll on. */
int64_t copenhagen_days(int64_t year, int64_t month, int64_t day);

#endif
