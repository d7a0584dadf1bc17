/* What a vendor may wish, and the sentence that he gets for what he may not. */
#include "support.h"

#include "base/cleanup.h"
#include "model/update.h"

#define HEAD   "\"municipality\":\"aarhus\",\"uuid\":\"0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b\""
#define ACTIVE ",\"state\":\"Active\""

static const struct {
        const char *says;
        const char *value;
        enum update_fault want;
        const char *names; /* the sentence must have it */
} rows[] = {
        { "a state", "{" HEAD ACTIVE "}", UPDATE_OK, NULL },
        { "a pair",
          "{" HEAD ",\"external_data\":{\"url\":\"https://a/1\",\"admin_url\":\"http://a/2\"}}",
          UPDATE_OK, NULL },
        { "half a pair", "{" HEAD ",\"external_data\":{\"admin_url\":\"https://a/2\"}}", UPDATE_OK,
          NULL },
        { "null clears", "{" HEAD ",\"external_data\":{\"url\":null}}", UPDATE_OK, NULL },
        { "both", "{" HEAD ACTIVE ",\"external_data\":{\"url\":\"https://a/1\"}}", UPDATE_OK,
          NULL },
        { "an empty external_data beside a state", "{" HEAD ACTIVE ",\"external_data\":{}}",
          UPDATE_OK, NULL },
        { "a uuid in any case",
          "{\"municipality\":\"aarhus\",\"uuid\":\"0F1C4A52-6B7E-4A6E-9A65-3C1D2E4F5A6B\"" ACTIVE
          "}",
          UPDATE_OK, NULL },
        { "unknown members are ignored, whatever they hold",
          "{" HEAD ACTIVE ",\"note\":[\"\\u0000\",123456789012345678901234567890],\"note\":1}",
          UPDATE_OK, NULL },
        { "also inside", "{" HEAD ",\"external_data\":{\"url\":\"https://a/1\",\"note\":7}}",
          UPDATE_OK, NULL },
        { "escapes", "{" HEAD ",\"st\\u0061te\":\"\\u0041ctive\"}", UPDATE_OK, NULL },

        { "not JSON", "state=Active", UPDATE_NOT_JSON, "JSON" },
        { "empty: a tombstone", "", UPDATE_NOT_JSON, "empty" },
        { "an array", "[]", UPDATE_NOT_JSON, "object" },
        { "a text", "\"Active\"", UPDATE_NOT_JSON, "JSON" },
        { "cut off", "{" HEAD ACTIVE, UPDATE_NOT_JSON, "line" },
        { "no UTF-8", "{" HEAD ACTIVE ",\"note\":\"\xe6\"}", UPDATE_NOT_JSON, "decode byte" },
        { "a member twice", "{" HEAD ACTIVE ACTIVE "}", UPDATE_NOT_JSON, "duplicate" },

        { "no municipality", "{\"uuid\":\"0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b\"" ACTIVE "}",
          UPDATE_INVALID_MUNICIPALITY, "municipality" },
        { "a name is no id",
          "{\"municipality\":\"Aarhus\",\"uuid\":\"0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b\"" ACTIVE
          "}",
          UPDATE_INVALID_MUNICIPALITY, "\"Aarhus\"" },
        { "a number",
          "{\"municipality\":751,\"uuid\":\"0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b\"" ACTIVE "}",
          UPDATE_INVALID_MUNICIPALITY, "municipality" },
        { "no uuid", "{\"municipality\":\"aarhus\"" ACTIVE "}", UPDATE_INVALID_UUID,
          "uuid: missing" },
        { "a uuid without dashes",
          "{\"municipality\":\"aarhus\",\"uuid\":\"0f1c4a526b7e4a6e9a653c1d2e4f5a6b\"" ACTIVE "}",
          UPDATE_INVALID_UUID, "uuid" },

        { "a state in another case", "{" HEAD ",\"state\":\"soldout\"}", UPDATE_INVALID_STATE,
          "SoldOut" },
        { "an empty state", "{" HEAD ",\"state\":\"\"}", UPDATE_INVALID_STATE, "state" },
        { "a state cannot be cleared", "{" HEAD ",\"state\":null}", UPDATE_INVALID_STATE,
          "cleared" },
        { "a state of another type", "{" HEAD ",\"state\":3}", UPDATE_INVALID_STATE, "state" },

        { "external_data null", "{" HEAD ACTIVE ",\"external_data\":null}",
          UPDATE_INVALID_EXTERNAL_DATA, "inside" },
        { "external_data a list", "{" HEAD ",\"external_data\":[]}", UPDATE_INVALID_EXTERNAL_DATA,
          "object" },
        { "external_data a text", "{" HEAD ",\"external_data\":\"https://a/1\"}",
          UPDATE_INVALID_EXTERNAL_DATA, "object" },
        { "a link that is a number", "{" HEAD ",\"external_data\":{\"url\":5}}",
          UPDATE_INVALID_EXTERNAL_DATA, "external_data.url" },
        { "an empty link",
          "{" HEAD ",\"external_data\":{\"url\":\"https://a/1\",\"admin_url\":\"\"}}",
          UPDATE_INVALID_URL, "external_data.admin_url" },
        { "a relative link", "{" HEAD ",\"external_data\":{\"url\":\"/e/1\"}}", UPDATE_INVALID_URL,
          "external_data.url" },

        { "nothing to do", "{" HEAD "}", UPDATE_EMPTY, "neither" },
        { "an empty external_data", "{" HEAD ",\"external_data\":{}}", UPDATE_EMPTY, "neither" },
        { "only what we do not know", "{" HEAD ",\"external_data\":{\"link\":\"https://a/1\"}}",
          UPDATE_EMPTY, "neither" },
};

