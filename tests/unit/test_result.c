/* What became of an update, there and back with the whole standing wish. */
#include "support.h"

#include "base/cleanup.h"
#include "model/result.h"

#define UUID "0f1c4a52-6b7e-4a6e-9a65-3c1d2e4f5a6b"
#define KEY  "9d0c0000000000000000000000000001"
#define HEAD(outcome)                                                                              \
        "{\"municipality\":\"aarhus\",\"uuid\":\"" UUID                                            \
        "\",\"version\":1099511628211,\"outcome\":\"" outcome "\""
#define TIME ",\"finished_at\":\"2026-03-01T09:00:02.117Z\""
#define WISH                                                                                       \
        ",\"wish\":{\"state\":{\"value\":\"SoldOut\",\"version\":1099511628211,\"status\":"        \
        "\"confirmed\"},\"serial\":0}}"

static struct result result_of(enum result_outcome outcome)
{
        struct result result = {
                .municipality = "aarhus",
                .version = UINT64_C(1099511628211),
                .outcome = outcome,
                .finished_at_ms = INT64_C(1772355602117),
        };

        (void)uuid_parse(UUID, strlen(UUID), &result.uuid);
        result.wish.members[MEMBER_STATE] = (struct wish_value){ .version = UINT64_C(1099511628211),
                                                                 .status = WISH_CONFIRMED,
                                                                 .state = STATE_SOLD_OUT };
        return result;
}

static void check_written(const struct result *result, const char *want, const char *says)
{
        _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;
        struct error error = ERROR_NULL;
        struct result read;

        result_write(result, &value);
        check_text(value.data, want, says);
        if (result_read(&read, buffer_slice(&value), &error) < 0)
                fail_msg("%s: %s", says, error.text);
        check_text(read.municipality, result->municipality, says);
        check(uuid_compare(&read.uuid, &result->uuid) == 0, says);
        check_number(read.version, result->version, says);
        check_number(read.outcome, result->outcome, says);
        check_number(read.status, result->status, says);
        check_text(read.idempotency_key, result->idempotency_key, says);
        check_number(read.wished_at_ms, result->wished_at_ms, says);
        check_number(read.finished_at_ms, result->finished_at_ms, says);
        check(memcmp(read.present, result->present, sizeof(read.present)) == 0, says);
        check(wish_equal(&read.wish, &result->wish), says);
        result_deinit(&read);
}

static void test_write(void **state)
{
        struct result result = result_of(OUTCOME_APPLIED);

        (void)state;
        result.status = 200;
        result.attempts = 1;
        memcpy(result.idempotency_key, KEY, sizeof(KEY));
        result.present[MEMBER_STATE] = result.present[MEMBER_URL] =
                result.present[MEMBER_ADMIN_URL] = true;
        result.state = STATE_SOLD_OUT;
        result.url = "https://a/1";
        check_written(&result,
                      HEAD("applied") ",\"status\":200,\"attempts\":1,\"idempotency_key\":\"" KEY
                                      "\"" TIME ",\"state\":\"SoldOut\",\"external_data\":{\"url\":"
                                      "\"https://a/1\",\"admin_url\":null}" WISH,
                      "an applied one");

        result = result_of(OUTCOME_UNCHANGED);
        check_written(&result, HEAD("unchanged") ",\"attempts\":0" TIME WISH,
                      "no request was sent");

        result.wished_at_ms = INT64_C(1772355601480);
        check_written(
                &result,
                HEAD("unchanged") ",\"attempts\":0,\"wished_at\":\"2026-03-01T09:00:01.480Z\"" TIME
                        WISH,
                "when it was wished");

        result = result_of(OUTCOME_DEAD);
        result.reason = "rejected-by-cms";
        result.status = 422;
        result.attempts = 1;
        check_written(
                &result,
                HEAD("dead") ",\"reason\":\"rejected-by-cms\",\"status\":422,\"attempts\":1" TIME
                        WISH,
                "a dead one");
}

