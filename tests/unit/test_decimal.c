/* tests/unit/test_decimal.c */
#include "unit/support.h"

#include "base/buffer.h"
#include "base/decimal.h"

static const struct {
        int64_t number;
        const char *text;
} rows[] = {
        { 0, "0" },
        { 7, "7" },
        { 10, "10" },
        { -1, "-1" },
        { 1772355602117, "1772355602117" },
        { INT64_MAX, "9223372036854775807" },
        { INT64_MIN, "-9223372036854775808" },
};

static void test_format(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                char text[DECIMAL_BYTES];

                check_number(decimal_format(rows[i].number, text), strlen(rows[i].text),
                             rows[i].text);
                check_text(text, rows[i].text, rows[i].text);
        }
}

static void test_the_largest(void **state)
{
        char text[DECIMAL_BYTES];

        (void)state;
        check_number(decimal_format_unsigned(UINT64_MAX, text), 20, "its length");
        check_text(text, "18446744073709551615", "as text");
}

static void test_behind_others(void **state)
{
        _cleanup_(buffer_deinit) struct buffer buffer = BUFFER_NULL;

        (void)state;
        buffer_append_text(&buffer, "from ");
        buffer_append_integer(&buffer, -3);
        buffer_append_text(&buffer, " to ");
        buffer_append_unsigned(&buffer, UINT64_MAX);
        check_text(buffer.data, "from -3 to 18446744073709551615", "in a text");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_format),
                cmocka_unit_test(test_the_largest),
                cmocka_unit_test(test_behind_others),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
