/* tests/unit/test_topic_settings.c
 *
 * `test_topic_settings table` prints the table: what the Helm chart's topics are compared with.
 */
#include "model/topic_settings.h"

#include <stdio.h>

#include "support.h"

/* A topic's configuration: pairs of name and value, NULL at the end. */
static const struct {
        const char *says;
        enum topic topic;
        const char *actual[8];
        const char *wrong;
        const char *advice;
} cases[] = {
        { "as it was created",
          TOPIC_CHANGES,
          { "cleanup.policy", "compact", "min.compaction.lag.ms", "86400000" },
          "",
          "" },
        { "what cannot be read is not judged", TOPIC_SNAPSHOTS, { NULL }, "", "" },
        { "what nobody asks for is not looked at",
          TOPIC_RESULTS,
          { "cleanup.policy", "compact", "retention.ms", "1" },
          "",
          "" },
        { "changes that are forgotten",
          TOPIC_CHANGES,
          { "cleanup.policy", "delete" },
          "cleanup.policy is delete, needed is compact",
          "" },
        { "changes that are compacted and forgotten",
          TOPIC_CHANGES,
          { "cleanup.policy", "compact,delete" },
          "cleanup.policy is compact,delete, needed is compact",
          "" },
        { "snapshots in the fetcher's own time",
          TOPIC_SNAPSHOTS,
          { "cleanup.policy", "compact", "message.timestamp.type", "CreateTime" },
          "cleanup.policy is compact, needed is delete; "
          "message.timestamp.type is CreateTime, needed is LogAppendTime",
          "" },
        { "a short memory is said",
          TOPIC_UPDATES,
          { "retention.ms", "604800000" },
          "",
          "retention.ms is 604800000 (7d), advised is at least 2592000000 (30d)" },
        { "a longer one is fine", TOPIC_UPDATES, { "retention.ms", "31536000000" }, "", "" },
        { "so is one without end", TOPIC_UPDATES, { "retention.ms", "-1" }, "", "" },
        { "room for less than a part",
          TOPIC_SNAPSHOTS,
          { "max.message.bytes", "1000" },
          "max.message.bytes is 1000, needed is at least 1048588",
          "" },
        { "no number where one should be",
          TOPIC_SNAPSHOTS,
          { "max.message.bytes", "1 MB" },
          "max.message.bytes is 1 MB, needed is at least 1048588",
          "" },
        { "nothing where a number should be",
          TOPIC_CONTROL,
          { "retention.ms", "" },
          "",
          "retention.ms is , advised is at least 86400000 (1d)" },
        { "more than a number holds",
          TOPIC_CONTROL,
          { "retention.ms", "99999999999999999999" },
          "",
          "retention.ms is 99999999999999999999, advised is at least 86400000 (1d)" },
        { "a long value is cut",
          TOPIC_RESULTS,
          { "cleanup.policy", "0123456789012345678901234567890123456789 and more" },
          "cleanup.policy is 0123456789012345678901234567890123456789, needed is compact",
          "" },
};

static const char *get(void *context, const char *name)
{
        const char *const *pairs = context;

        for (; *pairs; pairs += 2)
                if (strcmp(pairs[0], name) == 0)
                        return pairs[1];
        return NULL;
}

static void test_check(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                _cleanup_(buffer_deinit) struct buffer wrong = BUFFER_NULL;
                _cleanup_(buffer_deinit) struct buffer advice = BUFFER_NULL;

                topic_settings_check(cases[i].topic, get, (void *)cases[i].actual, &wrong, &advice);
                check_text(wrong.data ? wrong.data : "", cases[i].wrong, cases[i].says);
                check_text(advice.data ? advice.data : "", cases[i].advice, cases[i].says);
        }
}

static const char *get_created(void *context, const char *name)
{
        const enum topic *topic = context;

        for (size_t i = 0; i < topic_settings_count; i++)
                if (topic_settings[i].topic == *topic && strcmp(topic_settings[i].name, name) == 0)
                        return topic_settings[i].value;
        return NULL;
}

static void test_what_is_created_is_right(void **state)
{
        (void)state;
        for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
                _cleanup_(buffer_deinit) struct buffer said = BUFFER_NULL;

                check(get_created(&topic, "cleanup.policy") != NULL, topic_suffix(topic));
                topic_settings_check(topic, get_created, &topic, &said, &said);
                check_text(said.data ? said.data : "", "", topic_suffix(topic));
        }
}

static int print_table(void)
{
        for (size_t i = 0; i < topic_settings_count; i++)
                printf("%s %s %s\n", topic_suffix(topic_settings[i].topic), topic_settings[i].name,
                       topic_settings[i].value);
        return 0;
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_check),
                cmocka_unit_test(test_what_is_created_is_right),
        };

        if (argc == 2 && strcmp(argv[1], "table") == 0)
                return print_table();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
