/* Record headers: copied or borrowed, bounded, the last of a name counts. */
#include "support.h"

#include "base/cleanup.h"
#include "model/headers.h"

static void test_add_and_get(void **state)
{
        struct headers headers;
        int64_t number = 0;

        (void)state;
        headers_clear(&headers);
        headers_add(&headers, "a", "first");
        headers_borrow(&headers, "a", slice_of("last"));
        headers_add_number(&headers, "n", -42);
        headers_add(&headers, "empty", NULL);

        check(slice_is(headers_get(&headers, "a"), "last"), "the last of a name counts");
        check(headers_get(&headers, "b").data == NULL, "absent is none");
        check(headers_get(&headers, "empty").data != NULL, "an empty header is there");
        check(headers_get_number(&headers, "n", &number) && number == -42, "a number");
        check(!headers_get_number(&headers, "a", &number), "a text is no number");
        check(!headers_get_number(&headers, "empty", &number), "nor is an empty one");
}

static void test_pack(void **state)
{
        _cleanup_(buffer_deinit) struct buffer bytes = BUFFER_NULL;
        struct headers headers, back;

        (void)state;
        headers_clear(&headers);
        headers_add(&headers, "a", "first");
        headers_add(&headers, "empty", "");
        headers_borrow(&headers, "null", SLICE_NULL);
        headers_borrow(&headers, "bytes", (struct slice){ "\0\xff", 2 });
        headers_pack(&headers, &bytes);
        headers_unpack(buffer_slice(&bytes), &back);
        check_number(back.count, headers.count, "all come back");
        for (size_t i = 0; i < headers.count; i++) {
                struct slice want = headers.items[i].value, got = back.items[i].value;

                check_text(back.items[i].name, headers.items[i].name, "its name");
                check_number(got.length, want.length, "its length");
                check((got.data == NULL) == (want.data == NULL), "a null stays one");
                check(got.length == 0 || memcmp(got.data, want.data, got.length) == 0, "its bytes");
        }
        headers_unpack(SLICE_NULL, &back);
        check_number(back.count, 0, "none are none");
}

static const struct {
        const char *says;
        const char *text;
        bool good;
        int64_t want;
} number_rows[] = {
        { "zero", "0", true, 0 },
        { "the largest", "9223372036854775807", true, INT64_MAX },
        { "the smallest", "-9223372036854775808", true, INT64_MIN },
        { "one more than the largest", "9223372036854775808", false, 0 },
        { "a space before", " 1", false, 0 },
        { "a space behind", "1 ", false, 0 },
        { "a plus", "+1", false, 0 },
        { "a minus alone", "-", false, 0 },
        { "hex", "0x10", false, 0 },
        { "decimals", "1.5", false, 0 },
        { "far too long", "000000000000000000000000000000001", false, 0 },
};

static void test_numbers(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(number_rows); i++) {
                struct headers headers;
                int64_t number = 0;

                headers_clear(&headers);
                headers_borrow(&headers, "n", slice_of(number_rows[i].text));
                check_number(headers_get_number(&headers, "n", &number), number_rows[i].good,
                             number_rows[i].says);
                if (number_rows[i].good)
                        check_number(number, number_rows[i].want, number_rows[i].says);
        }
}

static void test_bounds(void **state)
{
        struct headers headers;
        char longer[HEADERS_TEXT_BYTES + 100];

        (void)state;
        memset(longer, 'x', sizeof(longer) - 1);
        longer[sizeof(longer) - 1] = '\0';
        headers_clear(&headers);
        headers_add(&headers, "long", longer);
        headers_add(&headers, "after", "text");
        check_number(headers_get(&headers, "long").length, HEADERS_TEXT_BYTES, "cut at the end");
        check_number(headers_get(&headers, "after").length, 0, "nothing is left");

        headers_clear(&headers);
        for (size_t i = 0; i < HEADERS_MAX + 10; i++)
                headers_borrow(&headers, "h", slice_of("v"));
        check_number(headers.count, HEADERS_MAX, "more are dropped");
        check_number(headers.dropped, 10, "and counted");
        headers_clear(&headers);
        check_number(headers.dropped, 0, "of this record");
}

static void test_cloudevent(void **state)
{
        static const struct {
                const char *name, *want;
        } rows[] = {
                { "ce_specversion", "1.0" },
                { "ce_id", "aarhus-7" },
                { "ce_source", "/dplsync/reconciler" },
                { "ce_type", "dk.dplsync.change" },
                { "ce_subject", "aarhus/0f1c" },
                { "ce_time", "2026-03-01T09:00:02.117Z" },
                { "content-type", "application/json" },
        };
        struct headers headers;

        (void)state;
        headers_clear(&headers);
        headers_add_cloudevent(&headers, "aarhus-7", "/dplsync/reconciler", "dk.dplsync.change",
                               "aarhus/0f1c", INT64_C(1772355602117));
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
                check(slice_is(headers_get(&headers, rows[i].name), rows[i].want), rows[i].name);
}

static const struct {
        const char *says;
        const char *value;
        bool valid;
} trace_rows[] = {
        { "the standard's example", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          true },
        { "flags 00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", true },
        { "an all-zero trace id", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
          false },
        { "an all-zero parent id", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
          false },
        { "upper case", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false },
        { "another version", "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false },
        { "too short", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", false },
        { "too long", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-011", false },
        { "flags that are no hex", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
          false },
        { "a wrong dash", "00-0af7651916cd43dd8448eb211c80319c+b7ad6b7169203331-01", false },
        { "empty", "", false },
};

static void test_trace(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(trace_rows); i++)
                check_number(traceparent_valid(slice_of(trace_rows[i].value)), trace_rows[i].valid,
                             trace_rows[i].says);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_add_and_get), cmocka_unit_test(test_pack),
                cmocka_unit_test(test_numbers),     cmocka_unit_test(test_bounds),
                cmocka_unit_test(test_cloudevent),  cmocka_unit_test(test_trace),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
