/* tests/unit/test_dice.c */
#include "base/dice.h"

#include "support.h"

static void test_sequence(void **state)
{
        /* The reference implementation's first numbers for seed 1234567. */
        static const uint64_t want[] = { UINT64_C(6457827717110365317),
                                         UINT64_C(3203168211198807973),
                                         UINT64_C(9817491932198370423),
                                         UINT64_C(4593380528125082431),
                                         UINT64_C(16408922859458223821) };
        struct dice dice = { 1234567 };

        (void)state;
        for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
                check(dice_next(&dice) == want[i], "splitmix64");
}

static void test_ranges(void **state)
{
        static const struct {
                const char *says;
                int64_t bound;
                int64_t most;
        } rows[] = {
                { "ten", 10, 9 },
                { "one has only 0", 1, 0 },
                { "no bound is 0", 0, 0 },
                { "a negative bound is 0", -5, 0 },
                { "the largest", INT64_MAX, INT64_MAX - 1 },
        };
        struct dice dice = { 0 };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                for (int turn = 0; turn < 1000; turn++) {
                        int64_t rolled = dice_below(&dice, rows[i].bound);

                        check(rolled >= 0 && rolled <= rows[i].most, rows[i].says);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sequence),
                cmocka_unit_test(test_ranges),
        };

        return cmocka_run_group_tests_name("dice", tests, NULL, NULL);
}
