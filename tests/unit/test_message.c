/* Records of every topic: what they say, whose they are, what is wrong with them. */
#include "support.h"

#include "base/buffer.h"
#include "operator/message.h"
#include "operator/message_text.h"

#define UUID  "0f1c0000-0000-4000-8000-000000000001"
#define HEAD  "\"municipality\":\"aarhus\",\"uuid\":\"" UUID "\",\"version\":1099511627786,"
#define AS_OF "\"as_of\":\"2026-03-01T09:00:02.117Z\""
#define ORIGIN                                                                                     \
        "{\"epoch\":1,\"partition\":3,\"offset\":9,\"versions\":{\"state\":1099511627785},"        \
        "\"first_record_at\":\"2026-03-01T09:00:02.117Z\",\"cause\":\"carried\",\"serial\":1}"

enum { HEADERS_EACH = 12 };

static const struct {
        const char *says;
        enum topic topic;
        const char *key, *value;
        const char *headers[HEADERS_EACH][2];
        const char *line;  /* NULL: is not looked at */
        const char *wrong; /* NULL: nothing; else a piece of the sentence */
        bool event;        /* it is of UUID */
} rows[] = {
        { "a create",
          TOPIC_CHANGES,
          "aarhus/" UUID,
          "{\"op\":\"create\"," HEAD AS_OF ",\"event\":{\"uuid\":\"" UUID
          "\",\"title\":\"B\\u00f8rnerim\"}}",
          { { NULL, NULL } },
          "create \"Børnerim\" version 1099511627786",
          NULL,
          true },
        { "an update",
          TOPIC_CHANGES,
          "aarhus/" UUID,
          "{\"op\":\"update\"," HEAD AS_OF ",\"changed\":[\"title\"],\"event\":{\"uuid\":\"" UUID
          "\",\"title\":\"\\u001b[2J\"}}",
          { { NULL, NULL } },
          "update [\"title\"] \"?[2J\" version 1099511627786",
          NULL,
          true },
        { "a delete",
          TOPIC_CHANGES,
          "aarhus/" UUID,
          "{\"op\":\"delete\"," HEAD AS_OF ",\"reason\":\"absent\"}",
          { { NULL, NULL } },
          "delete absent version 1099511627786",
          NULL,
          true },
        { "a completion record",
          TOPIC_CHANGES,
          "aarhus",
          "{\"op\":\"snapshot\",\"municipality\":\"aarhus\",\"version\":1099511627786," AS_OF
          ",\"known\":4,\"created\":1,\"updated\":2,\"deleted\":0,\"held\":3}",
          { { NULL, NULL } },
          "snapshot known 4, created 1, updated 2, deleted 0, held 3 version 1099511627786",
          NULL,
          false },
        { "a tombstone",
          TOPIC_CHANGES,
          "aarhus/" UUID,
          NULL,
          { { NULL, NULL } },
          "forgotten",
          NULL,
          true },
        { "a wish",
          TOPIC_UPDATES,
          "aarhus",
          "{\"municipality\":\"aarhus\",\"uuid\":\"" UUID "\",\"state\":\"SoldOut\","
          "\"external_data\":{\"url\":\"https://t.example/1\",\"admin_url\":null}}",
          { { NULL, NULL } },
          "wish SoldOut url https://t.example/1 admin_url cleared",
          NULL,
          true },
        { "one that dplsync wrote",
          TOPIC_UPDATES,
          "aarhus",
          "{\"municipality\":\"aarhus\",\"uuid\":\"" UUID "\",\"state\":\"SoldOut\"}",
          { { "dplsync-origin", ORIGIN } },
          "wish SoldOut, carried",
          NULL,
          true },
        { "an origin that lies",
          TOPIC_UPDATES,
          "aarhus",
          "{\"municipality\":\"aarhus\",\"uuid\":\"" UUID "\",\"state\":\"SoldOut\"}",
          { { "dplsync-origin", "{}" } },
          "wish SoldOut",
          "dplsync-origin",
          true },
        { "a state that is none",
          TOPIC_UPDATES,
          "aarhus",
          "{\"municipality\":\"aarhus\",\"uuid\":\"" UUID "\",\"state\":\"Sold\"}",
          { { NULL, NULL } },
          "wish that cannot be accepted",
          "state",
          true },
        { "another municipality than its key",
          TOPIC_UPDATES,
          "viborg",
          "{\"municipality\":\"aarhus\",\"uuid\":\"" UUID "\",\"state\":\"SoldOut\"}",
          { { NULL, NULL } },
          NULL,
          "viborg",
          true },
        { "no key",
          TOPIC_UPDATES,
          NULL,
          "{\"municipality\":\"aarhus\",\"uuid\":\"" UUID "\",\"state\":\"SoldOut\"}",
          { { NULL, NULL } },
          NULL,
          "key",
          true },
        { "a result",
          TOPIC_RESULTS,
          "aarhus/" UUID,
          "{" HEAD "\"outcome\":\"applied\",\"status\":200,\"attempts\":1,\"state\":\"SoldOut\","
          "\"finished_at\":\"2026-03-01T09:00:02.117Z\",\"wish\":{\"serial\":0}}",
          { { NULL, NULL } },
          "applied SoldOut, the site answered 200 version 1099511627786",
          NULL,
          true },
        { "a command",
          TOPIC_CONTROL,
          "aarhus",
          "{\"command\":\"refresh\",\"id\":\"a-1\",\"full\":true,\"fresh\":true}",
          { { NULL, NULL } },
          "refresh full fresh, a-1",
          NULL,
          false },
        { "an approval",
          TOPIC_CONTROL,
          "aarhus",
          "{\"command\":\"approve-deletions\",\"id\":\"a-2\",\"hold\":\"ab\",\"count\":7}",
          { { NULL, NULL } },
          "approve-deletions ab with 7, a-2",
          NULL,
          false },
        { "a dead letter",
          TOPIC_DEAD_LETTERS,
          "aarhus",
          "{",
          { { "dplsync-reason", "not-json" },
            { "dplsync-detail", "no\nobject" },
            { "dplsync-uuid", UUID } },
          "dead not-json: no object",
          NULL,
          true },
        { "its mark",
          TOPIC_DEAD_LETTERS,
          "aarhus",
          NULL,
          { { "dplsync-mark", "replayed" }, { "dplsync-letter-offset", "7" } },
          "replayed 2/7",
          NULL,
          false },
        { "a part of a list without its headers",
          TOPIC_SNAPSHOTS,
          "aarhus",
          "[]",
          { { NULL, NULL } },
          "part of a list that cannot be read",
          "dplsync-",
          false },
        { "a list that is none",
          TOPIC_SNAPSHOTS,
          "aarhus",
          "{}",
          { { NULL, NULL } },
          NULL,
          "array of events",
          false },
        { "an event without its uuid",
          TOPIC_SNAPSHOTS,
          "aarhus",
          "[{\"title\":\"x\"}]",
          { { NULL, NULL } },
          NULL,
          "event 1",
          false },
};

