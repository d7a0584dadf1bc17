/* common/io/links.c
 *
 * See the header. The order of closing is that of what may still be wanted: the group is left, with
 * its last commit, before the producer gives up what is not acknowledged.
 */
#include "io/links.h"

#include <stdio.h>
#include <sys/random.h>

#include "base/memory.h"

enum { FLUSH_MS = 2000 };

static void remember_partitions(struct links *links, const struct kafka_committed *partitions,
                                size_t count)
{
        links->partitions = memory_resize(links->partitions, count + 1, sizeof(*links->partitions));
        links->partition_count = count;
        for (size_t i = 0; i < count; i++)
                links->partitions[i] = partitions[i].partition;
        metrics_set(links->daemon->metrics, METRIC_KAFKA_ASSIGNED_PARTITIONS, NULL, NULL,
                    (double)count);
}

int links_open(struct links *links, const char *group, const enum topic *topics, size_t count,
               const struct kafka_handlers *handlers, kafka_delivered_fn *delivered,
               redis_state_fn *state, struct error *error)
{
        struct daemon *daemon = links->daemon;
        const struct config *config = daemon->config;

        metrics_set(daemon->metrics, METRIC_REDIS_UP, NULL, NULL, 0);
        remember_partitions(links, NULL, 0);
        links->redis = redis_new(daemon->loop, config->redis_url, config->redis_deadline_ms, state,
                                 links, error);
        if (!links->redis)
                return -1;
        links->producer = kafka_producer_new(daemon->loop, &daemon->cluster, delivered,
                                             links_kafka_failed, links, error);
        if (!links->producer)
                return -1;
        links->consumer = kafka_consumer_new(daemon->loop, &daemon->cluster, group, topics, count,
                                             handlers, links, error);
        return links->consumer ? 0 : -1;
}

void links_close(struct links *links)
{
        kafka_consumer_free(links->consumer);
        kafka_producer_free(links->producer, FLUSH_MS);
        redis_free(links->redis);
        free(links->partitions);
        *links = (struct links){ .daemon = links->daemon };
}

void links_assigned(struct links *links, const struct kafka_committed *partitions, size_t count,
                    uint64_t generation)
{
        remember_partitions(links, partitions, count);
        metrics_add(links->daemon->metrics, METRIC_KAFKA_REBALANCES, NULL, NULL, 1);
        logger_say(links->daemon->logger, LOG_INFO, "partitions assigned",
                   FIELD_NUMBER("partitions", (int64_t)count),
                   FIELD_NUMBER("generation", (int64_t)generation));
}

void links_revoked(struct links *links)
{
        remember_partitions(links, NULL, 0);
}

void links_delivered(struct links *links, const char *error)
{
        if (!error)
                return;
        metrics_add(links->daemon->metrics, METRIC_KAFKA_PRODUCE_ERRORS, NULL, NULL, 1);
        logger_say(links->daemon->logger, LOG_WARN,
                   "record not acknowledged, its work is done again",
                   FIELD_TEXT("error.message", error));
}

void links_redis_state(struct links *links, bool up, const char *reason, const char *meaning)
{
        metrics_set(links->daemon->metrics, METRIC_REDIS_UP, NULL, NULL, up);
        if (up)
                logger_say(links->daemon->logger, LOG_INFO, "redis is up");
        else
                logger_say(links->daemon->logger, LOG_WARN, "redis is down",
                           FIELD_TEXT("meaning", meaning), FIELD_TEXT("error.message", reason));
}

void links_kafka_failed(void *context, const char *reason, bool fatal)
{
        struct links *links = context;

        if (fatal)
                daemon_fail(links->daemon, reason);
        else
                logger_say(links->daemon->logger, LOG_WARN, "kafka",
                           FIELD_TEXT("error.message", reason));
}

bool links_ready(const struct links *links, struct error *why)
{
        if (!kafka_consumer_ready(links->consumer))
                error_set(why, "not a member of the consumer group yet");
        else if (!kafka_producer_ready(links->producer))
                error_set(why, "no Kafka broker can be reached");
        else if (!redis_is_up(links->redis))
                error_set(why, "Redis cannot be used");
        else
                return true;
        return false;
}

/* What is not known has no series. */
static void show_reading(const struct links *links, size_t metric, enum topic topic,
                         int32_t partition, int64_t value)
{
        char number[16];

        if (value < 0)
                return;
        snprintf(number, sizeof(number), "%d", (int)partition);
        metrics_set(links->daemon->metrics, metric, links->daemon->topics.names[topic], number,
                    (double)value);
}

static void collect_topic(const struct links *links, enum topic topic)
{
        for (size_t i = 0; i < links->partition_count; i++) {
                int32_t partition = links->partitions[i];

                show_reading(links, METRIC_KAFKA_CONSUMER_LAG, topic, partition,
                             kafka_lag(links->consumer, topic, partition));
                show_reading(links, METRIC_KAFKA_POSITION, topic, partition,
                             kafka_position(links->consumer, topic, partition));
        }
}

void links_collect_lag(const struct links *links, const enum topic *topics, size_t count)
{
        metrics_drop(links->daemon->metrics, METRIC_KAFKA_CONSUMER_LAG);
        metrics_drop(links->daemon->metrics, METRIC_KAFKA_POSITION);
        for (size_t i = 0; i < count; i++)
                collect_topic(links, topics[i]);
}

uint64_t links_seed(void)
{
        uint64_t seed = 0;

        while (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
                ;
        return seed;
}
