/* common/base/timestamp.c
 *
 * Calendar arithmetic of our own (proleptic Gregorian, UTC): no time zone files, no locale, no
 * clock. Moments outside of 1970-9999 are not moments of ours: parsing refuses them, formatting
 * writes the nearest one that is.
 */
#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static const int64_t day_ms = 86400000;

struct moment {
        int year, month, day, hour, minute, second;
};

struct cursor {
        const char *at;
        const char *end;
};

/* Days since 1970-01-01. The year is counted from March, so that a leap day is its last day. */
static int64_t days_from_date(int year, int month, int day)
{
        int64_t y = month > 2 ? year : year - 1;
        int64_t m = month > 2 ? month - 3 : month + 9;

        return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static void date_from_days(int64_t days, struct moment *moment)
{
        int64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
        int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
        int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
        int64_t m = (5 * of_year + 2) / 153;

        moment->day = (int)(of_year - (153 * m + 2) / 5 + 1);
        moment->month = (int)(m < 10 ? m + 3 : m - 9);
        moment->year = (int)(y + era * 400 + (moment->month <= 2));
}

static int days_in_month(int year, int month)
{
        static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

        return month == 2 && leap ? 29 : days[month - 1];
}

/* A 60th second is a leap second (RFC 3339 5.7): it becomes the first of the next minute. */
static bool moment_valid(const struct moment *moment)
{
        return moment->year >= 1970 && moment->year <= 9999 && moment->month >= 1 &&
               moment->month <= 12 && moment->day >= 1 &&
               moment->day <= days_in_month(moment->year, moment->month) && moment->hour <= 23 &&
               moment->minute <= 59 && moment->second <= 60;
}

static int64_t moment_ms(const struct moment *moment)
{
        int64_t days = days_from_date(moment->year, moment->month, moment->day);

        return ((days * 24 + moment->hour) * 60 + moment->minute) * 60000 + moment->second * 1000;
}

static bool store(const struct moment *moment, int64_t less_ms, int64_t *ms)
{
        if (!moment_valid(moment))
                return false;

        int64_t value = moment_ms(moment) - less_ms;

        if (value < 0 || value > TIMESTAMP_LAST)
                return false;
        *ms = value;
        return true;
}

static bool take_number(struct cursor *cursor, size_t digits, int *number)
{
        if ((size_t)(cursor->end - cursor->at) < digits)
                return false;
        *number = 0;
        for (size_t i = 0; i < digits; i++) {
                char digit = *cursor->at++;

                if (digit < '0' || digit > '9')
                        return false;
                *number = *number * 10 + (digit - '0');
        }
        return true;
}

static bool take_one_of(struct cursor *cursor, const char *bytes)
{
        if (cursor->at == cursor->end || *cursor->at == '\0' || !strchr(bytes, *cursor->at))
                return false;
        cursor->at++;
        return true;
}

static bool take_text(struct cursor *cursor, const char *text)
{
        size_t length = strlen(text);

        if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, text, length) != 0)
                return false;
        cursor->at += length;
        return true;
}

/* Index of the name that stands here, -1 if none does. */
static int take_name(struct cursor *cursor, const char *const *names, int count)
{
        for (int i = 0; i < count; i++)
                if (take_text(cursor, names[i]))
                        return i;
        return -1;
}

static bool take_clock(struct cursor *cursor, struct moment *moment)
{
        return take_number(cursor, 2, &moment->hour) && take_one_of(cursor, ":") &&
               take_number(cursor, 2, &moment->minute) && take_one_of(cursor, ":") &&
               take_number(cursor, 2, &moment->second);
}

/* One to nine decimals; what is finer than a millisecond is dropped. */
static bool take_decimals(struct cursor *cursor, int64_t *ms)
{
        int count = 0, weight = 100;

        *ms = 0;
        if (!take_one_of(cursor, "."))
                return true;
        for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; count++) {
                *ms += (*cursor->at++ - '0') * weight;
                weight /= 10;
        }
        return count >= 1 && count <= 9;
}

static bool take_offset(struct cursor *cursor, int64_t *offset_ms)
{
        int hours, minutes;

        *offset_ms = 0;
        if (take_one_of(cursor, "Zz"))
                return true;
        if (cursor->at == cursor->end)
                return false;

        int sign = *cursor->at == '-' ? -1 : 1;

        if (!take_one_of(cursor, "+-") || !take_number(cursor, 2, &hours) ||
            !take_one_of(cursor, ":") || !take_number(cursor, 2, &minutes) || hours > 23 ||
            minutes > 59)
                return false;
        *offset_ms = sign * (hours * 60 + minutes) * 60000;
        return true;
}

