/* tests/unit/test_watermark.c
 *
 * Scripts of offsets: 'a' adds, 'd' is done, each with the offset that would be stored after it.
 */
#include "unit/support.h"

#include "policy/watermark.h"

struct step {
        char what;
        int64_t offset;
        int64_t want; /* watermark_next after it */
};

static const struct {
        const char *says;
        struct step steps[12];
} cases[] = {
        { "nothing was read, nothing is stored", { { 'd', 5, WATERMARK_NONE } } },
        { "an open record holds the mark",
          { { 'a', 5, 5 }, { 'a', 6, 5 }, { 'd', 6, 5 }, { 'd', 5, 7 } } },
        { "in order", { { 'a', 0, 0 }, { 'd', 0, 1 }, { 'a', 1, 1 }, { 'd', 1, 2 } } },
        { "the lowest open one counts, not the number",
          { { 'a', 10, 10 },
            { 'a', 11, 10 },
            { 'a', 12, 10 },
            { 'd', 12, 10 },
            { 'd', 10, 11 },
            { 'd', 11, 13 } } },
        { "gaps of control records count as done",
          { { 'a', 3, 3 },
            { 'a', 70, 3 },
            { 'd', 3, 70 },
            { 'd', 70, 71 },
            { 'a', 900, 900 },
            { 'd', 900, 901 } } },
        { "done twice is harmless",
          { { 'a', 1, 1 }, { 'a', 2, 1 }, { 'd', 1, 2 }, { 'd', 1, 2 }, { 'd', 2, 3 } } },
        { "read twice is harmless, done or open",
          { { 'a', 4, 4 },
            { 'a', 4, 4 },
            { 'd', 4, 5 },
            { 'a', 4, 5 },
            { 'a', 5, 5 },
            { 'd', 5, 6 } } },
        { "done of what was never read is ignored",
          { { 'a', 64, 64 }, { 'd', 63, 64 }, { 'd', 65, 64 }, { 'd', 64, 65 } } },
        { "a large jump with nothing open costs nothing",
          { { 'a', 1, 1 },
            { 'd', 1, 2 },
            { 'a', INT64_C(1) << 39, INT64_C(1) << 39 },
            { 'd', INT64_C(1) << 39, (INT64_C(1) << 39) + 1 } } },
};

static void test_scripts(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct watermark watermark = WATERMARK_NULL;

                for (const struct step *step = cases[i].steps; step->what; step++) {
                        if (step->what == 'a')
                                watermark_add(&watermark, step->offset);
                        else
                                watermark_done(&watermark, step->offset);
                        check_number(watermark_next(&watermark), step->want, cases[i].says);
                }
                watermark_deinit(&watermark);
        }
}

/* A million records behind one that is stuck: an eighth of a byte each, and all let go at the end.
 */
static void test_a_stuck_site_is_cheap(void **state)
{
        struct watermark watermark = WATERMARK_NULL;

        (void)state;
        for (int64_t offset = 0; offset < 1000000; offset++)
                watermark_add(&watermark, offset);
        for (int64_t offset = 999999; offset > 0; offset--)
                watermark_done(&watermark, offset);
        check_number(watermark_next(&watermark), 0, "the first one still holds the mark");
        check(watermark.capacity * 8 <= 256 * 1024, "a bit an offset");
        check_number(watermark_done(&watermark, 0), 1000000, "then all is done");
        check_number(watermark.count, 0, "and nothing is kept");
        watermark_deinit(&watermark);
}

/* The window moves on for ever without growing. */
static void test_the_bitmap_does_not_grow_with_time(void **state)
{
        struct watermark watermark = WATERMARK_NULL;

        (void)state;
        for (int64_t offset = 0; offset < 200000; offset++) {
                watermark_add(&watermark, offset);
                if (offset >= 500)
                        check_number(watermark_done(&watermark, offset - 500), offset - 499,
                                     "500 stay open");
        }
        check(watermark.capacity <= 64, "as many words as the window needs");
        watermark_deinit(&watermark);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_scripts),
                cmocka_unit_test(test_a_stuck_site_is_cheap),
                cmocka_unit_test(test_the_bitmap_does_not_grow_with_time),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
