/* tests/unit/test_schedule.c
 *
 * Each row is a story: steps at moments (in seconds after the start), and between which moments the
 * next read must be due after the last step.
 */
#include "unit/support.h"

#include "base/cleanup.h"
#include "fetcher/schedule.h"

enum step_verb { END, INIT, BEGIN, SUCCEED, SUCCEED_WHOLE, FAIL, POSTPONE, REFRESH, RECONFIGURE };

struct step {
        enum step_verb verb;
        int64_t at_s;
        int64_t number; /* INIT: success at; FAIL: pause until; POSTPONE: wait; REFRESH: 1 full, 2 fresh;
                           RECONFIGURE: interval */
};

enum { NEVER = -1, NOW_S = 1000000 }; /* the start */

static struct schedule_policy ten_minutes(void)
{
        return (struct schedule_policy){ 600000, 6 * 3600000, 24 * 3600000 };
}

static void take(struct schedule *schedule, struct schedule_policy *policy, const struct step *step,
                 struct dice *dice)
{
        int64_t now_ms = (NOW_S + step->at_s) * 1000, number_ms = (NOW_S + step->number) * 1000;

        switch (step->verb) {
        case INIT:
                schedule_init(schedule, policy, step->number == NEVER ? 0 : number_ms, now_ms, dice);
                break;
        case BEGIN:
                schedule_begin(schedule, policy, now_ms);
                break;
        case SUCCEED:
        case SUCCEED_WHOLE:
                schedule_succeeded(schedule, policy, step->verb == SUCCEED_WHOLE, now_ms, dice);
                break;
        case FAIL:
                schedule_failed(schedule, policy, step->number ? number_ms : 0, now_ms, dice);
                break;
        case POSTPONE:
                schedule_postponed(schedule, step->number * 1000, now_ms);
                break;
        case REFRESH:
                schedule_refresh(schedule, step->number & 1, step->number & 2, now_ms);
                break;
        case RECONFIGURE:
                policy->interval_ms = step->number * 1000;
                schedule_reconfigured(schedule, policy, now_ms, dice);
                break;
        case END:
                break;
        }
}

static void test_due(void **state)
{
        static const struct {
                const char *says;
                struct step steps[12];
                int64_t least_s; /* NEVER: none is due */
                int64_t most_s;
        } rows[] = {
                { "a new site is read within 10 s", { { INIT, 0, NEVER } }, 0, 10 },
                { "a known one goes on where it was", { { INIT, 0, -300 } }, 240, 360 },
                { "one that is overdue is read soon, not at once", { { INIT, 0, -5000 } }, 0, 10 },
                { "a success in the future does not stop the reads", { { INIT, 0, 9000 } }, 600, 600 },
                { "none is due while one runs", { { INIT, 0, NEVER }, { BEGIN, 60, 0 } }, NEVER, 0 },
                { "a refresh does not start a second one",
                  { { INIT, 0, NEVER }, { BEGIN, 60, 0 }, { REFRESH, 61, 0 } }, NEVER, 0 },
                { "the second read comes within the interval",
                  { { INIT, 0, NEVER }, { BEGIN, 60, 0 }, { SUCCEED, 62, 0 } }, 62, 662 },
                { "then it is the interval, give or take a tenth",
                  { { INIT, 0, NEVER }, { BEGIN, 60, 0 }, { SUCCEED, 62, 0 }, { BEGIN, 100, 0 },
                    { SUCCEED, 100, 0 } }, 640, 760 },
                { "the first failure waits at most the base",
                  { { INIT, 0, -300 }, { BEGIN, 300, 0 }, { FAIL, 300, 0 } }, 305, 310 },
                { "failures wait longer, up to four intervals",
                  { { INIT, 0, -300 }, { BEGIN, 0, 0 }, { FAIL, 0, 0 }, { FAIL, 0, 0 }, { FAIL, 0, 0 },
                    { FAIL, 0, 0 }, { FAIL, 0, 0 }, { FAIL, 0, 0 }, { FAIL, 0, 0 }, { FAIL, 0, 0 } },
                  5, 2400 },
                { "a success ends the backoff",
                  { { INIT, 0, -300 }, { BEGIN, 0, 0 }, { FAIL, 0, 0 }, { BEGIN, 10, 0 },
                    { SUCCEED, 10, 0 } }, 550, 670 },
                { "a pause that the site asked for is kept",
                  { { INIT, 0, -300 }, { BEGIN, 0, 0 }, { FAIL, 0, 900 } }, 900, 900 },
                { "a refresh does not break it",
                  { { INIT, 0, -300 }, { BEGIN, 0, 0 }, { FAIL, 0, 900 }, { REFRESH, 10, 3 } }, 900, 900 },
                { "it is an hour at most",
                  { { INIT, 0, -300 }, { BEGIN, 0, 0 }, { FAIL, 0, 90000 } }, 3600, 3600 },
                { "a refresh is due at once", { { INIT, 0, -300 }, { REFRESH, 10, 0 } }, 10, 10 },
                { "a refresh breaks a backoff",
                  { { INIT, 0, -300 }, { BEGIN, 0, 0 }, { FAIL, 0, 0 }, { REFRESH, 1, 0 } }, 1, 1 },
                { "a refresh during a read is due after it",
                  { { INIT, 0, -300 }, { BEGIN, 0, 0 }, { REFRESH, 1, 0 }, { SUCCEED, 5, 0 } }, 5, 5 },
                { "one before it is answered by it",
                  { { INIT, 0, -300 }, { REFRESH, 1, 0 }, { BEGIN, 2, 0 }, { SUCCEED, 5, 0 } }, 545, 665 },
                { "what was postponed is tried after its wait",
                  { { INIT, 0, -300 }, { BEGIN, 0, 0 }, { POSTPONE, 5, 3 } }, 8, 8 },
                { "a shorter interval takes effect",
                  { { INIT, 0, 0 }, { RECONFIGURE, 10, 60 } }, 64, 76 },
                { "a longer one waits for the next read",
                  { { INIT, 0, 0 }, { RECONFIGURE, 10, 6000 } }, 540, 660 },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                for (uint64_t seed = 0; seed < 50; seed++) {
                        struct schedule schedule = { .due_ms = 0 };
                        struct schedule_policy policy = ten_minutes();
                        struct dice dice = { seed };

                        for (const struct step *step = rows[i].steps; step->verb != END; step++)
                                take(&schedule, &policy, step, &dice);

                        int64_t due_ms = schedule_due_ms(&schedule) - NOW_S * INT64_C(1000);

                        if (rows[i].least_s == NEVER
                                    ? schedule_due_ms(&schedule) != INT64_MAX
                                    : due_ms < rows[i].least_s * 1000 ||
                                              due_ms > rows[i].most_s * 1000)
                                fail_msg("%s: due after %lld ms", rows[i].says, (long long)due_ms);
                }
        }
}

