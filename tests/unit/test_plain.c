/* Foreign text on a terminal. */
#include "support.h"

#include "operator/plain.h"

static const struct {
        const char *says, *text;
        size_t max_bytes;
        const char *want;
        size_t width;
} rows[] = {
        { "letters of every language stay", "Børnerim på ægte dansk: 親子 🎉", 0,
          "Børnerim på ægte dansk: 親子 🎉", 28 },
        { "a colour is none", "\033[31mrød\033[0m", 0, "?[31mrød?[0m", 12 },
        { "C1 controls too", "a\302\233b", 0, "a?b", 3 },
        { "a bell and a delete", "\a\177", 0, "??", 2 },
        { "one line stays one", "a\nb\tc\rd", 0, "a b c?d", 7 },
        { "a line separator too", "a\342\200\250b", 0, "a?b", 3 },
        { "nothing turns the line", "\342\200\256gnp.exe\342\201\246", 0, "?gnp.exe?", 9 },
        { "what is no UTF-8", "a\377\300b", 0, "a??b", 4 },
        { "a cut never splits a character", "ææ", 3, "æ…", 2 },
        { "what fits is not cut", "ææ", 4, "ææ", 2 },
        { "nothing", "", 5, "", 0 },
};

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;

                plain_append(&out, slice_of(rows[i].text), rows[i].max_bytes);
                check_text(out.data ? out.data : "", rows[i].want, rows[i].says);
                check_number(plain_width(out.data ? out.data : ""), rows[i].width, rows[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
