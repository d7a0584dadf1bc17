/* tests/unit/test_sample.c */
#include "support.h"

#include "reconciler/sample.h"

static const char eight[] =
        "00000000-0000-0000-0000-000000000000,00000000-0000-0000-0000-000000000001,"
        "00000000-0000-0000-0000-000000000002,00000000-0000-0000-0000-000000000003,"
        "00000000-0000-0000-0000-000000000004,00000000-0000-0000-0000-000000000005,"
        "00000000-0000-0000-0000-000000000006,00000000-0000-0000-0000-000000000007";

static void test_text(void **state)
{
        (void)state;
        struct sample sample = { 0 };
        char text[SAMPLE_TEXT_BYTES];

        sample_text(&sample, text);
        check_text(text, "", "of none, nothing");
        for (unsigned char i = 0; i < 20; i++) {
                struct uuid uuid = { .bytes = { [15] = i } };

                sample_add(&sample, &uuid);
                sample_text(&sample, text);
                check_number(strlen(text), i < 8 ? 37 * (i + 1) - 1 : (int)strlen(eight),
                             "the first eight");
        }
        check_text(text, eight, "in the order in which they came");
        check_number(sample.count, 20, "all are counted");
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_text) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
