/* tests/bench/bare_log.c
 *
 * What librdkafka alone can do: one partition from its beginning to its end, each record looked at
 * and thrown away. No loop, no JSON: the measure for a rebuild (reconciler.py), which reads a
 * partition of `changes`.
 *
 *     dplsync-bare-log TOPIC PARTITION NAME=VALUE...      (librdkafka's properties)
 *
 * Prints records, bytes of their values, seconds from nothing to the end, and CPU seconds.
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { REASON_BYTES = 256, WAIT_MS = 1000 };

static double seconds(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
        struct rusage usage;

        getrusage(RUSAGE_SELF, &usage);
        return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void set(rd_kafka_conf_t *conf, char *property)
{
        char reason[REASON_BYTES];
        char *value = strchr(property, '=');

        if (value)
                *value++ = '\0';
        if (value &&
            rd_kafka_conf_set(conf, property, value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
                return;
        fprintf(stderr, "%s: %s\n", property, value ? reason : "expected NAME=VALUE");
        exit(2);
}

static rd_kafka_t *consumer_new(int argc, char **argv)
{
        char reason[REASON_BYTES];
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        char eof[] = "enable.partition.eof=true", group[] = "group.id=bare";

        set(conf, eof);
        set(conf, group);
        for (int i = 0; i < argc; i++)
                set(conf, argv[i]);

        rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof(reason));

        if (!rk) {
                fprintf(stderr, "%s\n", reason);
                exit(2);
        }
        rd_kafka_poll_set_consumer(rk);
        return rk;
}

static void begin(rd_kafka_t *rk, const char *topic, int32_t partition)
{
        rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

        rd_kafka_topic_partition_list_add(list, topic, partition)->offset = 0;
        rd_kafka_assign(rk, list);
        rd_kafka_topic_partition_list_destroy(list);
}

struct tally {
        unsigned long records;
        unsigned long long bytes;
};

/* False at the end of the partition. */
static int count(const rd_kafka_message_t *message, struct tally *tally)
{
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
                return 0;
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
                fprintf(stderr, "%s\n", rd_kafka_message_errstr(message));
                exit(1);
        }
        tally->records++;
        tally->bytes += message->len;
        return 1;
}

static void read_all(rd_kafka_t *rk, struct tally *tally)
{
        int more = 1;

        while (more) {
                rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, WAIT_MS);

                if (!message)
                        continue;
                more = count(message, tally);
                rd_kafka_message_destroy(message);
        }
}

int main(int argc, char **argv)
{
        struct tally tally = { 0, 0 };

        if (argc < 4) {
                fprintf(stderr, "usage: dplsync-bare-log TOPIC PARTITION NAME=VALUE...\n");
                return 2;
        }

        double begun = seconds();
        rd_kafka_t *rk = consumer_new(argc - 3, argv + 3);

        begin(rk, argv[1], atoi(argv[2]));
        read_all(rk, &tally);
        printf("%lu %llu %.3f %.3f\n", tally.records, tally.bytes, seconds() - begun,
               cpu_seconds());
        rd_kafka_consumer_close(rk);
        rd_kafka_destroy(rk);
        return 0;
}
