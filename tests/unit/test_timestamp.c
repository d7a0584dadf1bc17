/* tests/unit/test_timestamp.c */
#include "base/timestamp.h"

#include "support.h"

static void test_parse(void **state)
{
        static const struct {
                const char *says;
                const char *text;
                const char *want; /* NULL: refused */
        } rows[] = {
                { "UTC", "2026-03-01T09:00:02Z", "2026-03-01T09:00:02.000Z" },
                { "an offset", "2026-03-01T10:00:02+01:00", "2026-03-01T09:00:02.000Z" },
                { "an offset to the west", "2026-02-28T23:30:00-01:30",
                  "2026-03-01T01:00:00.000Z" },
                { "milliseconds", "2026-03-01T09:00:02.117Z", "2026-03-01T09:00:02.117Z" },
                { "one decimal", "2026-03-01T09:00:02.1Z", "2026-03-01T09:00:02.100Z" },
                { "nine decimals are cut", "2026-03-01T09:00:02.117999999Z",
                  "2026-03-01T09:00:02.117Z" },
                { "lower case letters", "2026-03-01t09:00:02z", "2026-03-01T09:00:02.000Z" },
                { "a blank for the T", "2026-03-01 09:00:02Z", "2026-03-01T09:00:02.000Z" },
                { "a leap day", "2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000Z" },
                { "2000 was a leap year", "2000-02-29T12:00:00Z", "2000-02-29T12:00:00.000Z" },
                { "a leap second", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z" },
                { "the first", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z" },
                { "the last", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z" },
                { "before the first", "1970-01-01T00:00:00+00:01", NULL },
                { "behind the last", "9999-12-31T23:59:59-00:01", NULL },
                { "no such leap day", "2026-02-29T12:00:00Z", NULL },
                { "2100 is no leap year", "2100-02-29T12:00:00Z", NULL },
                { "month 13", "2026-13-01T00:00:00Z", NULL },
                { "day 0", "2026-01-00T00:00:00Z", NULL },
                { "hour 24", "2026-01-01T24:00:00Z", NULL },
                { "no offset", "2026-03-01T09:00:02", NULL },
                { "an offset without its colon", "2026-03-01T09:00:02+0100", NULL },
                { "an offset of a day", "2026-03-01T09:00:02+24:00", NULL },
                { "ten decimals", "2026-03-01T09:00:02.1234567891Z", NULL },
                { "a point without decimals", "2026-03-01T09:00:02.Z", NULL },
                { "more behind it", "2026-03-01T09:00:02Z ", NULL },
                { "only a date", "2026-03-01", NULL },
                { "signs are not digits", "2026-+3-01T09:00:02Z", NULL },
                { "empty", "", NULL },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char text[TIMESTAMP_TEXT_BYTES];
                int64_t ms = 0;
                bool valid = timestamp_parse(rows[i].text, strlen(rows[i].text), &ms);

                check_number(valid, rows[i].want != NULL, rows[i].says);
                if (!valid)
                        continue;
                timestamp_format(ms, text);
                check_text(text, rows[i].want, rows[i].says);
        }
}

static void test_format(void **state)
{
        static const struct {
                const char *says;
                int64_t ms;
                const char *want;
                const char *date;
        } rows[] = {
                { "the epoch", 0, "1970-01-01T00:00:00.000Z", "1970-01-01" },
                { "today", 1772355602117, "2026-03-01T09:00:02.117Z", "2026-03-01" },
                { "the last ms of a day", 1772409599999, "2026-03-01T23:59:59.999Z", "2026-03-01" },
                { "a leap day", 1709164800000, "2024-02-29T00:00:00.000Z", "2024-02-29" },
                { "what lies before is the epoch", -1, "1970-01-01T00:00:00.000Z", "1970-01-01" },
                { "so is none", TIMESTAMP_NONE, "1970-01-01T00:00:00.000Z", "1970-01-01" },
                { "what lies behind is the last", INT64_MAX, "9999-12-31T23:59:59.999Z",
                  "9999-12-31" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char text[TIMESTAMP_TEXT_BYTES];

                timestamp_format(rows[i].ms, text);
                check_text(text, rows[i].want, rows[i].says);
                timestamp_format_date(rows[i].ms, text);
                check_text(text, rows[i].date, rows[i].says);
        }
}

/* Each day of 1970 to 2400, which has all the kinds of years. */
static void test_round_trip(void **state)
{
        (void)state;
        for (int64_t day = 0; day < 430 * 366; day++) {
                char text[TIMESTAMP_TEXT_BYTES];
                int64_t want = day * 86400000 + day % 86400000, got = 0;

                timestamp_format(want, text);
                check(timestamp_parse(text, strlen(text), &got), text);
                check_number(got, want, text);
        }
}

static void test_http(void **state)
{
        static const struct {
                const char *says;
                const char *text;
                const char *now;
                const char *want; /* NULL: refused */
        } rows[] = {
                { "IMF-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT", "2026-03-01T00:00:00Z",
                  "1994-11-06T08:49:37.000Z" },
                { "RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", "2026-03-01T00:00:00Z",
                  "1994-11-06T08:49:37.000Z" },
                { "asctime", "Sun Nov  6 08:49:37 1994", "2026-03-01T00:00:00Z",
                  "1994-11-06T08:49:37.000Z" },
                { "asctime with a two-digit day", "Wed Nov 16 08:49:37 1994",
                  "2026-03-01T00:00:00Z", "1994-11-16T08:49:37.000Z" },
                { "two digits: next year", "Friday, 01-Jan-27 00:00:00 GMT", "2026-03-01T00:00:00Z",
                  "2027-01-01T00:00:00.000Z" },
                { "two digits: exactly 50 years ahead", "Sunday, 01-Mar-76 00:00:00 GMT",
                  "2026-03-01T00:00:00Z", "2076-03-01T00:00:00.000Z" },
                { "two digits: a second more is the past", "Monday, 01-Mar-76 00:00:01 GMT",
                  "2026-03-01T00:00:00Z", "1976-03-01T00:00:01.000Z" },
                { "two digits: over the century", "Friday, 01-Jan-10 00:00:00 GMT",
                  "2090-03-01T00:00:00Z", "2110-01-01T00:00:00.000Z" },
                { "another zone", "Sun, 06 Nov 1994 08:49:37 CET", "2026-03-01T00:00:00Z", NULL },
                { "no zone", "Sun, 06 Nov 1994 08:49:37", "2026-03-01T00:00:00Z", NULL },
                { "one-digit day", "Sun, 6 Nov 1994 08:49:37 GMT", "2026-03-01T00:00:00Z", NULL },
                { "no such month", "Sun, 06 Nok 1994 08:49:37 GMT", "2026-03-01T00:00:00Z", NULL },
                { "no such day", "Son, 06 Nov 1994 08:49:37 GMT", "2026-03-01T00:00:00Z", NULL },
                { "31 November", "Sun, 31 Nov 1994 08:49:37 GMT", "2026-03-01T00:00:00Z", NULL },
                { "seconds", "120", "2026-03-01T00:00:00Z", NULL },
                { "empty", "", "2026-03-01T00:00:00Z", NULL },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char text[TIMESTAMP_TEXT_BYTES];
                int64_t ms = 0, now_ms = 0;

                assert_true(timestamp_parse(rows[i].now, strlen(rows[i].now), &now_ms));

                bool valid = timestamp_parse_http(rows[i].text, strlen(rows[i].text), now_ms, &ms);

                check_number(valid, rows[i].want != NULL, rows[i].says);
                if (!valid)
                        continue;
                timestamp_format(ms, text);
                check_text(text, rows[i].want, rows[i].says);
        }
}

/* The cursor must stop at the length, whatever lies behind it. */
static void test_length(void **state)
{
        static const char text[] = "2026-03-01T09:00:02.117Z";
        int64_t ms;

        (void)state;
        for (size_t length = 0; length < sizeof(text) - 1; length++)
                check(!timestamp_parse(text, length, &ms), "a piece is no moment");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),      cmocka_unit_test(test_format),
                cmocka_unit_test(test_round_trip), cmocka_unit_test(test_http),
                cmocka_unit_test(test_length),
        };

        return cmocka_run_group_tests_name("timestamp", tests, NULL, NULL);
}
