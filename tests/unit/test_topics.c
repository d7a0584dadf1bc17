/* Names of the topics, and Kafka's own partitioner. */
#include "support.h"

#include "base/cleanup.h"
#include "model/topics.h"

/* Computed with org.apache.kafka.common.utils.Utils.murmur2. */
static const struct {
        const char *text;
        int32_t hash;
} murmur_rows[] = {
        { "21", -973932308 },
        { "foobar", -790332482 },
        { "a-little-bit-long-string", -985981536 },
        { "a-little-bit-longer-string", -1486304829 },
        { "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 },
        { "abc", 479470107 },
};

static void test_murmur2(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LENGTH(murmur_rows); i++)
                check_number(
                        (int32_t)topic_murmur2(murmur_rows[i].text, strlen(murmur_rows[i].text)),
                        murmur_rows[i].hash, murmur_rows[i].text);
}

static void test_partition(void **state)
{
        struct topics topics;

        (void)state;
        check(topics_init(&topics, "dplsync.", 24, 1), "the default");
        check_number(topics_partition(&topics, "21"), (-973932308 & 0x7fffffff) % 24,
                     "the sign bit is dropped before the division");
        check_number(topics_partition(&topics, "abc"), 479470107 % 24, "positive hashes stay");
        check(topics_init(&topics, "", 1, 1), "no prefix");
        check_number(topics_partition(&topics, "aarhus"), 0, "one partition takes all");
}

static void test_names(void **state)
{
        struct topics topics;
        char prefix[TOPIC_NAME_BYTES + 1];

        (void)state;
        check(topics_init(&topics, "dplsync.", 24, 3), "the default prefix");
        check_text(topics.names[TOPIC_DEAD_LETTERS], "dplsync.dead-letters", "prefix and suffix");
        check_number(topics_find(&topics, "dplsync.updates"), TOPIC_UPDATES, "found by full name");
        check_number(topics_find(&topics, "updates"), TOPIC_COUNT, "not by suffix");
        check_text(topic_suffix(TOPIC_CONTROL), "control", "suffix");

        check(!topics_init(&topics, "dpl sync.", 24, 1), "Kafka takes no spaces");
        check(!topics_init(&topics, "dpl/", 24, 1), "nor slashes");
        check(!topics_init(&topics, "dplsync.", 0, 1), "no partitions");

        memset(prefix, 'x', sizeof(prefix));
        prefix[249 - strlen("dead-letters")] = '\0';
        check(topics_init(&topics, prefix, 24, 1), "249 characters are Kafka's limit");
        prefix[249 - strlen("dead-letters")] = 'x';
        prefix[250 - strlen("dead-letters")] = '\0';
        check(!topics_init(&topics, prefix, 24, 1), "250 are too many");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_murmur2),
                cmocka_unit_test(test_partition),
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
