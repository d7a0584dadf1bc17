/* site/copenhagen.c
 *
 * The list's date-times carry the offset of their own day, so a series that runs over the change of
 * season has both. The rule is one of the European Union and needs four lines, not a database.
 */
#include "site/copenhagen.h"

#include <stdio.h>
#include <time.h>

int64_t copenhagen_days(int64_t year, int64_t month, int64_t day)
{
        year += (month - 1) / 12;
        month = (month - 1) % 12 + 1;
        if (month <= 2)
                year--;
        int64_t era = year / 400;
        int64_t year_of_era = year - era * 400;
        int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
               day_of_year - 719468;
}

/* 01:00 UTC on the last Sunday of a month of 31 days. Day 0 of the calendar was a Thursday. */
static int64_t last_sunday_s(int64_t year, int64_t month)
{
        int64_t last = copenhagen_days(year, month, 31);

        return (last - (last + 4) % 7) * DAY_S + HOUR_S;
}

static void civil_from(int64_t seconds, struct tm *civil)
{
        time_t moment = (time_t)seconds;

        gmtime_r(&moment, civil);
}

int64_t copenhagen_offset_s(int64_t utc_s)
{
        struct tm civil;

        civil_from(utc_s, &civil);
        int64_t year = civil.tm_year + 1900;
        return utc_s >= last_sunday_s(year, 3) && utc_s < last_sunday_s(year, 10) ? 2 * HOUR_S
                                                                                  : HOUR_S;
}

void copenhagen_format(int64_t utc_s, char text[COPENHAGEN_TEXT_BYTES])
{
        int64_t offset_s = copenhagen_offset_s(utc_s);
        struct tm civil;
        size_t length;

        civil_from(utc_s + offset_s, &civil);
        length = strftime(text, COPENHAGEN_TEXT_BYTES, "%Y-%m-%dT%H:%M:%S", &civil);
        snprintf(text + length, COPENHAGEN_TEXT_BYTES - length, "+0%d:00",
                 offset_s == HOUR_S ? 1 : 2);
}

int64_t copenhagen_from_local(int64_t local_s)
{
        int64_t winter_s = local_s - HOUR_S;

        return copenhagen_offset_s(winter_s) == HOUR_S ? winter_s : local_s - 2 * HOUR_S;
}

int64_t copenhagen_add_days(int64_t utc_s, int64_t days)
{
        return copenhagen_from_local(utc_s + copenhagen_offset_s(utc_s) + days * DAY_S);
}