static void test_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct error error = ERROR_NULL;
                struct update update;

                check_text(update_fault_code(update_read(&update, slice_of(rows[i].value), &error)),
                           update_fault_code(rows[i].want), rows[i].says);
                if (rows[i].names && !strstr(error.text, rows[i].names))
                        fail_msg("%s: %s", rows[i].says, error.text);
                update_deinit(&update);
        }
}

static void test_bounds(void **state)
{
        _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;
        struct update update;

        (void)state;
        buffer_append_text(&value, "{" HEAD ACTIVE "}");
        while (value.length < UPDATE_BYTES_MAX)
                buffer_append_byte(&value, ' ');
        check_number(update_read(&update, buffer_slice(&value), NULL), UPDATE_OK, "64 KiB");
        update_deinit(&update);
        buffer_append_byte(&value, ' ');
        check_number(update_read(&update, buffer_slice(&value), NULL), UPDATE_NOT_JSON,
                     "one byte more");
        update_deinit(&update);
}

static void test_kept(void **state)
{
        struct update update;

        (void)state;
        check_number(update_read(&update, slice_of("{" HEAD ",\"state\":\"x\"}"), NULL),
                     UPDATE_INVALID_STATE, "bad");
        check_text(update.municipality, "aarhus", "what could be read is kept");
        check(update.has_uuid, "which is said");
        check_number(update.uuid.bytes[0], 0x0f, "also the uuid");
        update_deinit(&update);
        check_number(update_read(&update,
                                 slice_of("{\"uuid\":\"0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b\"}"),
                                 NULL),
                     UPDATE_INVALID_MUNICIPALITY, "bad");
        check_number(update.uuid.bytes[0], 0x0f, "also behind a bad municipality");
        update_deinit(&update);
        check_number(update_read(&update, slice_of("{\"municipality\":\"aarhus\",\"uuid\":\"x\"}"),
                                 NULL),
                     UPDATE_INVALID_UUID, "bad");
        check(!update.has_uuid, "no uuid is none");
        update_deinit(&update);
        check_number(update_read(&update, slice_of("{" HEAD ",\"state\":\"Active\"}"), NULL),
                     UPDATE_OK, "good");
        check(update.has_uuid, "nor is one of a good one forgotten");
        update_deinit(&update);
}

/* What is written is what was read, with known members only. */
static void test_write(void **state)
{
        static const char *const values[] = {
                "{" HEAD ",\"state\":\"Cancelled\"}",
                "{" HEAD ",\"external_data\":{\"url\":\"https://a/\xc3\xa6\",\"admin_url\":null}}",
                "{" HEAD ",\"state\":\"Active\",\"external_data\":{\"admin_url\":\"https://a/2\"}}",
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
                _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;
                struct update update;

                check_number(update_read(&update, slice_of(values[i]), NULL), UPDATE_OK, values[i]);
                update_write(&update, &value);
                check_text(value.data, values[i], values[i]);
                update_deinit(&update);
        }
}

static const struct {
        const char *says;
        const char *url;
        bool valid;
} url_rows[] = {
        { "https", "https://tickets.example/e/77?a=b#c", true },
        { "http", "http://tickets.example", true },
        { "the shortest", "http://a", true },
        { "a scheme in capitals", "HTTPS://tickets.example/", true },
        { "a port", "https://tickets.example:8443/e", true },
        { "an IPv6 host", "https://[2001:db8::1]:8443/e", true },
        { "a query straight behind the host", "https://a?x", true },
        { "letters beyond ASCII", "https://tickets.example/\xc3\xa6\xc3\xb8\xc3\xa5", true },
        { "an @ in the path", "https://a/@b", true },
        { "empty", "", false },
        { "no host", "https://", false },
        { "no host before the path", "https:///e", false },
        { "no host before the port", "https://:80/", false },
        { "another scheme", "ftp://a/e", false },
        { "script", "javascript:alert(1)", false },
        { "one slash", "https:/a/e", false },
        { "relative to the scheme", "//a/e", false },
        { "a user name", "https://me@a/e", false },
        { "a user name and a password", "https://me:secret@a/e", false },
        { "a space in front", " https://a/e", false },
        { "a space inside", "https://a/e 1", false },
        { "a newline at the end", "https://a/e\n", false },
        { "a tab", "https://a/\te", false },
        { "DEL", "https://a/\x7f", false },
        { "a C1 control", "https://a/\xc2\x85", false },
        { "a no-break space is no control", "https://a/\xc2\xa0", true },
        { "no UTF-8", "https://a/\xe6", false },
};

static void test_urls(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(url_rows); i++)
                check_number(update_url_valid(url_rows[i].url, strlen(url_rows[i].url)),
                             url_rows[i].valid, url_rows[i].says);
}

static void test_url_length(void **state)
{
        _cleanup_(buffer_deinit) struct buffer url = BUFFER_NULL;

        (void)state;
        buffer_append_text(&url, "https://a/");
        for (size_t i = url.length; i < EVENT_URL_CHARACTERS_MAX; i++)
                buffer_append_text(&url, "\xc3\xa6");
        check(update_url_valid(url.data, url.length), "2,048 characters of two bytes");
        buffer_append_byte(&url, 'x');
        check(!update_url_valid(url.data, url.length), "2,049 characters");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_read), cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_kept), cmocka_unit_test(test_write),
                cmocka_unit_test(test_urls), cmocka_unit_test(test_url_length),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
