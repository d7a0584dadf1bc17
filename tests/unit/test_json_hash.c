/* tests/unit/test_json_hash.c */
#include "support.h"

#include "base/json_hash.h"
#include "base/json_raw.h"

static const struct {
        const char *says;
        const char *a, *b;
        bool equal;
} rows[] = {
        { "the same text", "\"a\"", "\"a\"", true },
        { "escaped", "\"\\u00e6\\/\\n\"", "\"\xc3\xa6/\\u000A\"", true },
        { "a surrogate pair", "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"", true },
        { "another text", "\"a\"", "\"b\"", false },
        { "a text is no number", "\"1\"", "1", false },
        { "nor a literal", "\"true\"", "true", false },
        { "literals differ", "true", "false", false },
        { "null is its own", "null", "false", false },
        { "whole numbers by value", "75.0", "75", true },
        { "also with an exponent", "7.5E+1", "75", true },
        { "minus zero", "-0", "0.0", true },
        { "halves differ from wholes", "75.5", "75", false },
        { "halves by value", "0.5", "5e-1", true },
        { "eighteen digits", "123456789012345678", "123456789012345679", false },
        { "more than a number of ours can hold, by its bytes", "99999999999999999999",
          "99999999999999999998", false },
        { "beyond all bounds, by its bytes", "1e999", "1e998", false },
        { "members in any order", "{\"a\":1,\"b\":[2]}", "{ \"b\" : [ 2 ], \"a\" : 1 }", true },
        { "names may be escaped", "{\"a\":1}", "{\"\\u0061\":1}", true },
        { "values that swap names", "{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}", false },
        { "items have an order", "[1,2]", "[2,1]", false },
        { "nesting counts", "[[1,2]]", "[1,2]", false },
        { "empty ones differ", "[]", "{}", false },
        { "an item more", "[null]", "[]", false },
        { "what no text can hold, by its bytes", "\"\\u0000\"", "\"\\u0001\"", false },
        { "half a pair, by its bytes", "\"\\ud800\"", "\"\\ud801\"", false },
};

static void test_hash(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
                check_number(json_hash(slice_of(rows[i].a)) == json_hash(slice_of(rows[i].b)),
                             rows[i].equal, rows[i].says);
}

static void test_until(void **state)
{
        (void)state;
        struct slice a = slice_of("{\"url\":\"x\\u003f1\",\"alt\":\"?1\"}");
        struct slice b = slice_of("{\"url\":\"x?2\",\"alt\":\"?1\"}");
        struct slice c = slice_of("{\"url\":\"x?2\",\"alt\":\"?2\"}");

        check(json_hash(a) != json_hash(b), "whole, they differ");
        check(json_hash_until(a, "url", '?') == json_hash_until(b, "url", '?'), "up to the mark");
        check(json_hash_until(b, "url", '?') != json_hash_until(c, "url", '?'), "only that member");
        check(json_hash_until(slice_of("[1]"), "url", '?') == json_hash(slice_of("[1]")),
              "an array has no members");
        check(json_hash_until(slice_of("\"x?1\""), NULL, '?') == json_hash(slice_of("\"x\"")),
              "a string by itself");
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_hash),
                                            cmocka_unit_test(test_until) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
