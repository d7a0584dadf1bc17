/* services/reconciler/shell.c
 *
 * Start and stop, and the way in: what the world says, as inputs.
 */
#include "reconciler/shell.h"

#include <assert.h>
#include <stdio.h>
#include <sys/random.h>

#include "base/memory.h"
#include "reconciler/metrics.h"

static_assert((int)PLACE_BEGIN == (int)KAFKA_BEGIN && (int)PLACE_END == (int)KAFKA_END &&
                      (int)PLACE_NONE == (int)KAFKA_NONE,
              "the core's places are Kafka's");

/* A drain finishes what is under way, which takes a second; a broker that is down must not make it
 * longer than the platform waits. */
enum { DRAIN_MS = 15000, FLUSH_MS = 2000 };

static void handle_one(struct shell *shell, const struct reconciler_input *input)
{
        reconciler_core_handle(shell->core, input, loop_now_ms(shell->daemon->loop),
                               &shell->actions);
        for (size_t i = 0; i < shell->actions.count; i++)
                shell_act(shell, &shell->actions.items[i]);
        actions_clear(&shell->actions);
}

void shell_handle(struct shell *shell, const struct reconciler_input *input)
{
        assert(!shell->busy);
        shell->busy = true;
        handle_one(shell, input);
        for (size_t i = 0; i < shell->later_count; i++) {
                struct reconciler_input later = shell->later[i];

                handle_one(shell, &later);
        }
        shell->later_count = 0;
        shell->busy = false;
}

void shell_handle_later(struct shell *shell, const struct reconciler_input *input)
{
        if (!shell->busy) {
                shell_handle(shell, input);
                return;
        }
        if (shell->later_count == shell->later_capacity) {
                shell->later_capacity = shell->later_capacity ? 2 * shell->later_capacity : 16;
                shell->later =
                        memory_resize(shell->later, shell->later_capacity, sizeof(*shell->later));
        }
        shell->later[shell->later_count++] = *input;
}

/* Time */

static void on_timer(void *context)
{
        shell_handle(context, &(struct reconciler_input){ .type = RECONCILER_TICK });
}

static void on_turn(void *context)
{
        struct shell *shell = context;
        int64_t next_ms = reconciler_core_next_ms(shell->core);

        shell_rest_log(shell);
        if (next_ms == INT64_MAX)
                loop_timer_stop(shell->daemon->loop, &shell->timer);
        else if (shell->timer.index == 0 || shell->timer.at_ms != next_ms)
                loop_timer_set(shell->daemon->loop, &shell->timer, next_ms);
}

/* Kafka */

static void remember_partitions(struct shell *shell, const struct kafka_committed *partitions,
                                size_t count)
{
        shell->partitions = memory_resize(shell->partitions, count + 1, sizeof(int32_t));
        shell->partition_count = count;
        for (size_t i = 0; i < count; i++)
                shell->partitions[i] = partitions[i].partition;
        metrics_set(shell->daemon->metrics, METRIC_KAFKA_ASSIGNED_PARTITIONS, NULL, NULL,
                    (double)count);
}

static void on_assigned(void *context, const struct kafka_committed *partitions, size_t count,
                        uint64_t generation)
{
        struct shell *shell = context;
        _cleanup_(freep) struct reconciler_assigned *assigned =
                memory_new((count + 1) * sizeof(*assigned));
        struct reconciler_input input = {
                .type = RECONCILER_ASSIGNED,
                .assigned = { .partitions = assigned, .count = count },
        };

        for (size_t i = 0; i < count; i++)
                assigned[i] = (struct reconciler_assigned){
                        .partition = partitions[i].partition,
                        .committed = partitions[i].next_offset[TOPIC_SNAPSHOTS],
                        .committed_control = partitions[i].next_offset[TOPIC_CONTROL],
                };
        remember_partitions(shell, partitions, count);
        metrics_add(shell->daemon->metrics, METRIC_KAFKA_REBALANCES, NULL, NULL, 1);
        logger_say(shell->daemon->logger, LOG_INFO, "partitions assigned",
                   FIELD_NUMBER("partitions", (int64_t)count),
                   FIELD_NUMBER("generation", (int64_t)generation));
        shell_handle(shell, &input);
}

static void on_revoked(void *context)
{
        struct shell *shell = context;

        remember_partitions(shell, NULL, 0);
        shell_handle(shell, &(struct reconciler_input){ .type = RECONCILER_REVOKED });
}

static void on_record(void *context, const struct kafka_record *record)
{
        struct shell *shell = context;
        bool timed = record->timestamp_ms >= 0;
        struct reconciler_input input = {
                .type = RECONCILER_RECORD,
                .record = {
                        .topic = record->topic,
                        .partition = record->partition,
                        .offset = record->offset,
                        .appended_ms = timed ? record->timestamp_ms : loop_now_ms(shell->daemon->loop),
                        .key = record->key,
                        .value = record->value,
                        .headers = record->headers,
                },
        };

        shell_handle(shell, &input);
}

static void on_end(void *context, enum topic topic, int32_t partition, int64_t offset)
{
        struct reconciler_input input = {
                .type = RECONCILER_END,
                .range = { .topic = topic, .partition = partition, .high = offset },
        };

        shell_handle(context, &input);
}

static void on_out_of_range(void *context, enum topic topic, int32_t partition, int64_t low,
                            int64_t high)
{
        struct reconciler_input input = {
                .type = RECONCILER_OUT_OF_RANGE,
                .range = { .topic = topic, .partition = partition, .low = low, .high = high },
        };

        shell_handle(context, &input);
}

static void on_kafka_failed(void *context, const char *reason, bool fatal)
{
        struct shell *shell = context;

        if (fatal)
                daemon_fail(shell->daemon, reason);
        else
                logger_say(shell->daemon->logger, LOG_WARN, "kafka",
                           FIELD_TEXT("error.message", reason));
}

