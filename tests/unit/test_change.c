/* The command to the vendor, there and back. */
#include "support.h"

#include "base/cleanup.h"
#include "model/change.h"

#define UUID "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b"
#define SERIES "77ab4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b"
#define EVENT                                                                                      \
        "{\"uuid\":\"" UUID                                                                        \
        "\",\"url\":\"https:\\/\\/a\\/\\u00e6\",\"price\":75.0,\"n\":99999999999999999999}"
#define HEAD(op)                                                                                   \
        "{\"op\":\"" op "\",\"municipality\":\"aarhus\",\"uuid\":\"" UUID                          \
        "\",\"version\":1099511631893,"                                                            \
        "\"as_of\":\"2026-03-01T09:00:02.117Z\""
#define TAIL(op) "{\"op\":\"" op "\",\"municipality\":\"aarhus\",\"version\":1099511631901," \
                 "\"as_of\":\"2026-03-01T09:00:02.117Z\""
#define COUNTS ",\"known\":412,\"created\":1,\"updated\":2,\"deleted\":3,\"held\":4}"

static const struct change blank = {
        .municipality = "aarhus",
        .uuid = { { 0x0f, 0x1c, 0x4a, 0x52, 0x6b, 0x7e, 0x4a, 0x6e, 0x9a, 0x65, 0x3c, 0x1d, 0x2e,
                    0x4f, 0x5a, 0x6b } },
        .version = UINT64_C(1099511631893),
        .as_of_ms = INT64_C(1772355602117),
        .start_ms = TIMESTAMP_NONE,
        .end_ms = TIMESTAMP_NONE,
};

static struct change change_of(enum change_op op)
{
        struct change change = blank;

        change.op = op;
        if (op == CHANGE_CREATE || op == CHANGE_UPDATE)
                change.event = slice_of(EVENT);
        return change;
}

static void check_same(const struct change *got, const struct change *want, const char *says)
{
        check_number(got->op, want->op, says);
        check_text(got->municipality, want->municipality, says);
        check(want->op == CHANGE_SNAPSHOT || uuid_compare(&got->uuid, &want->uuid) == 0, says);
        check_number(got->version, want->version, says);
        check_number(got->as_of_ms, want->as_of_ms, says);
        check(slice_equal(got->event, want->event), says);
        check_number(got->changed, want->changed, says);
        check_number(got->reassert, want->reassert, says);
        check_number(got->reason, want->reason, says);
        check_number(got->has_series, want->has_series, says);
        check(uuid_compare(&got->series, &want->series) == 0, says);
        check_number(got->start_ms, want->start_ms, says);
        check_number(got->end_ms, want->end_ms, says);
        check_number(got->known, want->known, says);
        check_number(got->created, want->created, says);
        check_number(got->updated, want->updated, says);
        check_number(got->deleted, want->deleted, says);
        check_number(got->held, want->held, says);
}

static void check_round(const struct change *change, const char *key, const char *value,
                        const char *says)
{
        _cleanup_(buffer_deinit) struct buffer written = BUFFER_NULL;
        struct error error = ERROR_NULL;
        char written_key[CHANGE_KEY_BYTES];
        struct change read;

        change_key(change, written_key);
        check_text(written_key, key, says);
        change_write(change, &written);
        check_text(written.data, value, says);
        if (change_read(&read, buffer_slice(&written), &error) < 0)
                fail_msg("%s: %s", says, error.text);
        check_same(&read, change, says);
}

static void test_upserts(void **state)
{
        struct change change = change_of(CHANGE_CREATE);

        (void)state;
        check_round(&change, "aarhus/" UUID, HEAD("create") ",\"event\":" EVENT "}",
                    "the event's bytes, untouched");

        change = change_of(CHANGE_UPDATE);
        change.changed =
                1U << EVENT_FIELD_TITLE | 1U << EVENT_FIELD_DATE_TIME | 1U << EVENT_FIELD_OTHER;
        check_round(
                &change, "aarhus/" UUID,
                HEAD("update") ",\"changed\":[\"title\",\"date_time\",\"other\"],\"event\":" EVENT
                               "}",
                "an update names what changed");

        change.changed = 0;
        change.reassert = true;
        check_round(&change, "aarhus/" UUID,
                    HEAD("update") ",\"changed\":[],\"reassert\":true,\"event\":" EVENT "}",
                    "a re-assertion");
}

static void test_dates_of_an_event(void **state)
{
        (void)state;
        static const char value[] =
                HEAD("create") ",\"event\":{\"series\":{\"uuid\":\"" SERIES "\"},\"uuid\":\"" UUID
                               "\",\"date_time\":{\"start\":\"2026-03-01T10:00:00+01:00\"}}}";
        struct change change;
        char series[UUID_TEXT_BYTES];

        check_number(change_read(&change, slice_of(value), NULL), 0, "taken");
        check_number(change.start_ms, INT64_C(1772355600000), "its start");
        check_number(change.end_ms, TIMESTAMP_NONE, "no end");
        check(change.has_series, "a series");
        uuid_format(&change.series, series);
        check_text(series, SERIES, "its series");
}

