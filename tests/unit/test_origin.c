/* The header that is an update's version. */
#include "support.h"

#include "base/cleanup.h"
#include "model/origin.h"
#include "model/version.h"

#define PLACE "\"epoch\":1,\"partition\":3,\"offset\":17"
#define REST ",\"first_record_at\":\"2026-03-01T09:00:02.117Z\",\"cause\":\"carried\",\"serial\":2}"
#define GOOD "{" PLACE ",\"versions\":{\"state\":1099511627793,\"admin_url\":1099511627780}" REST

static void test_round(void **state)
{
        _cleanup_(buffer_deinit) struct buffer out = BUFFER_NULL;
        struct error error = ERROR_NULL;
        struct origin origin;

        (void)state;
        check_number(origin_read(&origin, slice_of(GOOD), &error), 0, error.text);
        check_number(origin.epoch, 1, "epoch");
        check_number(origin.partition, 3, "partition");
        check_number(origin.offset, 17, "offset");
        check_number(origin.versions[MEMBER_STATE], UINT64_C(1099511627793), "state");
        check_number(origin.versions[MEMBER_URL], VERSION_NONE, "not carried");
        check_number(origin.first_record_ms, INT64_C(1772355602117), "first record");
        check_number(origin.serial, 2, "serial");
        origin_write(&origin, &out);
        check_text(out.data, GOOD, "there and back");
}

static const struct {
        const char *says;
        const char *header;
        const char *names;
} rows[] = {
        { "empty", "", "empty" },
        { "not an object", "[1]", "object" },
        { "no epoch", "{\"partition\":3,\"offset\":17,\"versions\":{\"url\":1099511627793}" REST,
          "epoch" },
        { "an epoch too large",
          "{\"epoch\":8192,\"partition\":3,\"offset\":17,\"versions\":{\"url\":1099511627793}" REST,
          "epoch" },
        { "a partition below zero",
          "{\"epoch\":1,\"partition\":-1,\"offset\":17,\"versions\":{\"url\":1099511627793}" REST,
          "partition" },
        { "an offset of 2^40",
          "{\"epoch\":1,\"partition\":1,\"offset\":1099511627776,\"versions\":{}" REST, "offset" },
        { "no versions", "{" PLACE REST, "versions" },
        { "empty versions", "{" PLACE ",\"versions\":{}" REST, "versions: empty" },
        { "only unknown versions", "{" PLACE ",\"versions\":{\"mood\":1099511627793}" REST,
          "versions: empty" },
        { "a version of zero", "{" PLACE ",\"versions\":{\"url\":0}" REST, "versions: url" },
        { "no time",
          "{" PLACE ",\"versions\":{\"url\":1099511627793},\"cause\":\"carried\",\"serial\":0}",
          "first_record_at" },
        { "no cause",
          "{" PLACE
          ",\"versions\":{\"url\":1099511627793},\"first_record_at\":\"2026-03-01T09:00:02.117Z\","
          "\"serial\":0}",
          "cause" },
        { "a cause of 32 characters",
          "{" PLACE ",\"versions\":{\"url\":1099511627793},"
          "\"first_record_at\":\"2026-03-01T09:00:02.117Z\",\"cause\":"
          "\"01234567890123456789012345678901\",\"serial\":0}",
          "cause" },
        { "no serial",
          "{" PLACE
          ",\"versions\":{\"url\":1099511627793},\"first_record_at\":\"2026-03-01T09:00:02.117Z\","
          "\"cause\":\"carried\"}",
          "serial" },
};

static void test_bad(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
                struct error error = ERROR_NULL;
                struct origin origin;

                check_number(origin_read(&origin, slice_of(rows[i].header), &error), -1,
                             rows[i].says);
                if (!strstr(error.text, rows[i].names))
                        fail_msg("%s: %s", rows[i].says, error.text);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_round),
                                            cmocka_unit_test(test_bad) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
