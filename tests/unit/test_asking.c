/* tests/unit/test_asking.c */
#include "unit/support.h"

#include "base/cleanup.h"
#include "reconciler/asking.h"

enum { NOW = 1000 * 1000, SECOND = 1000, MINUTE = 60 * SECOND };

static void test_every(void **state)
{
        static const struct {
                const char *says;
                int64_t poll_interval_ms;
                int64_t want_ms;
        } rows[] = {
                { "a site read every ten minutes is asked once a minute", 10 * MINUTE, MINUTE },
                { "one read every ten seconds that often", 10 * SECOND, 10 * SECOND },
                { "and never more than once a second", 100, SECOND },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct municipality config = { .poll_interval_ms = rows[i].poll_interval_ms };

                check_number(asking_every_ms(&config), rows[i].want_ms, rows[i].says);
        }
}

static void test_may(void **state)
{
        struct asking asking = { .every_ms = MINUTE };

        (void)state;
        check(asking_may(&asking, ASKED_FRESH, NOW), "the first asking is at once");
        check(!asking_may(&asking, ASKED_FRESH, NOW + MINUTE - 1), "a second one within the minute is not");
        check(asking_may(&asking, ASKED_FULL, NOW), "another kind is asked for by itself");
        check(asking_may(&asking, ASKED_FRESH, NOW + MINUTE), "after a minute it is");
        asking_must(&asking, ASKED_FULL, NOW + 1);
        check(!asking_may(&asking, ASKED_FULL, NOW + MINUTE), "what a person asked for counts, too");
}

/* A deletion that waits is never forgotten: what may not be asked for now is asked for later. */
static void test_recheck(void **state)
{
        struct asking asking = { .every_ms = MINUTE };

        (void)state;
        check(!asking_recheck(&asking, NOW), "nothing waits");
        check(asking_may(&asking, ASKED_FRESH, NOW), "a fresh list was asked for");
        asking.recheck_at_ms = NOW + SECOND;
        check(!asking_recheck(&asking, NOW + SECOND), "something else waits a second later");
        check_number(asking.recheck_at_ms, NOW + MINUTE, "it is due when it may be");
        check(asking_recheck(&asking, NOW + MINUTE), "and asked for then");
        check_number(asking.recheck_at_ms, NOW + 11 * MINUTE, "once more after ten minutes, if none came");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every),
                cmocka_unit_test(test_may),
                cmocka_unit_test(test_recheck),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
