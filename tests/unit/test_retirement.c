/* A municipality leaves: what is told, what is forgotten. */
#include "support.h"

#include "base/buffer.h"
#include "model/snapshot.h"
#include "operator/retirement.h"

#define A   "0f1c0000-0000-4000-8000-00000000000a"
#define B   "0f1c0000-0000-4000-8000-00000000000b"
#define NOW INT64_C(1772355602117) /* 2026-03-01T09:00:02.117Z */
#define HEAD(op, uuid, at)                                                                         \
        "{\"op\":\"" op "\",\"municipality\":\"aarhus\",\"uuid\":\"" uuid                          \
        "\",\"version\":1099511627786,\"as_of\":\"" at "\","
#define CREATE(uuid)                                                                               \
        HEAD("create", uuid, "2026-02-01T09:00:02.117Z")                                           \
        "\"event\":{\"uuid\":\"" uuid "\",\"date_time\":{\"start\":\"2026-06-12T18:00:00+02:00\"," \
        "\"end\":\"2026-06-12T21:00:00+02:00\"}}}"
#define DELETE(uuid, at) HEAD("delete", uuid, at) "\"reason\":\"absent\"}"
#define RECENT           "2026-02-28T09:00:02.117Z"
#define LONG_AGO         "2026-01-20T09:00:02.117Z"
#define CLOSED                                                                                     \
        "{\"op\":\"snapshot\",\"municipality\":\"aarhus\",\"version\":1099511627787,"              \
        "\"as_of\":\"2026-01-20T09:00:02.117Z\",\"known\":0,\"created\":0,\"updated\":0,"          \
        "\"deleted\":1,\"held\":0}"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

enum { RECORDS_MAX = 4 };

static const struct {
        const char *says;
        struct {
                enum topic topic;
                const char *key, *value;
        } records[RECORDS_MAX];
        const char *want; /* "topic key=op reason version;" or "topic key=null;" */
        size_t gone, forgotten, kept, remaining;
        int again_days; /* from now; 0: never */
} rows[] = {
        { "what is known is told as retired, and the list is closed",
          { { TOPIC_CHANGES, "aarhus/" A, CREATE(A) } },
          "changes aarhus/" A
          "=delete retired 1099511627800;changes aarhus=snapshot 1099511627800;",
          1,
          0,
          0,
          2,
          30 },
        { "what is gone already is not told again",
          { { TOPIC_CHANGES, "aarhus/" A, CREATE(A) },
            { TOPIC_CHANGES, "aarhus/" A, DELETE(A, RECENT) },
            { TOPIC_RESULTS, "aarhus/" A, "{}" },
            { TOPIC_CHANGES, "aarhus", CLOSED } },
          "",
          0,
          0,
          1,
          3,
          29 },
        { "after thirty days its keys leave both topics",
          { { TOPIC_CHANGES, "aarhus/" A, DELETE(A, LONG_AGO) },
            { TOPIC_RESULTS, "aarhus/" A, "{}" } },
          "changes aarhus/" A "=null;results aarhus/" A "=null;",
          0,
          2,
          0,
          0,
          0 },
        { "with the last of its events the municipality's own key goes, too",
          { { TOPIC_CHANGES, "aarhus/" A, DELETE(A, LONG_AGO) },
            { TOPIC_CHANGES, "aarhus", CLOSED } },
          "changes aarhus/" A "=null;changes aarhus=null;",
          0,
          2,
          0,
          0,
          0 },
        { "but not before it",
          { { TOPIC_CHANGES, "aarhus/" A, DELETE(A, LONG_AGO) },
            { TOPIC_CHANGES, "aarhus/" B, DELETE(B, RECENT) },
            { TOPIC_CHANGES, "aarhus", CLOSED } },
          "changes aarhus/" A "=null;",
          0,
          1,
          1,
          2,
          29 },
        { "its own key alone goes, where an earlier run stopped there",
          { { TOPIC_CHANGES, "aarhus", CLOSED }, { TOPIC_CHANGES, "aarhus/" A, NULL } },
          "changes aarhus=null;",
          0,
          1,
          0,
          0,
          0 },
        { "and not twice",
          { { TOPIC_CHANGES, "aarhus", CLOSED }, { TOPIC_CHANGES, "aarhus", NULL } },
          "",
          0,
          0,
          0,
          0,
          0 },
        { "a result whose event is known no more goes at once",
          { { TOPIC_RESULTS, "aarhus/" B, "{}" } },
          "results aarhus/" B "=null;",
          0,
          1,
          0,
          0,
          0 },
        { "but not twice",
          { { TOPIC_RESULTS, "aarhus/" B, "{}" }, { TOPIC_RESULTS, "aarhus/" B, NULL } },
          "",
          0,
          0,
          0,
          0,
          0 },
        { "other municipalities stay",
          { { TOPIC_CHANGES, "aarhus-nord/" A, CREATE(A) },
            { TOPIC_RESULTS, "viborg/" A, "{}" },
            { TOPIC_CHANGES, "viborg", CLOSED } },
          "",
          0,
          0,
          0,
          0,
          0 },
        { "nothing is left", { { TOPIC_CHANGES, NULL, NULL } }, "", 0, 0, 0, 0, 0 },
};

