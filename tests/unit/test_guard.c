/* tests/unit/test_guard.c */
#include "unit/support.h"

#include "reconciler/guard.h"

#define NOW_MS INT64_C(1772355600000)
#define MIN_MS (60 * INT64_C(1000))

static const struct {
        const char *says;
        size_t known, recent, wanted;
        bool want;
} allowances[] = {
        { "five of ten", 10, 0, 5, true },
        { "six of ten", 10, 0, 6, false },
        { "six of thirty", 30, 0, 6, true },
        { "seven of thirty", 30, 0, 7, false },
        { "eighty of four hundred", 400, 0, 80, true },
        { "the 81st", 400, 80, 1, false },
        { "5 % a poll, the fifth time", 400, 80, 20, false },
        { "none", 10, 5, 0, true },
};

static void test_allowances(void **state)
{
        (void)state;
        const struct guard_allowance allowance = { 5, 20 };

        for (size_t i = 0; i < ARRAY_LENGTH(allowances); i++)
                check_number(guard_allows(&allowance, allowances[i].known, allowances[i].recent,
                                          allowances[i].wanted),
                             allowances[i].want, allowances[i].says);
}

static const struct {
        const char *says;
        unsigned flags;
        int64_t minutes; /* since */
        bool fresh;
        enum guard_verdict want;
        unsigned flags_after;
} verdicts[] = {
        { "not seen before", 0, 0, true, GUARD_ASK, 0 },
        { "a candidate", KNOWN_CANDIDATE, 5, true, GUARD_ASK, KNOWN_CANDIDATE },
        { "held, and a cached list", KNOWN_HELD | KNOWN_MISSED_ONCE, 99, false, GUARD_WAIT,
          KNOWN_HELD | KNOWN_MISSED_ONCE },
        { "held by a cached list, first fresh read", KNOWN_HELD, 99, true, GUARD_WAIT,
          KNOWN_HELD | KNOWN_MISSED_ONCE },
        { "29 minutes", KNOWN_HELD | KNOWN_MISSED_ONCE, 29, true, GUARD_WAIT,
          KNOWN_HELD | KNOWN_MISSED_ONCE },
        { "30 minutes", KNOWN_HELD | KNOWN_MISSED_ONCE, 30, true, GUARD_RELEASE,
          KNOWN_HELD | KNOWN_MISSED_ONCE },
        { "approved, cached", KNOWN_HELD | KNOWN_APPROVED, 1, false, GUARD_WAIT,
          KNOWN_HELD | KNOWN_APPROVED },
        { "approved, fresh", KNOWN_HELD | KNOWN_APPROVED, 1, true, GUARD_RELEASE,
          KNOWN_HELD | KNOWN_APPROVED },
        { "rejected", KNOWN_HELD | KNOWN_REJECTED, 1439, true, GUARD_SILENT,
          KNOWN_HELD | KNOWN_REJECTED },
        { "rejected yesterday", KNOWN_HELD | KNOWN_REJECTED, 1440, true, GUARD_WAIT,
          KNOWN_HELD | KNOWN_MISSED_ONCE },
};

static void test_verdicts(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(verdicts); i++) {
                struct known known = { .flags = verdicts[i].flags,
                                       .since_ms = NOW_MS - verdicts[i].minutes * MIN_MS };

                check_number(guard_event(&known, verdicts[i].fresh, NOW_MS), verdicts[i].want,
                             verdicts[i].says);
                check_number(known.flags, verdicts[i].flags_after, verdicts[i].says);
        }
}

static void test_hold_id(void **state)
{
        (void)state;
        const struct uuid a = { { 1 } }, b = { { 2 } };
        struct hold both = { 0, 0 }, one = { 0, 0 }, none = { 0, 0 };
        char id_both[HOLD_ID_BYTES], id_one[HOLD_ID_BYTES], id_none[HOLD_ID_BYTES];

        hold_add(&both, &a);
        hold_id(&both, id_one);
        hold_add(&both, &b);
        hold_add(&one, &a);
        hold_id(&both, id_both);
        check(strcmp(id_one, id_both) != 0, "another set has another name");
        hold_id(&one, id_both);
        check_text(id_one, id_both, "the same set has the same");
        hold_id(&none, id_none);
        check_text(id_none, "", "an empty hold has none");
        check_number(both.count, 2, "it knows how many");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_allowances),
                cmocka_unit_test(test_verdicts),
                cmocka_unit_test(test_hold_id),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
