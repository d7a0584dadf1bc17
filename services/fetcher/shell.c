/* services/fetcher/shell.c
 *
 * Start and stop, and the way in: what the world says, as inputs.
 */
#include "fetcher/shell.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/memory.h"
#include "fetcher/metrics.h"

static void act_on_all(struct shell *shell)
{
        for (size_t i = 0; i < shell->actions.count; i++)
                shell_act(shell, &shell->actions.items[i]);
        fetcher_actions_clear(&shell->actions);
}

static void handle_one(struct shell *shell, const struct fetcher_input *input)
{
        fetcher_core_handle(shell->core, input, loop_now_ms(shell->daemon->loop), &shell->actions);
        act_on_all(shell);
}

void shell_handle(struct shell *shell, const struct fetcher_input *input)
{
        shell->busy = true;
        handle_one(shell, input);
        for (size_t i = 0; i < shell->refused_count; i++) {
                struct fetcher_input refused = shell->refused[i];

                handle_one(shell, &refused);
        }
        shell->refused_count = 0;
        shell->busy = false;
}

void shell_handle_later(struct shell *shell, const struct fetcher_input *input)
{
        if (!shell->busy) {
                shell_handle(shell, input);
                return;
        }
        if (shell->refused_count == shell->refused_capacity) {
                shell->refused_capacity = shell->refused_capacity ? shell->refused_capacity * 2 : 16;
                shell->refused = memory_resize(shell->refused, shell->refused_capacity,
                                               sizeof(*shell->refused));
        }
        shell->refused[shell->refused_count++] = *input;
}

/* Time */

static void on_timer(void *context)
{
        shell_handle(context, &(struct fetcher_input){ .type = FETCHER_TICK });
}

static void on_turn(void *context)
{
        struct shell *shell = context;
        int64_t next_ms = fetcher_core_next_ms(shell->core);

        if (next_ms == INT64_MAX)
                loop_timer_stop(shell->daemon->loop, &shell->timer);
        else if (shell->timer.index == 0 || shell->timer.at_ms != next_ms)
                loop_timer_set(shell->daemon->loop, &shell->timer, next_ms);
}

/* Kafka */

static void remember_partitions(struct shell *shell, const struct kafka_committed *partitions, size_t count)
{
        shell->partitions = memory_resize(shell->partitions, count + 1, sizeof(int32_t));
        shell->partition_count = count;
        for (size_t i = 0; i < count; i++)
                shell->partitions[i] = partitions[i].partition;
        metrics_set(shell->daemon->metrics, METRIC_KAFKA_ASSIGNED_PARTITIONS, NULL, NULL, (double)count);
}

