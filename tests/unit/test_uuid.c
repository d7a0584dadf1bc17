/* tests/unit/test_uuid.c */
#include "base/uuid.h"

#include "support.h"

static void test_parse(void **state)
{
        static const struct {
                const char *says;
                const char *text;
                const char *want; /* NULL: refused */
        } rows[] = {
                { "lower case", "0f1c2d3e-4a5b-6c7d-8e9f-a0b1c2d3e4f5",
                  "0f1c2d3e-4a5b-6c7d-8e9f-a0b1c2d3e4f5" },
                { "upper case is written lower", "0F1C2D3E-4A5B-6C7D-8E9F-A0B1C2D3E4F5",
                  "0f1c2d3e-4a5b-6c7d-8e9f-a0b1c2d3e4f5" },
                { "nil is one", "00000000-0000-0000-0000-000000000000",
                  "00000000-0000-0000-0000-000000000000" },
                { "max is one", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                  "ffffffff-ffff-ffff-ffff-ffffffffffff" },
                { "empty", "", NULL },
                { "without dashes", "0f1c2d3e4a5b6c7d8e9fa0b1c2d3e4f5", NULL },
                { "a dash in the wrong place", "0f1c2d3-e4a5b-6c7d-8e9f-a0b1c2d3e4f5", NULL },
                { "a digit for a dash", "0f1c2d3e04a5b-6c7d-8e9f-a0b1c2d3e4f5", NULL },
                { "a dash for a digit", "0f1c2d3e-4a5b-6c7d-8e9f-a0b1c2d3e4-5", NULL },
                { "not hexadecimal", "0f1c2d3e-4a5b-6c7d-8e9f-a0b1c2d3e4g5", NULL },
                { "one short", "0f1c2d3e-4a5b-6c7d-8e9f-a0b1c2d3e4f", NULL },
                { "one long", "0f1c2d3e-4a5b-6c7d-8e9f-a0b1c2d3e4f55", NULL },
                { "in braces", "{0f1c2d3e-4a5b-6c7d-8e9f-a0b1c2d3e4f}", NULL },
                { "blanks are not digits", " f1c2d3e-4a5b-6c7d-8e9f-a0b1c2d3e4f5", NULL },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct uuid uuid = { { 0 } };
                char text[UUID_TEXT_BYTES];
                bool valid = uuid_parse(rows[i].text, strlen(rows[i].text), &uuid);

                check_number(valid, rows[i].want != NULL, rows[i].says);
                if (!valid)
                        continue;
                uuid_format(&uuid, text);
                check_text(text, rows[i].want, rows[i].says);
        }
}

static void test_compare(void **state)
{
        static const char *const sorted[] = {
                "00000000-0000-0000-0000-000000000001",
                "0f1c2d3e-4a5b-6c7d-8e9f-a0b1c2d3e4f5",
                "80000000-0000-0000-0000-000000000000",
                "ffffffff-ffff-ffff-ffff-fffffffffffe",
        };
        struct uuid uuids[4];

        (void)state;
        for (size_t i = 0; i < 4; i++)
                assert_true(uuid_parse(sorted[i], strlen(sorted[i]), &uuids[i]));
        for (size_t i = 0; i < 4; i++) {
                for (size_t j = 0; j < 4; j++) {
                        int order = uuid_compare(&uuids[i], &uuids[j]);

                        check_number((order > 0) - (order < 0), (i > j) - (i < j), sorted[i]);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_compare),
        };

        return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