static void on_delivered(void *context, uint64_t token, int64_t offset, const char *error)
{
        struct shell *shell = context;
        struct reconciler_input input = { .type = RECONCILER_DELIVERED,
                                          .token = token,
                                          .error = error };

        (void)offset;
        if (error)
                metrics_add(shell->daemon->metrics, METRIC_KAFKA_PRODUCE_ERRORS, NULL, NULL, 1);
        shell_handle(shell, &input);
}

/* Redis */

static void on_redis_state(void *context, bool up, const char *reason)
{
        struct shell *shell = context;

        metrics_set(shell->daemon->metrics, METRIC_REDIS_UP, NULL, NULL, up);
        if (up)
                logger_say(shell->daemon->logger, LOG_INFO, "redis is up");
        else
                logger_say(shell->daemon->logger, LOG_WARN, "redis is down, snapshots wait for it",
                           FIELD_TEXT("error.message", reason));
        shell_handle_later(shell, &(struct reconciler_input){ .type = RECONCILER_REDIS, .up = up });
}

/* Configuration */

void shell_reloaded(void *state, const struct config *old,
                    const struct credentials *old_credentials)
{
        struct shell *shell = state;
        struct reconciler_input input = { .type = RECONCILER_CONFIG,
                                          .config = shell->daemon->config };

        (void)old;
        (void)old_credentials;
        shell_handle(shell, &input);
}

/* Life */

static uint64_t random_seed(void)
{
        uint64_t seed = 0;

        while (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
                ;
        return seed;
}

static void start_core(struct shell *shell)
{
        struct reconciler_settings settings = {
                .topics = shell->daemon->topics,
                .max_memory = shell->daemon->config->reconciler.max_memory,
                .drain_ms = DRAIN_MS,
        };

        snprintf(shell->source, sizeof(shell->source), "/dplsync/reconciler/%s",
                 shell->daemon->instance);
        shell->reading = memory_new((size_t)settings.topics.partitions * sizeof(*shell->reading));
        shell->core = reconciler_core_new(&settings, random_seed());
        shell->timer.fn = on_timer;
        shell->timer.context = shell;
        loop_at_turn(shell->daemon->loop, on_turn, shell);
        shell_reloaded(shell, NULL, NULL);
}

static int start_redis(struct shell *shell, struct error *error)
{
        const struct config *config = shell->daemon->config;

        shell->redis = redis_new(shell->daemon->loop, config->redis_url, config->redis_deadline_ms,
                                 on_redis_state, shell, error);
        return shell->redis ? 0 : -1;
}

static int start_kafka(struct shell *shell, struct error *error)
{
        static const enum topic topics[] = { TOPIC_SNAPSHOTS, TOPIC_CONTROL };
        static const struct kafka_handlers handlers = {
                .assigned = on_assigned,
                .revoked = on_revoked,
                .record = on_record,
                .end = on_end,
                .out_of_range = on_out_of_range,
                .failed = on_kafka_failed,
        };
        struct daemon *daemon = shell->daemon;

        shell->producer = kafka_producer_new(daemon->loop, &daemon->cluster, on_delivered,
                                             on_kafka_failed, shell, error);
        if (!shell->producer)
                return -1;
        shell->consumer = kafka_consumer_new(daemon->loop, &daemon->cluster, "reconciler", topics,
                                             ARRAY_LENGTH(topics), &handlers, shell, error);
        return shell->consumer ? 0 : -1;
}

void *shell_start(struct daemon *daemon, struct error *error)
{
        struct shell *shell = memory_new(sizeof(*shell));

        shell->daemon = daemon;
        start_core(shell);
        if (start_redis(shell, error) < 0 || start_kafka(shell, error) < 0) {
                shell_stop(shell);
                return NULL;
        }
        return shell;
}

bool shell_ready(void *state, struct error *why)
{
        const struct shell *shell = state;

        if (!kafka_consumer_ready(shell->consumer))
                error_set(why, "not a member of the consumer group yet");
        else if (!kafka_producer_ready(shell->producer))
                error_set(why, "no Kafka broker can be reached");
        else if (!redis_is_up(shell->redis))
                error_set(why, "Redis cannot be used");
        else
                return true;
        return false;
}

static void collect_lag(const struct shell *shell, enum topic topic, int32_t number)
{
        int64_t lag = kafka_lag(shell->consumer, topic, number);
        char partition[16];

        snprintf(partition, sizeof(partition), "%d", (int)number);
        if (lag >= 0)
                metrics_set(shell->daemon->metrics, METRIC_KAFKA_CONSUMER_LAG,
                            shell->daemon->topics.names[topic], partition, (double)lag);
}

void shell_collect(void *state)
{
        const struct shell *shell = state;

        for (size_t i = 0; i < shell->partition_count; i++) {
                collect_lag(shell, TOPIC_SNAPSHOTS, shell->partitions[i]);
                collect_lag(shell, TOPIC_CONTROL, shell->partitions[i]);
        }
}

void shell_drain(void *state)
{
        shell_handle(state, &(struct reconciler_input){ .type = RECONCILER_DRAIN });
}

void shell_stop(void *state)
{
        struct shell *shell = state;

        loop_not_at_turn(shell->daemon->loop, on_turn, shell);
        loop_timer_stop(shell->daemon->loop, &shell->timer);
        kafka_consumer_free(shell->consumer);
        kafka_consumer_free(shell->reader);
        kafka_producer_free(shell->producer, FLUSH_MS);
        redis_free(shell->redis);
        reconciler_core_free(shell->core);
        actions_deinit(&shell->actions);
        free(shell->partitions);
        free(shell->reading);
        free(shell->later);
        free(shell);
}
