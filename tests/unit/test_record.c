/* tests/unit/test_record.c */
#include "unit/support.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/record.h"

static void test_a_record_comes_back_byte_for_byte(void **state)
{
        static const struct {
                const char *says;
                struct slice key, value;
                size_t headers;
        } rows[] = {
                { "an ordinary one", { "aarhus", 6 }, { "{}", 2 }, 2 },
                { "no key", { NULL, 0 }, { "{}", 2 }, 0 },
                { "an empty key is not none", { "", 0 }, { "x", 1 }, 1 },
                { "a tombstone", { "aarhus", 6 }, { NULL, 0 }, 3 },
                { "bytes that are no text", { "\0\1", 2 }, { "a\0b", 3 }, 3 },
        };
        static const struct header headers[] = {
                { "traceparent", { "00-1-2-03", 9 } },
                { "empty", { "", 0 } },
                { "null", { NULL, 0 } },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct headers given, got;
                struct record record = { .topic = TOPIC_UPDATES,
                                         .partition = 7,
                                         .offset = INT64_C(1) << 40,
                                         .timestamp_ms = 1772355600000,
                                         .key = rows[i].key,
                                         .value = rows[i].value,
                                         .headers = &given };

                headers_clear(&given);
                for (size_t j = 0; j < rows[i].headers; j++)
                        headers_borrow(&given, headers[j].name, headers[j].value);

                _cleanup_(freep) struct record_copy *copy = record_copy_new(&record);

                memset(&record, 0, sizeof(record));
                record_copy_view(copy, &record, &got);
                check_number(record.topic, TOPIC_UPDATES, rows[i].says);
                check_number(record.partition, 7, rows[i].says);
                check_number(record.offset, INT64_C(1) << 40, rows[i].says);
                check_number(record.timestamp_ms, 1772355600000, rows[i].says);
                check(slice_equal(record.key, rows[i].key), rows[i].says);
                check_number(!record.key.data, !rows[i].key.data, rows[i].says);
                check(slice_equal(record.value, rows[i].value), rows[i].says);
                check_number(!record.value.data, !rows[i].value.data, rows[i].says);
                check_number(got.count, rows[i].headers, rows[i].says);
                for (size_t j = 0; j < got.count; j++) {
                        check_text(got.items[j].name, headers[j].name, rows[i].says);
                        check(slice_equal(got.items[j].value, headers[j].value), rows[i].says);
                        check_number(!got.items[j].value.data, !headers[j].value.data,
                                     rows[i].says);
                        check(!got.items[j].value.data ||
                                      got.items[j].value.data[got.items[j].value.length] == '\0',
                              rows[i].says);
                }
        }
}

static void test_headers_that_were_dropped_stay_counted(void **state)
{
        static const struct {
                const char *says;
                size_t dropped, want;
        } rows[] = {
                { "none", 0, 0 },
                { "some", 17, 17 },
                { "more than anybody counts", 100000, UINT16_MAX },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct headers given, got;
                struct record record = { .headers = &given };

                headers_clear(&given);
                given.dropped = rows[i].dropped;

                _cleanup_(freep) struct record_copy *copy = record_copy_new(&record);

                record_copy_view(copy, &record, &got);
                check_number(got.dropped, rows[i].want, rows[i].says);
        }
}

static void test_bytes_are_counted(void **state)
{
        struct headers headers;
        struct record record = { .headers = &headers };

        (void)state;
        headers_clear(&headers);

        _cleanup_(freep) struct record_copy *empty = record_copy_new(&record);

        record.key = slice_of("aarhus");
        record.value = slice_of("{}");

        _cleanup_(freep) struct record_copy *full = record_copy_new(&record);

        check_number(record_copy_bytes(full) - record_copy_bytes(empty), 8, "key and value");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_record_comes_back_byte_for_byte),
                cmocka_unit_test(test_headers_that_were_dropped_stay_counted),
                cmocka_unit_test(test_bytes_are_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
