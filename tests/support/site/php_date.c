/* site/php_date.c
 *
 * The CMS hands `from_date` to PHP's DateTime and answers 400 for what that refuses. It takes far
 * more than YYYY-MM-DD, so a client that sends a date-time by mistake is not told.
 */
#include "site/php_date.h"

#include "site/copenhagen.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What may stand behind a date: nothing, or a time with an optional fraction and offset. */
static bool is_time(const char *text)
{
        int hour, minute, second = 0, length = 0;

        if (*text == '\0')
                return true;
        if (strchr("Tt ", *text) == NULL ||
            sscanf(text + 1, "%2d:%2d%n", &hour, &minute, &length) < 2)
                return false;
        text += 1 + length;
        length = 0;
        if (sscanf(text, ":%2d%n", &second, &length) == 1)
                text += length;
        if (*text == '.')
                text += 1 + strspn(text + 1, "0123456789");
        if (hour > 24 || minute > 59 || second > 59)
                return false;
        if (*text == '\0' || strcasecmp(text, "Z") == 0)
                return true;
        length = 0;
        return strchr("+-", *text) && sscanf(text + 1, "%2d:%2d%n", &hour, &minute, &length) == 2 &&
               text[1 + length] == '\0';
}

static bool parse_calendar(const char *text, int64_t *day)
{
        int year, month, of_month, length = 0;

        if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &of_month, &length) != 3 &&
            sscanf(text, "%4d/%2d/%2d%n", &year, &month, &of_month, &length) != 3 &&
            sscanf(text, "%2d-%2d-%4d%n", &of_month, &month, &year, &length) != 3)
                return false;
        if (year < 1000 || month < 1 || month > 12 || of_month < 1 || of_month > 31)
                return false;
        *day = copenhagen_days(year, month, of_month);
        return is_time(text + length);
}

static bool parse_step(const char *text, int64_t today, int64_t *day)
{
        static const struct {
                const char *unit;
                int days;
        } units[] = { { "day", 1 }, { "week", 7 } };
        int count, length = 0;

        if (sscanf(text, "%d%n", &count, &length) != 1 || !strchr("+-", *text))
                return false;
        text += length + (int)strspn(text + length, " ");
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
                size_t bytes = strlen(units[i].unit);

                if (strncasecmp(text, units[i].unit, bytes) == 0 &&
                    (text[bytes] == '\0' || strcasecmp(text + bytes, "s") == 0)) {
                        *day = today + (int64_t)count * units[i].days;
                        return true;
                }
        }
        return false;
}

bool php_date_parse(const char *text, int64_t now_s, int64_t *day)
{
        static const struct { const char *word; int days;
        } words[] = {
                { "now", 0 },      { "today", 0 },      { "midnight", 0 },
                { "tomorrow", 1 }, { "yesterday", -1 },
        };
        int64_t today = (now_s + copenhagen_offset_s(now_s)) / DAY_S;

        text += strspn(text, " ");
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                if (strcasecmp(text, words[i].word) == 0) {
                        *day = today + words[i].days;
                        return true;
                }
        }
        return isdigit((unsigned char)*text) ? parse_calendar(text, day)
                                             : parse_step(text, today, day);
}
