/* tests/unit/test_breaker.c
 *
 * Scripts: a letter is a request's end ('s' success, 'f' failure), 't' sets it open at once, 'p' a
 * probe that goes, 'o' one that said nothing; each at its own second.
 */
#include "unit/support.h"

#include "policy/breaker.h"

static const struct {
        const char *says;
        const char *script;
        int64_t step_ms; /* between letters */
        enum breaker_state want;
} cases[] = {
        { "new it is closed", "", 1000, BREAKER_CLOSED },
        { "nine in a row are not enough", "fffffffff", 1000, BREAKER_CLOSED },
        { "ten in a row open it", "ffffffffff", 1000, BREAKER_OPEN },
        { "slow failures in a row count as well", "ffffffffff", 60000, BREAKER_OPEN },
        { "a success ends the row", "fffffffffsf", 60000, BREAKER_CLOSED },
        { "seven of ten in 30 s open it", "fffsffsfsf", 1000, BREAKER_OPEN },
        { "six of ten do not", "ffsfsfsfsf", 1000, BREAKER_CLOSED },
        { "seven of ten over a long time do not", "fffsffsfsf", 10000, BREAKER_CLOSED },
        { "fewer than ten requests do not", "ffffsfff", 1000, BREAKER_CLOSED },
        { "a site that is set up wrongly opens it at once", "t", 1000, BREAKER_OPEN },
        { "no probe before its time", "tp", 1000, BREAKER_OPEN },
        { "a probe when its time has come", "tp", 40000, BREAKER_HALF_OPEN },
        { "a probe that succeeds closes it", "tps", 40000, BREAKER_CLOSED },
        { "a probe that fails opens it again", "tpf", 40000, BREAKER_OPEN },
        { "a probe that said nothing leaves it open", "tpo", 40000, BREAKER_OPEN },
        { "a late success of before does not close it", "ts", 1000, BREAKER_OPEN },
        { "closed, it has forgotten the failures", "ffffffffffpsfffffffff", 40000, BREAKER_CLOSED },
};

static void play(struct breaker *breaker, char letter, int64_t now_ms, struct dice *dice)
{
        switch (letter) {
        case 's':
                breaker_succeed(breaker, now_ms);
                break;
        case 'f':
                breaker_fail(breaker, now_ms, dice);
                break;
        case 't':
                breaker_trip(breaker, now_ms, dice);
                break;
        case 'p':
                breaker_sent(breaker, now_ms);
                break;
        case 'o':
                breaker_forget(breaker, now_ms);
                break;
        }
}

static void test_scripts(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct breaker breaker = BREAKER_NULL;
                struct dice dice = { 7 };
                int64_t now_ms = 1700000000000;

                for (const char *letter = cases[i].script; *letter;
                     letter++, now_ms += cases[i].step_ms)
                        play(&breaker, *letter, now_ms, &dice);
                check_number(breaker.state, cases[i].want, cases[i].says);
        }
}

/* 30 s, doubling to 10 min, each up to a quarter longer. */
static void test_waits_double(void **state)
{
        static const int64_t least_ms[] = { 30000, 60000, 120000, 240000, 480000, 600000, 600000 };
        struct breaker breaker = BREAKER_NULL;
        struct dice dice = { 3 };
        int64_t now_ms = 1700000000000;

        (void)state;
        for (size_t i = 0; i < sizeof(least_ms) / sizeof(least_ms[0]); i++) {
                check(breaker_trip(&breaker, now_ms, &dice), "opening is told");
                check(!breaker_trip(&breaker, now_ms, &dice), "once");

                int64_t wait_ms = breaker_at_ms(&breaker) - now_ms;

                check(wait_ms >= least_ms[i] && wait_ms <= 600000, "at least that, at most 10 min");
                check(wait_ms <= least_ms[i] + least_ms[i] / 4, "at most a quarter longer");
                now_ms = breaker_at_ms(&breaker);
                breaker_sent(&breaker, now_ms);
                check_number(breaker_at_ms(&breaker), INT64_MAX, "one probe only");
        }
        check(breaker_succeed(&breaker, now_ms), "closing is told");
        check(breaker_at_ms(&breaker) <= now_ms, "closed: go");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_scripts),
                cmocka_unit_test(test_waits_double),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
