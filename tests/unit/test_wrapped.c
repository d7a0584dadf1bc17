/* Text is broken between words. */
#include "support.h"

#include "operator/wrapped.h"

#define TEN     "abcdefghi "
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static const struct {
        const char *says, *text;
        size_t indent;
        const char *want;
} rows[] = {
        { "a short one", "a b", 0, "a b\n" },
        { "nothing", "", 3, "\n" },
        { "what fits exactly", SEVENTY "abcdefghi", 0, SEVENTY "abcdefghi\n" },
        { "one more", SEVENTY "abcdefghij", 0,
          "abcdefghi abcdefghi abcdefghi abcdefghi abcdefghi abcdefghi abcdefghi\nabcdefghij\n" },
        { "the others are indented", SEVENTY "abcdefghi", 10,
          "abcdefghi abcdefghi abcdefghi abcdefghi abcdefghi abcdefghi abcdefghi\n"
          "          abcdefghi\n" },
};

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;

                wrapped_append(&out, rows[i].text, rows[i].indent);
                check_text(out.data, rows[i].want, rows[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
