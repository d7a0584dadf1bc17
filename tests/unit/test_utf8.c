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

static void test_hidden(void **state)
{
        static const struct {
                const char *says;
                const char *data;
                uint32_t code_point;
                bool hidden;
        } rows[] = {
                { "a letter", "a", 0x61, false },
                { "a letter of two bytes", "\xc3\xa6", 0xe6, false },
                { "a sign of three", "\xe2\x82\xac", 0x20ac, false },
                { "a face of four", "\xf0\x9f\x98\x80", 0x1f600, false },
                { "a line break", "\n", 0x0a, true },
                { "delete", "\x7f", 0x7f, true },
                { "C1", "\xc2\x9b", 0x9b, true },
                { "turns the direction", "\xe2\x80\xae", 0x202e, true },
                { "leaves an isolate", "\xe2\x81\xa9", 0x2069, true },
                { "has no width", "\xe2\x80\x8b", 0x200b, true },
                { "joins the parts of a face", "\xe2\x80\x8d", 0x200d, false },
                { "a tag", "\xf3\xa0\x81\x81", 0xe0041, true },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                uint32_t code_point = utf8_code_point(rows[i].data, strlen(rows[i].data));

                check_number(code_point, rows[i].code_point, rows[i].says);
                check_number(utf8_is_hidden(code_point), rows[i].hidden, rows[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_character),
                cmocka_unit_test(test_cut),
                cmocka_unit_test(test_hidden),
        };

        return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
