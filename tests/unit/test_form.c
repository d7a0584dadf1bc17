/* What a browser sends: read whole, or not at all. */
#include "support.h"

#include "base/cleanup.h"
#include "operator/form.h"

static void test_read(void **state)
{
        static const struct {
                const char *says, *text;
                bool read;
                const char *a, *b; /* fields of these names */
        } cases[] = {
                { "nothing", "", true, "", "" },
                { "two fields", "a=1&b=2", true, "1", "2" },
                { "a field without a value", "a&b=", true, "", "" },
                { "blanks and escapes", "a=x+y%20z&b=%c3%A6", true, "x y z", "\xc3\xa6" },
                { "an equals sign in a value", "a=b=c", true, "b=c", "" },
                { "separators that separate nothing", "&&a=1&", true, "1", "" },
                { "an escaped name", "%61=1", true, "1", "" },
                { "half an escape", "a=%4", false, NULL, NULL },
                { "no escape", "a=%zz", false, NULL, NULL },
                { "an escaped NUL", "a=1%00&b=2", false, NULL, NULL },
                { "a name that stands twice", "a=1&b=2&a=3", false, NULL, NULL },
                { "twice, first without a value", "a=&a=3", false, NULL, NULL },
                { "too many fields", "a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q", false, NULL, NULL },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
                struct form form;

                check_number(form_read(&form, slice_of(cases[i].text)), cases[i].read,
                             cases[i].says);
                if (!cases[i].read)
                        continue;
                check_text(form_field(&form, "a"), cases[i].a, cases[i].says);
                check_text(form_field(&form, "b"), cases[i].b, cases[i].says);
        }
}

static void test_bounds(void **state)
{
        static char text[FORM_BYTES_MAX + 16] = "a=";
        struct form form;

        (void)state;
        memset(text + 2, 'x', sizeof(text) - 2);
        check(!form_read(&form, (struct slice){ text, sizeof(text) }),
              "more than there is room for");
        check(form_read(&form, (struct slice){ text, FORM_BYTES_MAX - 1 }), "just as much");
        check_number(strlen(form_field(&form, "a")), FORM_BYTES_MAX - 3, "is there whole");
        check(!form_add(&form, "b", ""), "and leaves no room for another");
        check(!form_read(&form, (struct slice){ "a\0=1", 4 }), "a NUL that was not escaped");
}

static void test_add(void **state)
{
        struct form form = { .count = 0 };

        (void)state;
        check(form_add(&form, "a", "1") && form_add(&form, "b", ""), "fields that were decoded");
        check(!form_add(&form, "a", "2"), "but not twice");
        check_text(form_field(&form, "a"), "1", "the first stands");
        check_text(form_field(&form, "c"), "", "no such field");
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_read),
                                            cmocka_unit_test(test_bounds),
                                            cmocka_unit_test(test_add) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