static void test_rows(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer line = BUFFER_NULL;
                struct headers headers;
                struct record record = { .topic = rows[i].topic,
                                         .partition = 2,
                                         .key = slice_of(rows[i].key),
                                         .value = slice_of(rows[i].value),
                                         .headers = &headers };
                struct error error = ERROR_NULL;
                struct uuid uuid;

                headers_clear(&headers);
                for (size_t h = 0; rows[i].headers[h][0]; h++)
                        headers_add(&headers, rows[i].headers[h][0], rows[i].headers[h][1]);
                message_describe(&record, &line);
                if (rows[i].line)
                        check_text(line.data, rows[i].line, rows[i].says);
                check_number(message_check_record(&record, &error), rows[i].wrong ? -1 : 0,
                             rows[i].says);
                if (rows[i].wrong)
                        check(strstr(error.text, rows[i].wrong), error.text);
                check_number(message_event(&record, &uuid), rows[i].event, rows[i].says);
        }
}

static void test_names(void **state)
{
        (void)state;
        check_number(message_topic("update"), TOPIC_UPDATES, "update");
        check_number(message_topic("snapshot"), TOPIC_SNAPSHOTS, "snapshot");
        check_number(message_topic("updates"), TOPIC_COUNT, "a topic is no message");
        check_number(message_topic(""), TOPIC_COUNT, "nothing");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