static void take(struct retirement *retirement, enum topic topic, const char *key,
                 const char *value)
{
        struct headers headers;
        struct change change;
        struct record record = {
                .topic = topic, .key = slice_of(key), .value = slice_of(value), .headers = &headers
        };

        headers_clear(&headers);
        if (topic == TOPIC_CHANGES && value && change_read(&change, record.value, NULL) == 0)
                record.timestamp_ms = change.as_of_ms; /* told at once */
        if (topic == TOPIC_CHANGES)
                retirement_take_change(retirement, &record);
        else
                retirement_take_result(retirement, &record);
}

static void describe(const struct outgoing *out, struct buffer *got)
{
        struct error error = ERROR_NULL;
        struct change change;

        buffer_append_format(got, "%s %s=", topic_suffix(out->topic), out->key.data);
        if (out->tombstone) {
                buffer_append_text(got, "null;");
                return;
        }
        check_number(change_read(&change, outgoing_value(out), &error), 0, error.text);
        buffer_append_format(got, "%s%s %" PRIu64 ";", change_op_name(change.op),
                             change.op == CHANGE_DELETE ? " retired" : "", change.version);
        if (change.op == CHANGE_DELETE) {
                check_number(change.reason, REASON_RETIRED, "reason");
                check(change.start_ms != TIMESTAMP_NONE, "with its old date");
        }
}

static void test_rows(void **state)
{
        struct topics topics;

        (void)state;
        assert_true(topics_init(&topics, "dplsync.", 6, 1));
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(retirement_deinit) struct retirement retirement;
                _cleanup_(outgoing_deinit) struct outgoing out = { 0 };
                _cleanup_(buffer_deinit) struct buffer got = BUFFER_NULL;

                retirement_init(&retirement, "aarhus", &topics, NOW);
                for (size_t r = 0; r < RECORDS_MAX && rows[i].records[r].key; r++)
                        take(&retirement, rows[i].records[r].topic, rows[i].records[r].key,
                             rows[i].records[r].value);
                retirement_count(&retirement);
                retirement.version = UINT64_C(1099511627800);
                while (retirement_next(&retirement, &out))
                        describe(&out, &got);
                check_text(got.data ? got.data : "", rows[i].want, rows[i].says);
                check_number(retirement.gone, rows[i].gone, rows[i].says);
                check_number(retirement.forgotten, rows[i].forgotten, rows[i].says);
                check_number(retirement.kept, rows[i].kept, rows[i].says);
                check_number(retirement.remaining, rows[i].remaining, rows[i].says);
                check_number(retirement.again_ms,
                             rows[i].again_days ? NOW + rows[i].again_days * DAY_MS : 0,
                             rows[i].says);
        }
}

static void test_marker(void **state)
{
        _cleanup_(retirement_deinit) struct retirement retirement;
        _cleanup_(outgoing_deinit) struct outgoing out = { 0 };
        struct snapshot_part part;
        struct error error = ERROR_NULL;
        struct topics topics;

        (void)state;
        assert_true(topics_init(&topics, "dplsync.", 6, 1));
        retirement_init(&retirement, "aarhus", &topics, NOW);
        retirement_marker(&retirement, &out);
        check_number(snapshot_part_read(&part, &out.headers, &error), 0, error.text);
        check(part.unchanged && part.events == 0, "it has no events, and applies to no list");
        check_number(out.partition, topics_partition(&topics, "aarhus"), "its partition");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_marker),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