static void test_delete(void **state)
{
        struct change change = change_of(CHANGE_DELETE);

        (void)state;
        change.reason = REASON_PAST;
        check_round(&change, "aarhus/" UUID, HEAD("delete") ",\"reason\":\"past\"}",
                    "nothing known of it");

        change.end_ms = INT64_C(1772362800000);
        check_round(&change, "aarhus/" UUID,
                    HEAD("delete") ",\"reason\":\"past\",\"date_time\":{\"end\":\"2026-03-01T11:00:"
                                   "00.000Z\"}}",
                    "half of its time known");

        change.reason = REASON_RESCHEDULED;
        change.start_ms = INT64_C(1772355600000);
        change.has_series = true;
        check(uuid_parse(SERIES, strlen(SERIES), &change.series), "series");
        check_round(&change, "aarhus/" UUID,
                    HEAD("delete") ",\"reason\":\"rescheduled\",\"series\":\"" SERIES "\","
                                   "\"date_time\":{\"start\":\"2026-03-01T09:00:00.000Z\","
                                   "\"end\":\"2026-03-01T11:00:00.000Z\"}}",
                    "series and old time, so that tickets can move");
}

static void test_snapshot(void **state)
{
        struct change change = change_of(CHANGE_SNAPSHOT);

        (void)state;
        change.version = UINT64_C(1099511631901);
        change.known = 412;
        change.created = 1;
        change.updated = 2;
        change.deleted = 3;
        change.held = 4;
        memset(&change.uuid, 0, sizeof(change.uuid));
        check_round(&change, "aarhus", TAIL("snapshot") COUNTS, "the completion record");
}

static const struct {
        const char *says;
        const char *value;
        const char *names; /* NULL: taken */
} rows[] = {
        { "members in any order, white space, unknown ones",
          "{ \"event\" : " EVENT " , \"x\" : \"\\u0000\" , "
                                 "\"as_of\":\"2026-03-01T09:00:02.117Z\",\"version\":1099511631893,"
          "\"uuid\":\"" UUID "\",\"municipality\":\"aarhus\",\"op\":\"create\" }",
          NULL },
        { "a version as a float",
          "{\"op\":\"snapshot\",\"municipality\":\"a\",\"version\":1.099511631893e12,"
          "\"as_of\":\"2026-03-01T09:00:02.117Z\"" COUNTS,
          NULL },
        { "a field of a later version",
          HEAD("update") ",\"changed\":[\"mood\"],\"event\":" EVENT "}", NULL },
        { "not JSON", "x", "JSON" },
        { "a tombstone", "", "empty" },
        { "no op", "{}", "op: missing" },
        { "an op that is none", HEAD("merge") "}", "create, update, delete, snapshot" },
        { "a version below the first",
          "{\"op\":\"delete\",\"municipality\":\"a\",\"uuid\":\"" UUID "\",\"version\":17}",
          "version" },
        { "a version of 2^53",
          "{\"op\":\"delete\",\"municipality\":\"a\",\"uuid\":\"" UUID
          "\",\"version\":9007199254740992}",
          "version" },
        { "a version that is a text",
          "{\"op\":\"delete\",\"municipality\":\"a\",\"uuid\":\"" UUID "\",\"version\":\"1\"}",
          "version" },
        { "no as_of",
          "{\"op\":\"snapshot\",\"municipality\":\"a\",\"version\":1099511631893" COUNTS, "as_of" },
        { "an as_of with an offset",
          "{\"op\":\"snapshot\",\"municipality\":\"a\",\"version\":1099511631893,"
          "\"as_of\":\"2026-03-01T10:00:02.117+01:00\"" COUNTS,
          "as_of" },
        { "no event", HEAD("create") "}", "event: missing" },
        { "an event that is none", HEAD("create") ",\"event\":[]}", "event" },
        { "a list of events", HEAD("create") ",\"event\":[{\"uuid\":\"" UUID "\"}]}", "event" },
        { "an event with two uuids",
          HEAD("create") ",\"event\":{\"uuid\":\"" UUID "\",\"uuid\":\"" UUID "\"}}", "uuid" },
        { "an event without a uuid", HEAD("create") ",\"event\":{}}", "event" },
        { "another's event", HEAD("create") ",\"event\":{\"uuid\":\"" SERIES "\"}}",
          "not the change's" },
        { "two events", HEAD("create") ",\"event\":" EVENT ",\"event\":" EVENT "}", "twice" },
        { "an event that is no JSON", HEAD("create") ",\"event\":{\"uuid\":\"" UUID "\",}}",
          "JSON" },
        { "an update that names nothing", HEAD("update") ",\"event\":" EVENT "}", "changed" },
        { "an update that names numbers", HEAD("update") ",\"changed\":[1],\"event\":" EVENT "}",
          "changed" },
        { "a re-assertion that is a text",
          HEAD("update") ",\"changed\":[],\"reassert\":\"yes\",\"event\":" EVENT "}", "reassert" },
        { "a delete without a reason", HEAD("delete") "}", "reason" },
        { "a reason that is none", HEAD("delete") ",\"reason\":\"tired\"}", "rescheduled" },
        { "a series that is none", HEAD("delete") ",\"reason\":\"past\",\"series\":{}}", "series" },
        { "a date_time that is none", HEAD("delete") ",\"reason\":\"past\",\"date_time\":[]}",
          "date_time" },
        { "an end that is none",
          HEAD("delete") ",\"reason\":\"past\",\"date_time\":{\"end\":\"soon\"}}",
          "date_time: end" },
        { "a count that is missing", TAIL("snapshot") ",\"known\":1}", "created" },
        { "a count below zero", TAIL("snapshot") ",\"known\":-1}", "known" },
};

static void test_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct error error = ERROR_NULL;
                struct change change;
                int result = change_read(&change, slice_of(rows[i].value), &error);

                if (result != (rows[i].names ? -1 : 0) ||
                    (rows[i].names && !strstr(error.text, rows[i].names)))
                        fail_msg("%s: %d %s", rows[i].says, result, error.text);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_upserts),
                cmocka_unit_test(test_dates_of_an_event),
                cmocka_unit_test(test_delete),
                cmocka_unit_test(test_snapshot),
                cmocka_unit_test(test_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
