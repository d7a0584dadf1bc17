/* tests/unit/test_bulkhead.c
 *
 * Who gets a slot, and when a site may send at all.
 */
#include "unit/support.h"

#include "policy/bulkhead.h"

enum { NOW_MS = 1000000000 };

static const struct {
        const char *says;
        unsigned in_flight, cap, total, total_max;
        bool want;
} slots[] = {
        { "a site with nothing in flight gets the last slot", 0, 2, 63, 64, true },
        { "none when all are taken", 0, 2, 64, 64, false },
        { "its own cap", 2, 2, 2, 64, false },
        { "below its own cap", 1, 2, 1, 64, true },
        { "a wide cap: as many as are free", 31, 64, 31, 64, true },
        { "a wide cap: never more than half", 32, 64, 32, 64, false },
        { "two hanging sites leave a third", 21, 64, 42, 64, true },
        { "two hanging sites leave a third: the bound", 22, 64, 44, 64, false },
        { "one slot in all serves one", 0, 2, 0, 1, true },
};

static void test_slots(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
                struct bulkhead bulkhead;

                bulkhead_init(&bulkhead, slots[i].cap, 2, 4, NOW_MS);
                bulkhead.in_flight = slots[i].in_flight;
                check_number(bulkhead_has_slot(&bulkhead, slots[i].total, slots[i].total_max),
                             slots[i].want, slots[i].says);
        }
}

/* Hanging sites that take all they can get: whoever comes next still finds a slot. */
static void test_hanging_sites_leave_room(void **state)
{
        (void)state;
        for (unsigned sites = 1; sites <= 16; sites++) {
                struct bulkhead hanging[16];
                unsigned total = 0;
                bool took = true;

                for (unsigned i = 0; i < sites; i++)
                        bulkhead_init(&hanging[i], 64, 1000, 1000, NOW_MS);
                while (took) {
                        took = false;
                        for (unsigned i = 0; i < sites; i++) {
                                if (!bulkhead_has_slot(&hanging[i], total, 64))
                                        continue;
                                bulkhead_sent(&hanging[i], false, NOW_MS);
                                total++;
                                took = true;
                        }
                }
                check(total < 64, "some are left");
                check(64 - total >= 64 / (sites + 1) - 1, "a fair share of them");
        }
}

static void test_a_pause_stops_the_site(void **state)
{
        struct bulkhead bulkhead;

        (void)state;
        bulkhead_init(&bulkhead, 2, 2, 4, NOW_MS);
        check_number(bulkhead_at_ms(&bulkhead, NOW_MS), NOW_MS, "nothing stands in the way");
        check(bulkhead_pause(&bulkhead, NOW_MS + 30000), "a pause is news");
        check(!bulkhead_pause(&bulkhead, NOW_MS + 20000), "a shorter one is not");
        check_number(bulkhead_at_ms(&bulkhead, NOW_MS), NOW_MS + 30000, "until then");
        check_number(bulkhead_at_ms(&bulkhead, NOW_MS + 30000), NOW_MS + 30000, "and then at once");
}

static void test_the_breaker_counts(void **state)
{
        struct bulkhead bulkhead;
        struct dice dice = { 1 };

        (void)state;
        bulkhead_init(&bulkhead, 2, 2, 4, NOW_MS);
        breaker_trip(&bulkhead.breaker, NOW_MS, &dice);
        check(bulkhead_at_ms(&bulkhead, NOW_MS) >= NOW_MS + 30000, "open: later");
        bulkhead_sent(&bulkhead, true, NOW_MS + 60000);
        check_number(bulkhead_at_ms(&bulkhead, NOW_MS + 60000), INT64_MAX, "one probe at a time");
        bulkhead_ended(&bulkhead);
}

static void test_the_retry_budget_delays(void **state)
{
        struct bulkhead bulkhead;

        (void)state;
        bulkhead_init(&bulkhead, 2, 1000, 1000, NOW_MS);
        for (unsigned i = 0; i < RETRY_BUDGET_A_MINUTE; i++) {
                check_number(bulkhead_retry_at_ms(&bulkhead, NOW_MS), NOW_MS,
                             "ten retries at once");
                bulkhead_sent(&bulkhead, true, NOW_MS);
        }
        check(bulkhead_retry_at_ms(&bulkhead, NOW_MS) > NOW_MS + 5000, "then one in six seconds");
        check(bulkhead_retry_at_ms(&bulkhead, NOW_MS) <= NOW_MS + 6001, "and no later");
        for (unsigned i = 0; i < 6; i++)
                bulkhead_sent(&bulkhead, false, NOW_MS);
        check_number(bulkhead_retry_at_ms(&bulkhead, NOW_MS), NOW_MS,
                     "five first tries allow a retry");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_slots),
                cmocka_unit_test(test_hanging_sites_leave_room),
                cmocka_unit_test(test_a_pause_stops_the_site),
                cmocka_unit_test(test_the_breaker_counts),
                cmocka_unit_test(test_the_retry_budget_delays),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