/* The half of a pair that is the site's own may be any text. */
static void test_any_link(void **state)
{
        static const char *const rows[] = { "/node/5",    "a b",
                                            "",           "x token=y lease_until=1",
                                            "mailto:x@y", "a\"\\\n\x01" };
        char longest[EVENT_URL_BYTES_MAX + 1] = "";

        (void)state;
        memset(longest, '\x01', sizeof(longest) - 1);
        for (size_t i = 0; i <= ARRAY_LENGTH(rows); i++) {
                _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;
                _cleanup_(result_deinit) struct result read = { 0 };
                struct result result = result_of(OUTCOME_APPLIED);
                char *url = i < ARRAY_LENGTH(rows) ? (char *)(uintptr_t)rows[i] : longest;

                result.wish.members[MEMBER_URL] = result.wish.members[MEMBER_ADMIN_URL] =
                        (struct wish_value){ .version = UINT64_C(1099511628211), .url = url };
                result.present[MEMBER_URL] = result.present[MEMBER_ADMIN_URL] = true;
                result.url = result.admin_url = url;
                result_write(&result, &value);
                check_number(result_read(&read, buffer_slice(&value), NULL), 0, url);
                check(wish_equal(&read.wish, &result.wish), url);
        }
}

static const struct {
        const char *says;
        const char *value;
        const char *names; /* NULL: taken */
} rows[] = {
        { "unknown members are ignored",
          HEAD("gone") ",\"status\":404,\"attempts\":1,\"x\":1e999" TIME WISH, NULL },
        { "an outcome that is none", HEAD("lost") ",\"attempts\":1" TIME WISH, "superseded" },
        { "a dead one without a reason", HEAD("dead") ",\"attempts\":1" TIME WISH, "reason" },
        { "a reason that is a sentence",
          HEAD("dead") ",\"reason\":\"so what\",\"attempts\":1" TIME WISH, "reason" },
        { "a status that is none", HEAD("gone") ",\"status\":99,\"attempts\":1" TIME WISH,
          "status" },
        { "no attempts", HEAD("gone") TIME WISH, "attempts" },
        { "a key in capitals",
          HEAD("gone") ",\"attempts\":1,\"idempotency_key\":"
                       "\"9D0C0000000000000000000000000001\"" TIME WISH,
          "idempotency_key" },
        { "a short key", HEAD("gone") ",\"attempts\":1,\"idempotency_key\":\"9d0c\"" TIME WISH,
          "idempotency_key" },
        { "no time", HEAD("gone") ",\"attempts\":1" WISH, "finished_at" },
        { "wished at no time", HEAD("gone") ",\"attempts\":1,\"wished_at\":7" TIME WISH,
          "wished_at" },
        { "a state that is none", HEAD("gone") ",\"attempts\":1" TIME ",\"state\":null" WISH,
          "state" },
        { "a link of the site's own",
          HEAD("gone") ",\"attempts\":1" TIME ",\"external_data\":{\"admin_url\":\"x\"}" WISH,
          NULL },
        { "a link that is none",
          HEAD("gone") ",\"attempts\":1" TIME ",\"external_data\":{\"admin_url\":7}" WISH,
          "external_data.admin_url" },
        { "external_data that is none",
          HEAD("gone") ",\"attempts\":1" TIME ",\"external_data\":[]" WISH, "external_data" },
        { "no wish", HEAD("gone") ",\"attempts\":1" TIME "}", "wish" },
        { "a wish that is none",
          HEAD("gone") ",\"attempts\":1" TIME ",\"wish\":{\"url\":7,\"serial\":0}}", "wish.url" },
        { "no version", "{\"municipality\":\"aarhus\",\"uuid\":\"" UUID "\"}", "version" },
        { "a tombstone", "", "empty" },
};

static void test_what_was_told(void **state)
{
        _cleanup_(buffer_deinit) struct buffer value = BUFFER_NULL;
        struct result result = result_of(OUTCOME_SUPERSEDED), read;

        (void)state;
        result.told =
                (struct told){ .partition = 3, .upto = 9, .gaps = { { 7, 8 } }, .gap_count = 1 };
        result_write(&result, &value);
        check(strstr(value.data, ",\"told\":{\"done\":9,\"partition\":3,\"but\":[[7,8]]}}"),
              "behind the wish");
        check_number(result_read(&read, buffer_slice(&value), NULL), 0, "it is read");
        check(told_has(&read.told, 6) && !told_has(&read.told, 7), "and says the same");
        result_deinit(&read);
}

static void test_read(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct error error = ERROR_NULL;
                struct result result;
                int code = result_read(&result, slice_of(rows[i].value), &error);

                check_number(code, rows[i].names ? -1 : 0, rows[i].says);
                if (rows[i].names && !strstr(error.text, rows[i].names))
                        fail_msg("%s: %s", rows[i].says, error.text);
                result_deinit(&result);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_write),
                                            cmocka_unit_test(test_any_link),
                                            cmocka_unit_test(test_what_was_told),
                                            cmocka_unit_test(test_read) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
