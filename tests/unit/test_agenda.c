/* tests/unit/test_agenda.c */
#include "unit/support.h"

#include "base/dice.h"
#include "base/agenda.h"

enum { ENTRIES = 500 };

/* Set, moved and dropped in any order, entries come out by time. */
static void test_order(void **state)
{
        struct agenda agenda = AGENDA_NULL;
        struct due dues[ENTRIES] = { 0 };
        struct dice dice = { 11 };
        int64_t last_ms = -1;
        size_t taken = 0, left = 0;

        (void)state;
        for (size_t round = 0; round < 5 * ENTRIES; round++) {
                struct due *due = &dues[dice_next(&dice) % ENTRIES];

                if (dice_next(&dice) % 4 == 0)
                        agenda_drop(&agenda, due);
                else
                        agenda_set(&agenda, due, dice_below(&dice, 1000));
        }
        for (size_t i = 0; i < ENTRIES; i++)
                left += dues[i].place > 0;
        for (struct due *due; (due = agenda_take(&agenda, 2000)); taken++) {
                check(due->at_ms >= last_ms, "by time");
                check_number(due->place, 0, "one that was taken is out");
                last_ms = due->at_ms;
        }
        check_number(taken, left, "all of them, once");
        agenda_deinit(&agenda);
}

static void test_nothing_is_due_early(void **state)
{
        struct agenda agenda = AGENDA_NULL;
        struct due due = { 0 };

        (void)state;
        check_number(agenda_next_ms(&agenda), INT64_MAX, "empty");
        agenda_set(&agenda, &due, 100);
        check_number(agenda_next_ms(&agenda), 100, "the earliest");
        check(!agenda_take(&agenda, 99), "not yet");
        check(agenda_take(&agenda, 100) == &due, "now");
        agenda_drop(&agenda, &due);
        check(!agenda_take(&agenda, 1000), "and no more");
        agenda_deinit(&agenda);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_order),
                cmocka_unit_test(test_nothing_is_due_early),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