static void test_kind(void **state)
{
        static const struct {
                const char *says;
                struct step steps[10];
                bool full;
                bool fresh;
        } rows[] = {
                { "the first read is whole and fresh", { { INIT, 0, NEVER } }, true, true },
                { "the next one is neither",
                  { { INIT, 0, NEVER }, { BEGIN, 0, 0 }, { SUCCEED_WHOLE, 1, 0 } }, false, false },
                { "after six hours it is whole",
                  { { INIT, 0, NEVER }, { BEGIN, 0, 0 }, { SUCCEED_WHOLE, 1, 0 }, { BEGIN, 21601, 0 },
                    { SUCCEED, 21602, 0 } }, true, false },
                { "after a day it is fresh too",
                  { { INIT, 0, NEVER }, { BEGIN, 0, 0 }, { SUCCEED_WHOLE, -70000, 0 } }, true, true },
                { "a refresh may ask for it",
                  { { INIT, 0, NEVER }, { BEGIN, 0, 0 }, { SUCCEED_WHOLE, 1, 0 }, { REFRESH, 2, 2 } },
                  false, true },
                { "two refreshes are answered together",
                  { { INIT, 0, NEVER }, { BEGIN, 0, 0 }, { SUCCEED_WHOLE, 1, 0 }, { REFRESH, 2, 2 },
                    { REFRESH, 3, 1 } }, true, true },
                { "a failure does not answer it",
                  { { INIT, 0, NEVER }, { BEGIN, 0, 0 }, { SUCCEED_WHOLE, 1, 0 }, { REFRESH, 2, 3 },
                    { BEGIN, 3, 0 }, { FAIL, 4, 0 } }, true, true },
                { "a success does",
                  { { INIT, 0, NEVER }, { BEGIN, 0, 0 }, { SUCCEED_WHOLE, 1, 0 }, { REFRESH, 2, 3 },
                    { BEGIN, 3, 0 }, { SUCCEED_WHOLE, 4, 0 } }, false, false },
                { "what was asked for during a read is for the next",
                  { { INIT, 0, NEVER }, { BEGIN, 0, 0 }, { REFRESH, 1, 1 }, { SUCCEED_WHOLE, 2, 0 } },
                  true, false },
                { "a read that found nothing new was not whole",
                  { { INIT, 0, NEVER }, { BEGIN, 0, 0 }, { SUCCEED, 2, 0 } }, true, false },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct schedule schedule = { .due_ms = 0 };
                struct schedule_policy policy = ten_minutes();
                struct dice dice = { 9 };
                int64_t at_s = 20000;

                for (const struct step *step = rows[i].steps; step->verb != END; step++) {
                        take(&schedule, &policy, step, &dice);
                        at_s = step->at_s > at_s ? step->at_s : at_s;
                }

                struct schedule_kind kind =
                        schedule_begin(&schedule, &policy, (NOW_S + at_s) * 1000);

                if (kind.full != rows[i].full || kind.fresh != rows[i].fresh)
                        fail_msg("%s: full %d, fresh %d", rows[i].says, kind.full, kind.fresh);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_due),
                cmocka_unit_test(test_kind),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
