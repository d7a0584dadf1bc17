/* tests/unit/test_idempotency.c
 *
 * Equal exactly when municipality, uuid, versions, serial and body are; known answers, so that a
 * later version of the writer makes the same keys.
 */
#include "unit/support.h"

#include "policy/idempotency.h"

struct input {
        const char *municipality, *uuid;
        uint64_t versions[MEMBER_COUNT];
        uint64_t serial;
        const char *body;
};

static const struct {
        const char *says;
        struct input input;
        bool same; /* as the first row */
} cases[] = {
        { "the row that others are compared with",
          { "aarhus",
            "0f1c0000-0000-4000-8000-000000000001",
            { 5, 0, 0 },
            0,
            "{\"state\":\"SoldOut\"}" },
          true },
        { "again",
          { "aarhus",
            "0F1C0000-0000-4000-8000-000000000001",
            { 5, 0, 0 },
            0,
            "{\"state\":\"SoldOut\"}" },
          true },
        { "another municipality",
          { "viborg",
            "0f1c0000-0000-4000-8000-000000000001",
            { 5, 0, 0 },
            0,
            "{\"state\":\"SoldOut\"}" },
          false },
        { "another event",
          { "aarhus",
            "0f1c0000-0000-4000-8000-000000000002",
            { 5, 0, 0 },
            0,
            "{\"state\":\"SoldOut\"}" },
          false },
        { "another version",
          { "aarhus",
            "0f1c0000-0000-4000-8000-000000000001",
            { 6, 0, 0 },
            0,
            "{\"state\":\"SoldOut\"}" },
          false },
        { "another member",
          { "aarhus",
            "0f1c0000-0000-4000-8000-000000000001",
            { 0, 5, 0 },
            0,
            "{\"state\":\"SoldOut\"}" },
          false },
        { "sent again on purpose",
          { "aarhus",
            "0f1c0000-0000-4000-8000-000000000001",
            { 5, 0, 0 },
            1,
            "{\"state\":\"SoldOut\"}" },
          false },
        { "another body",
          { "aarhus",
            "0f1c0000-0000-4000-8000-000000000001",
            { 5, 0, 0 },
            0,
            "{\"state\":\"Active\"}" },
          false },
};

static void key_of(const struct input *input, char key[IDEMPOTENCY_KEY_BYTES])
{
        struct uuid uuid;

        check(uuid_parse(input->uuid, strlen(input->uuid), &uuid), "a uuid");
        idempotency_key(input->municipality, &uuid, input->versions, input->serial,
                        slice_of(input->body), key);
}

static void test_keys(void **state)
{
        char first[IDEMPOTENCY_KEY_BYTES], key[IDEMPOTENCY_KEY_BYTES];

        (void)state;
        key_of(&cases[0].input, first);
        check_number(strspn(first, "0123456789abcdef"), 32, "32 hex digits");
        check_number(strlen(first), 32, "and no more");
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                key_of(&cases[i].input, key);
                check_number(strcmp(key, first) == 0, cases[i].same, cases[i].says);
        }
}

/* printf 'aarhus\n0f1c0000-0000-4000-8000-000000000001\n5\n0\n0\n0\n{"state":"SoldOut"}' |
 * sha256sum */
static void test_known_answer(void **state)
{
        char key[IDEMPOTENCY_KEY_BYTES];

        (void)state;
        key_of(&cases[0].input, key);
        check_text(key, "d25b34251223f79056dfc8ffdbe337f5",
                   "the same in every version of the writer");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_keys),
                cmocka_unit_test(test_known_answer),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
