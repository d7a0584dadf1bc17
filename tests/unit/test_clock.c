/* tests/unit/test_clock.c */
#include "unit/support.h"

#include "base/cleanup.h"
#include "fetcher/clock.h"

static const struct {
        const char *says;
        int64_t produced_ms, delivered_ms, append_ms;
        int64_t ahead_ms;
        bool off;
} rows[] = {
        { "between the two, nothing can be told", 10000, 10040, 10020, 0, false },
        { "nor when the way was long", 10000, 70000, 40000, 0, false },
        { "a little ahead is no harm", 10000, 10040, 7000, 3000, false },
        { "five seconds are the limit", 10000, 10040, 5000, 5000, false },
        { "more is too much", 10000, 10040, 4999, 5001, true },
        { "so it is behind", 10000, 10040, 15041, -5001, true },
        { "behind, but by less", 10000, 10040, 15040, -5000, false },
        { "behind after a long way is what lies beyond it", 10000, 70000, 80000, -10000, true },
};

static void test_each(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct clock clock = { 0 };
                bool changed = clock_note(&clock, rows[i].produced_ms, rows[i].delivered_ms,
                                          rows[i].append_ms);

                check_number(clock.ahead_ms, rows[i].ahead_ms, rows[i].says);
                check(clock_is_off(&clock) == rows[i].off, rows[i].says);
                check(changed == rows[i].off, rows[i].says);
        }
}

static void test_change_is_told_once(void **state)
{
        struct clock clock = { 0 };

        (void)state;
        assert_true(clock_note(&clock, 60000, 60010, 10000));
        assert_false(clock_note(&clock, 61000, 61010, 11000));
        assert_true(clock_note(&clock, 12000, 12010, 12005));
        assert_int_equal(clock.ahead_ms, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each),
                cmocka_unit_test(test_change_is_told_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
