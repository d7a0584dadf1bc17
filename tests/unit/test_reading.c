/* tests/unit/test_reading.c */
#include "unit/support.h"

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "fetcher/reading.h"

static int64_t at(const char *text)
{
        int64_t ms = 0;

        assert_true(timestamp_parse(text, strlen(text), &ms));
        return ms;
}

static void test_from_date(void **state)
{
        static const struct {
                const char *says;
                const char *now;
                int64_t days;
                const char *date;
        } rows[] = {
                { "none", "2026-03-04T12:00:00Z", 0, "" },
                { "a Wednesday's two weeks ago is that week's Monday", "2026-03-04T12:00:00Z", -14,
                  "2026-02-16" },
                { "it stays so until Sunday's last second", "2026-03-08T23:59:59Z", -14, "2026-02-16" },
                { "and moves on Monday", "2026-03-09T00:00:00Z", -14, "2026-02-23" },
                { "across the year", "2026-01-01T00:00:00Z", -3, "2025-12-29" },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                char date[READING_DATE_BYTES];

                reading_from_date(rows[i].days * 86400000, at(rows[i].now), date);
                if (strcmp(date, rows[i].date) != 0)
                        fail_msg("%s: %s", rows[i].says, date);
        }
}

#define ACCEPT "Accept: application/json"
#define URL "https://www.aakb.dk/api/v1/events?_format=json"

static void test_prepare(void **state)
{
        static const struct {
                const char *says;
                struct schedule_kind kind;
                bool authenticated;
                bool other_source;
                int64_t from_date_ms;
                const char *url;
                const char *headers;
                bool conditional;
        } rows[] = {
                { "an ordinary read is anonymous and conditional", { true, false, false }, false, false, 0,
                  URL, ACCEPT "\nIf-None-Match: W/\"17\"\nIf-Modified-Since: Sun\n", true },
                { "a whole one is not conditional", { true, true, false }, false, false, 0, URL,
                  ACCEPT "\n", false },
                { "a fresh one uses the log-in", { true, false, true }, true, false, 0, URL, ACCEPT "\n",
                  false },
                { "or a parameter never used before", { true, false, true }, false, false, 0,
                  URL "&dplsync=19ca8a03e8000000000000000ff", ACCEPT "\n", false },
                { "validators of another address are not used", { true, false, false }, false, true, 0, URL,
                  ACCEPT "\n", false },
                { "from_date is part of the address", { true, false, false }, false, true, -14 * 86400000,
                  URL "&from_date=2026-02-09", ACCEPT "\n", false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct municipality municipality = {
                        .id = "aarhus", .base_url = (char *)"https://www.aakb.dk",
                        .api_version = (char *)"v1", .from_date_ms = rows[i].from_date_ms,
                };
                struct bookmark bookmark = {
                        .etag = "W/\"17\"", .last_modified = "Sun", .source = hash64(URL, strlen(URL)),
                };
                _cleanup_(reading_deinit) struct reading reading = { .header_count = 0 };
                _cleanup_(buffer_deinit) struct buffer headers = BUFFER_NULL;

                bookmark.source += rows[i].other_source;
                reading_prepare(&reading, &municipality, &bookmark, rows[i].kind, rows[i].authenticated,
                                255, at("2026-03-01T09:00:00Z"));
                for (size_t j = 0; j < reading.header_count; j++)
                        buffer_append_format(&headers, "%s\n", reading.headers[j].data);
                if (strcmp(reading.url.data, rows[i].url) != 0 ||
                    strcmp(headers.data, rows[i].headers) != 0 ||
                    reading.authenticated != rows[i].authenticated ||
                    reading.conditional != rows[i].conditional)
                        fail_msg("%s: %s\n%s", rows[i].says, reading.url.data, headers.data);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_from_date),
                cmocka_unit_test(test_prepare),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
