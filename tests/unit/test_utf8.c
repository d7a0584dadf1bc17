/* tests/unit/test_utf8.c */
#include "base/utf8.h"

#include "support.h"

static void test_character(void **state)
{
        static const struct {
                const char *says;
                const char *data;
                size_t want;
        } rows[] = {
                { "nothing is no character", "", 0 },
                { "ASCII is one byte", "a", 1 },
                { "two bytes", "\xc3\xa6", 2 },
                { "three bytes", "\xe2\x82\xac", 3 },
                { "four bytes", "\xf0\x9f\x98\x80", 4 },
                { "cut off", "\xe2\x82", 0 },
                { "a continuation cannot begin", "\x80", 0 },
                { "overlong slash", "\xc0\xaf", 0 },
                { "overlong in three bytes", "\xe0\x80\xaf", 0 },
                { "overlong in four bytes", "\xf0\x80\x80\xaf", 0 },
                { "a surrogate", "\xed\xa0\x80", 0 },
                { "above U+10FFFF", "\xf4\x90\x80\x80", 0 },
                { "never a lead byte", "\xff", 0 },
                { "broken in the last byte", "\xe2\x82x", 0 },
                { "the last before the surrogates", "\xed\x9f\xbf", 3 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                check_number(utf8_character(rows[i].data, strlen(rows[i].data)), rows[i].want,
                             rows[i].says);
}

static void test_cut(void **state)
{
        static const struct {
                const char *says;
                const char *data;
                size_t max_bytes;
                size_t want;
        } rows[] = {
                { "short texts stay", "abc", 3, 3 },
                { "between characters", "abcd", 3, 3 },
                { "not inside of two bytes", "ab\xc3\xa6", 3, 2 },
                { "not inside of four bytes", "a\xf0\x9f\x98\x80", 4, 1 },
                { "to nothing", "\xc3\xa6", 1, 0 },
                { "what is no UTF-8 is cut anywhere", "\x80\x80\x80\x80\x80\x80", 5, 5 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                check_number(utf8_cut(rows[i].data, strlen(rows[i].data), rows[i].max_bytes),
                             rows[i].want, rows[i].says);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_character),
                cmocka_unit_test(test_cut),
        };

        return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