static void on_assigned(void *context, const struct kafka_committed *partitions, size_t count,
                        uint64_t generation)
{
        struct shell *shell = context;
        _cleanup_(freep) struct fetcher_assignment *assigned =
                memory_new((count + 1) * sizeof(*assigned));
        struct fetcher_input input = {
                .type = FETCHER_ASSIGNED,
                .assigned = { .partitions = assigned, .count = count },
        };

        for (size_t i = 0; i < count; i++)
                assigned[i] = (struct fetcher_assignment){
                        .partition = partitions[i].partition,
                        .committed = partitions[i].next_offset[TOPIC_CONTROL],
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
        shell_handle(shell, &(struct fetcher_input){ .type = FETCHER_REVOKED });
}

static void on_record(void *context, const struct kafka_record *record)
{
        struct fetcher_input input = {
                .type = FETCHER_COMMAND,
                .command = {
                        .partition = record->partition,
                        .offset = record->offset,
                        .timestamp_ms = record->timestamp_ms,
                        .key = record->key,
                        .value = record->value,
                        .headers = record->headers,
                },
        };

        shell_handle(context, &input);
}

/* What was committed is no longer in the log: go on with the oldest that is. */
static void on_out_of_range(void *context, enum topic topic, int32_t partition, int64_t low, int64_t high)
{
        struct shell *shell = context;

        (void)high;
        kafka_start(shell->consumer, topic, partition, low);
}

static void on_kafka_failed(void *context, const char *reason, bool fatal)
{
        struct shell *shell = context;

        if (fatal)
                daemon_fail(shell->daemon, reason);
        else
                logger_say(shell->daemon->logger, LOG_WARN, "kafka", FIELD_TEXT("error.message", reason));
}

static void on_delivered(void *context, uint64_t token, int64_t offset, const char *error)
{
        struct shell *shell = context;
        struct fetcher_input input = {
                .type = FETCHER_DELIVERED,
                .token = token,
                .acknowledged = error == NULL,
        };

        (void)offset;
        if (error) {
                metrics_add(shell->daemon->metrics, METRIC_KAFKA_PRODUCE_ERRORS, NULL, NULL, 1);
                logger_say(shell->daemon->logger, LOG_WARN, "record not acknowledged",
                           FIELD_TEXT("error.message", error));
        }
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
                logger_say(shell->daemon->logger, LOG_WARN, "redis is down, reading goes on without it",
                           FIELD_TEXT("error.message", reason));
}

/* Configuration */

static void configure(struct shell *shell)
{
        const struct config *config = shell->daemon->config;
        _cleanup_(freep) bool *has_credentials = memory_new(config->municipality_count + 1);
        struct fetcher_input input = {
                .type = FETCHER_CONFIGURED,
                .configured = { .config = config, .has_credentials = has_credentials },
        };

        for (size_t i = 0; i < config->municipality_count; i++) {
                struct credential credential;

                has_credentials[i] =
                        credentials_get(shell->daemon->credentials, config->municipalities[i].id,
                                        &credential, NULL);
        }
        shell_handle(shell, &input);
}

void shell_reloaded(void *state, const struct config *old, const struct credentials *old_credentials)
{
        (void)old;
        (void)old_credentials;
        configure(state);
}

/* Life */

static uint64_t random_seed(void)
{
        uint64_t seed = 0;

        while (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
                ;
        return seed;
}

static int start_redis(struct shell *shell, struct error *error)
{
        const struct config *config = shell->daemon->config;

        shell->redis = redis_new(shell->daemon->loop, config->redis_url, config->redis_deadline_ms,
                                 on_redis_state, shell, error);
        return shell->redis ? 0 : -1;
}

static int start_http(struct shell *shell, struct error *error)
{
        const char *contact = shell->daemon->config->contact;
        char agent[256];

        snprintf(agent, sizeof(agent), "dplsync/%s%s%s%s", DPLSYNC_VERSION, contact ? " (+" : "",
                 contact ? contact : "", contact ? ")" : "");
        shell->http = http_new(shell->daemon->loop, agent, error);
        return shell->http ? 0 : -1;
}

static int start_kafka(struct shell *shell, struct error *error)
{
        static const enum topic topics[] = { TOPIC_CONTROL };
        static const struct kafka_handlers handlers = {
                .assigned = on_assigned,
                .revoked = on_revoked,
                .record = on_record,
                .out_of_range = on_out_of_range,
                .failed = on_kafka_failed,
        };
        struct daemon *daemon = shell->daemon;

        shell->producer = kafka_producer_new(daemon->loop, &daemon->cluster, on_delivered,
                                             on_kafka_failed, shell, error);
        if (!shell->producer)
                return -1;
        shell->consumer = kafka_consumer_new(daemon->loop, &daemon->cluster, "fetcher", topics,
                                             ARRAY_LENGTH(topics), &handlers, shell, error);
        return shell->consumer ? 0 : -1;
}

static void start_core(struct shell *shell)
{
        struct fetcher_settings settings = {
                .topics = &shell->daemon->topics,
                .source = shell->source,
        };

        snprintf(shell->source, sizeof(shell->source), "/dplsync/fetcher/%s", shell->daemon->instance);
        shell->core = fetcher_core_new(&settings, random_seed());
        shell->timer.fn = on_timer;
        shell->timer.context = shell;
        loop_at_turn(shell->daemon->loop, on_turn, shell);
        configure(shell);
}

void *shell_start(struct daemon *daemon, struct error *error)
{
        struct shell *shell = memory_new(sizeof(*shell));

        shell->daemon = daemon;
        start_core(shell);
        if (start_redis(shell, error) < 0 || start_http(shell, error) < 0 ||
            start_kafka(shell, error) < 0) {
                shell_stop(shell);
                return NULL;
        }
        return shell;
}

bool shell_ready(void *state, struct error *why)
{
        struct shell *shell = state;

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

void shell_collect(void *state)
{
        struct shell *shell = state;
        struct metrics *metrics = shell->daemon->metrics;

        metrics_set(metrics, METRIC_READS, NULL, NULL, (double)fetcher_core_reads(shell->core));
        metrics_set(metrics, METRIC_LIST_BYTES, NULL, NULL, (double)fetcher_core_memory(shell->core));
        for (size_t i = 0; i < shell->partition_count; i++) {
                int64_t lag = kafka_lag(shell->consumer, TOPIC_CONTROL, shell->partitions[i]);
                char partition[16];

                snprintf(partition, sizeof(partition), "%d", (int)shell->partitions[i]);
                if (lag >= 0)
                        metrics_set(metrics, METRIC_KAFKA_CONSUMER_LAG,
                                    shell->daemon->topics.names[TOPIC_CONTROL], partition, (double)lag);
        }
}

void shell_drain(void *state)
{
        shell_handle(state, &(struct fetcher_input){ .type = FETCHER_DRAIN });
}

void shell_stop(void *state)
{
        enum { FLUSH_MS = 2000 };
        struct shell *shell = state;

        loop_not_at_turn(shell->daemon->loop, on_turn, shell);
        loop_timer_stop(shell->daemon->loop, &shell->timer);
        shell_free_reads(shell);
        kafka_consumer_free(shell->consumer);
        kafka_producer_free(shell->producer, FLUSH_MS);
        redis_free(shell->redis);
        http_free(shell->http);
        fetcher_core_free(shell->core);
        fetcher_actions_deinit(&shell->actions);
        free(shell->partitions);
        free(shell->refused);
        free(shell);
}
