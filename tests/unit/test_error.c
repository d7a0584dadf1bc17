/* tests/unit/test_error.c */
#include "base/error.h"

#include "support.h"

static void test_set(void **state)
{
        struct error error = ERROR_NULL;

        (void)state;
        check_number(error_set(&error, "port %d is taken", 9101), -1, "returns -1");
        check_text(error.text, "port 9101 is taken", "formats");
        error_set(&error, "%s, again", error.text);
        check_text(error.text, "port 9101 is taken, again", "may quote itself");
        check_number(error_set(NULL, "x"), -1, "no error wanted");
}

static void test_wrap(void **state)
{
        struct error error = ERROR_NULL;

        (void)state;
        error_set(&error, "no such file");
        check_number(error_wrap(&error, "%s: credentials", "aarhus"), -1, "returns -1");
        check_text(error.text, "aarhus: credentials: no such file", "puts the context before");
        check_number(error_wrap(NULL, "x"), -1, "no error wanted");
}

static void test_cut(void **state)
{
        struct error error = ERROR_NULL;
        char text[3 * ERROR_TEXT_BYTES];

        (void)state;
        memset(text, 'x', sizeof(text));
        text[sizeof(text) - 1] = '\0';
        error_set(&error, "%s", text);
        check_number(strlen(error.text), ERROR_TEXT_BYTES - 1, "a long text is cut");
        error_wrap(&error, "aarhus");
        check_number(strlen(error.text), ERROR_TEXT_BYTES - 1, "a wrapped text is cut");
        check(strncmp(error.text, "aarhus: xxx", 11) == 0, "the context is kept");
        error_wrap(&error, "%s", text);
        check_number(strlen(error.text), ERROR_TEXT_BYTES - 1, "a long context is cut");

        text[ERROR_TEXT_BYTES - 2] = '\xc3';
        text[ERROR_TEXT_BYTES - 1] = '\xa6';
        error_set(&error, "%s", text);
        check_number(strlen(error.text), ERROR_TEXT_BYTES - 2, "no character is cut in two");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_set),
                cmocka_unit_test(test_wrap),
                cmocka_unit_test(test_cut),
        };

        return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