bool timestamp_parse(const char *text, size_t length, int64_t *ms)
{
        struct cursor cursor = { text, text + length };
        struct moment moment;
        int64_t decimals_ms, offset_ms;

        if (length == 0)
                return false;
        return take_number(&cursor, 4, &moment.year) && take_one_of(&cursor, "-") &&
               take_number(&cursor, 2, &moment.month) && take_one_of(&cursor, "-") &&
               take_number(&cursor, 2, &moment.day) && take_one_of(&cursor, "Tt ") &&
               take_clock(&cursor, &moment) && take_decimals(&cursor, &decimals_ms) &&
               take_offset(&cursor, &offset_ms) && cursor.at == cursor.end &&
               store(&moment, offset_ms - decimals_ms, ms);
}

static int64_t clamp(int64_t ms)
{
        return ms < 0 ? 0 : ms > TIMESTAMP_LAST ? TIMESTAMP_LAST : ms;
}

/* With leading zeros, and `behind` it; where the next one stands. */
static char *put(char *at, int number, int digits, char behind)
{
        for (int i = digits - 1; i >= 0; i--, number /= 10)
                at[i] = (char)('0' + number % 10);
        at[digits] = behind;
        return at + digits + 1;
}

void timestamp_format(int64_t ms, char text[TIMESTAMP_TEXT_BYTES])
{
        struct moment moment;
        int64_t at = clamp(ms), of_day = at % day_ms;

        date_from_days(at / day_ms, &moment);
        text = put(text, moment.year, 4, '-');
        text = put(text, moment.month, 2, '-');
        text = put(text, moment.day, 2, 'T');
        text = put(text, (int)(of_day / 3600000), 2, ':');
        text = put(text, (int)(of_day / 60000 % 60), 2, ':');
        text = put(text, (int)(of_day / 1000 % 60), 2, '.');
        text = put(text, (int)(of_day % 1000), 3, 'Z');
        *text = '\0';
}

void timestamp_format_date(int64_t ms, char text[TIMESTAMP_TEXT_BYTES])
{
        timestamp_format(ms, text);
        text[strlen("2026-03-01")] = '\0';
}

static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
static const char *const long_days[] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
                                         "Friday", "Saturday", "Sunday" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static bool take_month(struct cursor *cursor, struct moment *moment)
{
        moment->month = take_name(cursor, months, ARRAY_LENGTH(months)) + 1;
        return moment->month > 0;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool parse_fixdate(struct cursor cursor, struct moment *moment)
{
        return take_name(&cursor, days, ARRAY_LENGTH(days)) >= 0 && take_text(&cursor, ", ") &&
               take_number(&cursor, 2, &moment->day) && take_text(&cursor, " ") &&
               take_month(&cursor, moment) && take_text(&cursor, " ") &&
               take_number(&cursor, 4, &moment->year) && take_text(&cursor, " ") &&
               take_clock(&cursor, moment) && take_text(&cursor, " GMT") && cursor.at == cursor.end;
}

/* "Sunday, 06-Nov-94 08:49:37 GMT" */
static bool parse_rfc850(struct cursor cursor, struct moment *moment)
{
        return take_name(&cursor, long_days, ARRAY_LENGTH(long_days)) >= 0 &&
               take_text(&cursor, ", ") && take_number(&cursor, 2, &moment->day) &&
               take_text(&cursor, "-") && take_month(&cursor, moment) && take_text(&cursor, "-") &&
               take_number(&cursor, 2, &moment->year) && take_text(&cursor, " ") &&
               take_clock(&cursor, moment) && take_text(&cursor, " GMT") && cursor.at == cursor.end;
}

/* "Sun Nov  6 08:49:37 1994" */
static bool parse_asctime(struct cursor cursor, struct moment *moment)
{
        return take_name(&cursor, days, ARRAY_LENGTH(days)) >= 0 && take_text(&cursor, " ") &&
               take_month(&cursor, moment) && take_text(&cursor, " ") &&
               take_number(&cursor, take_text(&cursor, " ") ? 1 : 2, &moment->day) &&
               take_text(&cursor, " ") && take_clock(&cursor, moment) && take_text(&cursor, " ") &&
               take_number(&cursor, 4, &moment->year) && cursor.at == cursor.end;
}

/* RFC 9110 5.6.7: more than 50 years in the future means the latest past year with these digits. */
static void widen_year(struct moment *moment, int64_t now_ms)
{
        struct moment limit;

        date_from_days(clamp(now_ms) / day_ms, &limit);
        int64_t limit_ms = days_from_date(limit.year + 50, limit.month, limit.day) * day_ms +
                           clamp(now_ms) % day_ms;

        moment->year += limit.year - limit.year % 100 + 100;
        while (moment->year >= 2070 && moment_ms(moment) > limit_ms)
                moment->year -= 100;
}

bool timestamp_parse_http(const char *text, size_t length, int64_t now_ms, int64_t *ms)
{
        struct cursor cursor = { text, text + length };
        struct moment moment;

        if (length == 0)
                return false;
        if (parse_fixdate(cursor, &moment) || parse_asctime(cursor, &moment))
                return store(&moment, 0, ms);
        if (!parse_rfc850(cursor, &moment))
                return false;
        widen_year(&moment, now_ms);
        return store(&moment, 0, ms);
}
