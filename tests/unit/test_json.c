/* tests/unit/test_json.c */
#include "base/json.h"

#include "base/timestamp.h"

#include "support.h"

static void test_read(void **state)
{
        static const struct {
                const char *says;
                const char *text;
                const char *want; /* a piece of the reason; NULL: taken */
        } rows[] = {
                { "an object", "{\"a\":1}", NULL },
                { "an array", " [1, 2]\n", NULL },
                { "brackets in strings are text", "[\"[[[{{{\\\"[\"]", NULL },
                { "empty", "", "not JSON: empty" },
                { "a scalar", "42", "line 1, column 2" },
                { "HTML", "<!DOCTYPE html>", "line 1, column 1" },
                { "half of it", "[{\"a\":1},", "line 1" },
                { "trailing bytes", "{} x", "line 1, column 4" },
                { "the same member twice", "{\"a\":1,\n\"a\":2}", "line 2" },
                { "not UTF-8", "[\"\xff\"]", "line 1" },
                { "a NUL in a text", "[\"\\u0000\"]", "line 1" },
                { "more brackets closed than opened", "[]]]]", "line 1" },
                { "an open string ending in an escape", "[\"\\", "line 1" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct error error = ERROR_NULL;
                size_t bytes = strlen(rows[i].text);
                /* An exact copy, so that a sanitizer sees a read behind the end. */
                _cleanup_(freep) char *copy = malloc(bytes > 0 ? bytes : 1);

                memcpy(copy, rows[i].text, bytes);
                _cleanup_(json_decrefp) json_t *root = json_read(copy, bytes, 1000, &error);

                check_number(root != NULL, rows[i].want == NULL, rows[i].says);
                if (!root && !strstr(error.text, rows[i].want))
                        fail_msg("%s: %s", rows[i].says, error.text);
                check(!json_read(copy, bytes, bytes > 0 ? bytes - 1 : 0, NULL), rows[i].says);
        }
}

static void test_bounds(void **state)
{
        struct error error = ERROR_NULL;
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;

        (void)state;
        for (int i = 0; i < JSON_DEPTH_MAX; i++)
                buffer_append_byte(&text, '[');
        for (int i = 0; i < JSON_DEPTH_MAX; i++)
                buffer_append_byte(&text, ']');

        _cleanup_(json_decrefp) json_t *root = json_read(text.data, text.length, 1000, &error);

        check(root, "as deep as is allowed");
        check(!json_read(text.data, text.length, text.length - 1, &error), "a byte too many");
        check_text(error.text, "128 bytes of JSON, at most 127 are taken", "says the size");
        buffer_clear(&text);
        for (int i = 0; i < 100000; i++)
                buffer_append_text(&text, "{\"a\":");
        check(!json_read(text.data, text.length, SIZE_MAX, &error), "far too deep");
        check_text(error.text, "JSON is nested more than 64 levels deep at byte 320", "says where");
}

static void test_members(void **state)
{
        static const char text[] =
                "{\"t\":\"x\",\"n\":-7,\"r\":1.5,\"y\":true,\"f\":false,\"z\":null}";
        _cleanup_(json_decrefp) json_t *root = json_read(text, strlen(text), 1000, NULL);
        int64_t number = 99;

        (void)state;
        check_text(json_member_text(root, "t"), "x", "a text");
        check_text(json_member_text(root, "n"), NULL, "a number is no text");
        check_text(json_member_text(root, "z"), NULL, "null is none");
        check_text(json_member_text(root, "absent"), NULL, "absent is none");
        check(json_member_integer(root, "n", &number) && number == -7, "an integer");
        check(!json_member_integer(root, "r", &number) && number == -7, "a fraction is none");
        check(!json_member_integer(root, "absent", &number), "absent is none");
        check(json_member_boolean(root, "y", false), "true");
        check(!json_member_boolean(root, "f", true), "false");
        check(json_member_boolean(root, "z", true), "null is absent");
        check(!json_member_boolean(root, "absent", false), "absent is what was said");
        check_text(json_member_text(NULL, "t"), NULL, "no object has no members");
}

static void test_write_string(void **state)
{
        static const struct {
                const char *says;
                const char *text;
                size_t bytes;
                const char *want;
        } rows[] = {
                { "empty", "", 0, "\"\"" },
                { "plain", "abc", 3, "\"abc\"" },
                { "quote and backslash", "a\"b\\c", 5, "\"a\\\"b\\\\c\"" },
                { "the short escapes", "\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"" },
                { "other controls", "\x01\x1f", 2, "\"\\u0001\\u001f\"" },
                { "NUL", "a\0b", 3, "\"a\\u0000b\"" },
                { "slash and DEL are not escaped", "/\x7f", 2, "\"/\x7f\"" },
                { "UTF-8 is left", "\xc3\xa6\xf0\x9f\x98\x80", 6, "\"\xc3\xa6\xf0\x9f\x98\x80\"" },
                { "what is not UTF-8 is replaced", "a\xff\xc3", 3,
                  "\"a\xef\xbf\xbd\xef\xbf\xbd\"" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;

                json_write_string(&out, rows[i].text, rows[i].bytes);
                check_text(out.data, rows[i].want, rows[i].says);

                _cleanup_(json_decrefp) json_t *back =
                        json_loadb(out.data, out.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

                check(back, rows[i].says);
        }
}

static void test_write_members(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;

        (void)state;
        buffer_append_byte(&out, '{');
        json_write_member_text(&out, "a", "ends with {");
        json_write_member_text(&out, "b", NULL);
        json_write_member_integer(&out, "c", INT64_MIN);
        json_write_member_boolean(&out, "d", true);
        json_write_member_time(&out, "e", 1772355602117);
        json_write_member_time(&out, "f", TIMESTAMP_NONE);
        json_write_member_raw(&out, "g", slice_of("{\"x\":1.50}"));
        json_write_member(&out, "h\n");
        buffer_append_text(&out, "[]}");
        check_text(out.data,
                   "{\"a\":\"ends with {\",\"b\":null,\"c\":-9223372036854775808,\"d\":true,"
                   "\"e\":\"2026-03-01T09:00:02.117Z\",\"f\":null,\"g\":{\"x\":1.50},\"h\\n\":[]}",
                   "members in a row");
}

static void test_nul_byte(void **state)
{
        static const char text[] = "{\"a\":1\0,\"b\":2}";
        struct error error = ERROR_NULL;

        (void)state;
        check(!json_read(text, sizeof(text) - 1, 128, &error), "jansson would overlook it");
        check_text(error.text, "not JSON: a NUL byte", "says what");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_read),          cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_members),       cmocka_unit_test(test_write_string),
                cmocka_unit_test(test_write_members),
                cmocka_unit_test(test_nul_byte),
        };

        return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
