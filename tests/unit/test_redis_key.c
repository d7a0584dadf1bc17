/* tests/unit/test_redis_key.c */
#include "unit/support.h"

#include "model/redis_key.h"

static void test_names(void **state)
{
        char key[REDIS_KEY_BYTES], longest[MUNICIPALITY_ID_BYTES];

        (void)state;
        check_text(redis_key(key, "aarhus", "s"), "{aarhus}:s", "its events");
        check_text(redis_key(key, "aarhus", "status"), "{aarhus}:status", "what operators see");
        memset(longest, 'a', sizeof(longest) - 1);
        longest[sizeof(longest) - 1] = '\0';
        redis_key(key, longest, "status");
        check_number(strlen(key), sizeof(longest) - 1 + strlen("{}:status"), "the longest id");
        check_text(redis_key(key,
                             "01234567890123456789012345678901234567890123456789012345678901234",
                             "w"),
                   "{012345678901234567890123456789012345678901234567890123456789012}:w",
                   "longer than any id");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
