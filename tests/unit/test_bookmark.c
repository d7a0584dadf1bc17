/* tests/unit/test_bookmark.c */
#include "unit/support.h"

#include "fetcher/bookmark.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_round_trip(void **state)
{
        struct bookmark bookmark = {
                .digest = DIGEST, .source = UINT64_C(0xfedcba9876543210), .fetch_seq = 1772355602117,
                .success_ms = 2, .full_ms = 3, .fresh_ms = 4, .paused_until_ms = 5, .failures = 6,
                .bytes = 7, .events = 8, .unreadable = 9,
        };
        _cleanup_(buffer_deinit) struct buffer json = BUFFER_NULL;
        struct bookmark again;

        (void)state;
        bookmark_take_validators(&bookmark, "W/\"1772355602\"", "Sun, 01 Mar 2026 09:00:02 GMT");
        bookmark_write(&bookmark, &json);
        assert_int_equal(bookmark_read(&again, buffer_slice(&json), NULL), 0);
        assert_string_equal(again.etag, "W/\"1772355602\"");
        assert_string_equal(again.last_modified, "Sun, 01 Mar 2026 09:00:02 GMT");
        assert_string_equal(again.digest, DIGEST);
        assert_true(again.source == bookmark.source && again.fetch_seq == bookmark.fetch_seq &&
                    again.success_ms == 2 && again.full_ms == 3 && again.fresh_ms == 4 &&
                    again.paused_until_ms == 5 && again.failures == 6 && again.bytes == 7 &&
                    again.events == 8 && again.unreadable == 9);
}

static void test_validators(void **state)
{
        static const struct {
                const char *says;
                const char *etag;
                const char *want;
        } rows[] = {
                { "an ETag is kept verbatim", "\"1772355602\"", "\"1772355602\"" },
                { "a weak one too", "W/\"1772355602\"", "W/\"1772355602\"" },
                { "none is none", NULL, "" },
                { "one that would end the header's line is none", "\"1\"\r\nHost: x", "" },
                { "bytes beyond ASCII are allowed there", "\"\xc3\xa6\"", "\"\xc3\xa6\"" },
        };
        char long_etag[BOOKMARK_TEXT_BYTES + 1];
        struct bookmark bookmark = { .etag = "x" };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                bookmark_take_validators(&bookmark, rows[i].etag, NULL);
                if (strcmp(bookmark.etag, rows[i].want) != 0)
                        fail_msg("%s: %s", rows[i].says, bookmark.etag);
        }
        memset(long_etag, 'x', BOOKMARK_TEXT_BYTES);
        long_etag[BOOKMARK_TEXT_BYTES] = '\0';
        bookmark_take_validators(&bookmark, long_etag, NULL);
        assert_string_equal(bookmark.etag, "");
}

#define NUMBERS                                                                                    \
        "\"success_ms\":1,\"full_ms\":1,\"fresh_ms\":1,\"paused_until_ms\":0,\"failures\":0,"      \
        "\"bytes\":1,\"events\":1,\"unreadable\":0"

static void test_foreign(void **state)
{
        static const struct {
                const char *says;
                const char *json;
                bool sound;
        } rows[] = {
                { "a sound one",
                  "{\"etag\":\"\",\"last_modified\":\"\",\"digest\":\"" DIGEST
                  "\",\"source\":\"0000000000000001\",\"fetch_seq\":5," NUMBERS "}", true },
                { "members that we do not know do not matter",
                  "{\"new\":[],\"digest\":\"\",\"source\":\"0000000000000001\",\"fetch_seq\":5," NUMBERS "}",
                  true },
                { "nothing", "", false },
                { "no JSON", "OK", false },
                { "a list", "[]", false },
                { "a member is missing", "{\"digest\":\"\",\"source\":\"0000000000000001\"," NUMBERS "}", false },
                { "a negative number",
                  "{\"digest\":\"\",\"source\":\"0000000000000001\",\"fetch_seq\":-5," NUMBERS "}", false },
                { "a number of another age",
                  "{\"digest\":\"\",\"source\":\"0000000000000001\",\"fetch_seq\":9000000000000000000,"
                  NUMBERS "}", false },
                { "a text for a number",
                  "{\"digest\":\"\",\"source\":\"0000000000000001\",\"fetch_seq\":\"5\"," NUMBERS "}", false },
                { "a digest that is none",
                  "{\"digest\":\"abc\",\"source\":\"0000000000000001\",\"fetch_seq\":5," NUMBERS "}", false },
                { "a source that is none",
                  "{\"digest\":\"\",\"source\":\"x\",\"fetch_seq\":5," NUMBERS "}", false },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct bookmark bookmark = { .fetch_seq = 77 };
                int got = bookmark_read(&bookmark, slice_of(rows[i].json), NULL);

                if ((got == 0) != rows[i].sound || bookmark.fetch_seq != (rows[i].sound ? 5 : 0))
                        fail_msg("%s: %d", rows[i].says, got);
        }
}

static void test_validators_need_a_list(void **state)
{
        static const char json[] = "{\"etag\":\"\\\"1\\\"\",\"digest\":\"\","
                                   "\"source\":\"0000000000000001\",\"fetch_seq\":5," NUMBERS "}";
        struct bookmark bookmark;

        (void)state;
        assert_int_equal(bookmark_read(&bookmark, slice_of(json), NULL), 0);
        assert_string_equal(bookmark.etag, "");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_validators),
                cmocka_unit_test(test_foreign),
                cmocka_unit_test(test_validators_need_a_list),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
