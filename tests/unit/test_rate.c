/* tests/unit/test_rate.c
 *
 * How many requests go within a time, if they go as soon as they may.
 */
#include "unit/support.h"

#include "policy/rate.h"

static const struct {
        const char *says;
        int64_t per_second, burst;
        unsigned halvings; /* before the start */
        int64_t span_ms;
        int64_t want;
} cases[] = {
        { "the burst goes at once", 2, 4, 0, 0, 4 },
        { "then two a second", 2, 4, 0, 10000, 24 },
        { "one a second", 1, 1, 0, 10000, 11 },
        { "a 429 halves it, and takes what was saved", 2, 4, 1, 10000, 10 },
        { "two 429 quarter it", 2, 4, 2, 10000, 5 },
        { "it never stands still: a sixteenth", 2, 4, 20, 16000, 2 },
        { "restored step by step: 30 s at a half, then an eighth more each", 2, 4, 1, 60000,
          30 + 37 },
        { "a hundred times as fast", 200, 10, 0, 1000, 210 },
};

static int64_t count(struct rate *rate, int64_t now_ms, int64_t end_ms)
{
        int64_t sent = 0;

        for (;;) {
                int64_t at_ms = rate_at_ms(rate, now_ms);

                if (at_ms > end_ms)
                        return sent;
                now_ms = at_ms;
                if (rate_at_ms(rate, now_ms) > now_ms)
                        continue;
                rate_take(rate, now_ms);
                sent++;
        }
}

static void test_counts(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct rate rate;
                int64_t now_ms = 1700000000000;

                rate_init(&rate, cases[i].per_second, cases[i].burst, now_ms);
                for (unsigned halving = 0; halving < cases[i].halvings; halving++)
                        rate_halve(&rate, now_ms);

                int64_t got = count(&rate, now_ms, now_ms + cases[i].span_ms);

                /* A token may take a millisecond more than its share: one request less in a long
                 * run. */
                if (got < cases[i].want - 1 - cases[i].want / 50 || got > cases[i].want)
                        check_number(got, cases[i].want, cases[i].says);
        }
}

static void test_a_smaller_burst_takes_effect(void **state)
{
        struct rate rate;

        (void)state;
        rate_init(&rate, 2, 4, 0);
        rate_configure(&rate, 1, 1);
        check_number(count(&rate, 0, 500), 1, "one at once");
}

static void test_a_clock_that_stands_or_steps_back(void **state)
{
        struct rate rate;

        (void)state;
        rate_init(&rate, 2, 1, 10000);
        rate_take(&rate, 10000);
        check(rate_at_ms(&rate, 9000) > 9000, "a step back gives nothing");
        check(rate_at_ms(&rate, 9000) < 9600, "and takes nothing");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_counts),
                cmocka_unit_test(test_a_smaller_burst_takes_effect),
                cmocka_unit_test(test_a_clock_that_stands_or_steps_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
