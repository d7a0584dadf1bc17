/* tests/unit/test_retry.c */
#include "unit/support.h"

#include "base/cleanup.h"
#include "policy/retry.h"

static void test_wait(void **state)
{
        static const struct {
                const char *says;
                struct retry_policy policy;
                unsigned failures;
                int64_t most_ms;
        } rows[] = {
                { "the first wait is within the base", { 500, 300000, 0 }, 1, 500 },
                { "each failure doubles it", { 500, 300000, 0 }, 4, 4000 },
                { "waits stop at the cap", { 500, 300000, 0 }, 11, 300000 },
                { "a thousand failures do not overflow", { 500, 300000, 0 }, 1000, 300000 },
                { "a cap near the end of the numbers neither", { 1, INT64_MAX - 1, 0 }, 5000,
                  INT64_MAX - 1 },
                { "never shorter than the floor", { 500, 300000, 450 }, 1, 500 },
        };
        struct dice dice = { 7 };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                int64_t shortest_ms = INT64_MAX, longest_ms = 0;

                for (int try = 0; try < 1000; try++) {
                        int64_t wait_ms = retry_wait_ms(&rows[i].policy, rows[i].failures, &dice);

                        shortest_ms = wait_ms < shortest_ms ? wait_ms : shortest_ms;
                        longest_ms = wait_ms > longest_ms ? wait_ms : longest_ms;
                }
                if (longest_ms > rows[i].most_ms || longest_ms < rows[i].most_ms / 10 * 9 ||
                    shortest_ms < rows[i].policy.floor_ms ||
                    shortest_ms > rows[i].policy.floor_ms + rows[i].most_ms / 10)
                        fail_msg("%s: waits of %lld to %lld ms", rows[i].says,
                                 (long long)shortest_ms, (long long)longest_ms);
        }
}

static void test_retry_after(void **state)
{
        enum { HOUR_MS = 3600000 };
        static const int64_t now_ms = INT64_C(784111777000); /* Sun, 06 Nov 1994 08:49:37 GMT */
        static const struct {
                const char *says;
                const char *text;
                bool taken;
                int64_t after_ms;
        } rows[] = {
                { "seconds", "120", true, 120000 },
                { "no time at all", "0", true, 0 },
                { "spaces around do not matter", " 5 \t", true, 5000 },
                { "seconds are clamped", "86400", true, HOUR_MS },
                { "more seconds than fit are clamped", "99999999999999999999999999", true, HOUR_MS },
                { "a date", "Sun, 06 Nov 1994 08:50:37 GMT", true, 60000 },
                { "a date of the old form", "Sunday, 06-Nov-94 08:50:37 GMT", true, 60000 },
                { "a date that has passed is now", "Sun, 06 Nov 1994 08:00:00 GMT", true, 0 },
                { "a date far away is clamped", "Mon, 06 Nov 1995 08:49:37 GMT", true, HOUR_MS },
                { "a sign is malformed", "-5", false, 0 },
                { "decimals are malformed", "1.5", false, 0 },
                { "words are malformed", "soon", false, 0 },
                { "empty is malformed", "", false, 0 },
                { "spaces alone are malformed", "  ", false, 0 },
                { "absent is absent", NULL, false, 0 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                int64_t at_ms = now_ms;

                if (retry_after_parse(rows[i].text, now_ms, HOUR_MS, &at_ms) != rows[i].taken ||
                    at_ms - now_ms != rows[i].after_ms)
                        fail_msg("%s: %lld ms", rows[i].says, (long long)(at_ms - now_ms));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_wait),
                cmocka_unit_test(test_retry_after),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
