/* What was wished, put together from two topics. */
#include "support.h"

#include "base/cleanup.h"
#include "operator/wishes.h"

#define A "0f1c0000-0000-4000-8000-00000000000a"
#define B "0f1c0000-0000-4000-8000-00000000000b"
#define STATE(name, uuid, state)                                                                   \
        "{\"municipality\":\"" name "\",\"uuid\":\"" uuid "\",\"state\":\"" state "\"}"
#define URL(name, uuid, url)                                                                       \
        "{\"municipality\":\"" name "\",\"uuid\":\"" uuid "\",\"external_data\":{\"url\":\"" url   \
        "\"}}"
#define RESULT(uuid, version, wish)                                                                \
        "{\"municipality\":\"aarhus\",\"uuid\":\"" uuid "\",\"version\":" version ","              \
        "\"outcome\":\"applied\",\"attempts\":1,\"finished_at\":\"2026-03-01T09:00:02.117Z\","     \
        "\"wish\":" wish "}"
#define WISHED(value, version, status)                                                             \
        "{\"state\":{\"value\":\"" value "\",\"version\":" version ",\"status\":\"" status         \
        "\"},\"serial\":0}"

enum { RECORDS_MAX = 4 };

struct row {
        const char *says;
        enum topic topic;
        struct {
                const char *key, *value; /* value NULL: a tombstone */
                bool origin;
        } records[RECORDS_MAX];
        const char *want; /* the values that are sent, in a row */
        size_t idle, unreadable;
};

static const struct row rows[] = {
        { "the newest state of each event",
          TOPIC_UPDATES,
          { { "aarhus", STATE("aarhus", A, "Active"), false },
            { "aarhus", STATE("aarhus", B, "Active"), false },
            { "aarhus", STATE("aarhus", A, "SoldOut"), false } },
          STATE("aarhus", A, "SoldOut") STATE("aarhus", B, "Active"),
          0,
          0 },
        { "members that were wished apart go together",
          TOPIC_UPDATES,
          { { "aarhus", STATE("aarhus", A, "Active"), false },
            { "aarhus", URL("aarhus", A, "https://t.example/1"), false } },
          "{\"municipality\":\"aarhus\",\"uuid\":\"" A "\",\"state\":\"Active\","
          "\"external_data\":{\"url\":\"https://t.example/1\"}}",
          0,
          0 },
        { "the same uuid of another site is another event",
          TOPIC_UPDATES,
          { { "aarhus", STATE("aarhus", A, "Active"), false },
            { "viborg", STATE("viborg", A, "SoldOut"), false } },
          STATE("aarhus", A, "Active") STATE("viborg", A, "SoldOut"),
          0,
          0 },
        { "what dplsync wrote itself is passed over",
          TOPIC_UPDATES,
          { { "aarhus", STATE("aarhus", A, "Active"), true } },
          "",
          0,
          0 },
        { "what cannot be read is counted",
          TOPIC_UPDATES,
          { { "aarhus", "{", false }, { "aarhus", STATE("aarhus", A, "Sold"), false } },
          "",
          0,
          2 },
        { "a result's wish",
          TOPIC_RESULTS,
          { { "aarhus/" A,
              RESULT(A, "1099511627786", WISHED("SoldOut", "1099511627786", "confirmed")),
              false } },
          STATE("aarhus", A, "SoldOut"),
          0,
          0 },
        { "of two results the newest wish",
          TOPIC_RESULTS,
          { { "aarhus/" A,
              RESULT(A, "1099511627787", WISHED("Active", "1099511627787", "confirmed")), false },
            { "aarhus/" A,
              RESULT(A, "1099511627786", WISHED("SoldOut", "1099511627786", "confirmed")),
              false } },
          STATE("aarhus", A, "Active"),
          0,
          0 },
        { "a tombstone ends it",
          TOPIC_RESULTS,
          { { "aarhus/" A,
              RESULT(A, "1099511627786", WISHED("SoldOut", "1099511627786", "confirmed")), false },
            { "aarhus/" A, NULL, false } },
          "",
          0,
          0 },
        { "what came to nothing is counted",
          TOPIC_RESULTS,
          { { "aarhus/" A, RESULT(A, "1099511627786", WISHED("SoldOut", "1099511627786", "ended")),
              false } },
          "",
          1,
          0 },
};

static void take(struct wishes *wishes, const struct row *row, size_t number)
{
        struct headers headers;
        struct record record = { .topic = row->topic,
                                 .partition = 2,
                                 .offset = (int64_t)number,
                                 .timestamp_ms = 1000,
                                 .key = slice_of(row->records[number].key),
                                 .value = slice_of(row->records[number].value),
                                 .headers = &headers };

        headers_clear(&headers);
        if (row->records[number].origin)
                headers_add(&headers, "dplsync-origin", "{}");
        if (row->topic == TOPIC_RESULTS)
                wishes_take_result(wishes, &record);
        else
                wishes_take_update(wishes, &record);
}

static void test_rows(void **state)
{
        struct topics topics;
        struct replay replay = { .topics = &topics, .run = 1764000000000 };

        (void)state;
        assert_true(topics_init(&topics, "dplsync.", 6, 1));
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(wishes_deinit) struct wishes wishes = { .epoch = 1 };
                _cleanup_(outgoing_deinit) struct outgoing out = { 0 };
                _cleanup_(buffer_deinit) struct buffer got = BUFFER_NULL;
                size_t idle = 0;

                for (size_t r = 0; r < RECORDS_MAX && rows[i].records[r].key; r++)
                        take(&wishes, &rows[i], r);
                while (wishes_next(&wishes, &replay, &out, &idle))
                        buffer_append_text(&got, out.value.data);
                check_text(got.data ? got.data : "", rows[i].want, rows[i].says);
                check_number(idle, rows[i].idle, rows[i].says);
                check_number(wishes.unreadable, rows[i].unreadable, rows[i].says);
                check_number(wishes_count(&wishes), 0, rows[i].says);
        }
}

static void test_narrowed(void **state)
{
        struct uuid a;
        const struct {
                const char *says, *municipality;
                const struct uuid *uuid;
                size_t want;
        } filters[] = {
                { "all", NULL, NULL, 2 },
                { "one municipality", "aarhus", NULL, 2 },
                { "another", "viborg", NULL, 0 },
                { "one event", NULL, &a, 1 },
        };

        (void)state;
        assert_true(uuid_parse(A, strlen(A), &a));
        for (size_t i = 0; i < ARRAY_LENGTH(filters); i++) {
                _cleanup_(wishes_deinit) struct wishes wishes = {
                        .epoch = 1, .municipality = filters[i].municipality, .uuid = filters[i].uuid
                };

                for (size_t r = 0; r < 3; r++)
                        take(&wishes, &rows[0], r);
                check_number(wishes_count(&wishes), filters[i].want, filters[i].says);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_narrowed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
