/* services/writer/shell.c
 *
 * Start and stop, and the way in: what the world says, as inputs.
 */
#include "writer/shell.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/memory.h"
#include "writer/metrics.h"

enum { DRAIN_MAX_MS = 65 * 1000, FLUSH_MS = 2000 };

static void handle_one(struct shell *shell, const struct writer_input *input)
{
        writer_core_handle(shell->core, input, loop_now_ms(shell->daemon->loop), &shell->actions);
        for (size_t i = 0; i < shell->actions.count; i++)
                shell_act(shell, &shell->actions.items[i]);
        writer_actions_clear(&shell->actions);
}

void shell_handle(struct shell *shell, const struct writer_input *input)
{
        shell->busy = true;
        handle_one(shell, input);
        for (size_t i = 0; i < shell->later_count; i++) {
                struct writer_input later = shell->later[i];

                handle_one(shell, &later);
        }
        shell->later_count = 0;
        shell->busy = false;
}

void shell_handle_later(struct shell *shell, const struct writer_input *input)
{
        if (!shell->busy) {
                shell_handle(shell, input);
                return;
        }
        if (shell->later_count == shell->later_capacity) {
                shell->later_capacity = shell->later_capacity ? shell->later_capacity * 2 : 16;
                shell->later =
                        memory_resize(shell->later, shell->later_capacity, sizeof(*shell->later));
        }
        shell->later[shell->later_count++] = *input;
}

/* ---- time ---- */

static void on_timer(void *context)
{
        shell_handle(context, &(struct writer_input){ .type = INPUT_TICK });
}

static void on_turn(void *context)
{
        struct shell *shell = context;
        int64_t next_ms = writer_core_next_ms(shell->core);

        if (next_ms == INT64_MAX)
                loop_timer_stop(shell->daemon->loop, &shell->timer);
        else if (shell->timer.index == 0 || shell->timer.at_ms != next_ms)
                loop_timer_set(shell->daemon->loop, &shell->timer, next_ms);
}

/* ---- Kafka ---- */

static void remember_partitions(struct shell *shell, const struct kafka_committed *partitions,
                                size_t count)
{
        shell->partitions = memory_resize(shell->partitions, count + 1, sizeof(*shell->partitions));
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
        _cleanup_(freep) struct input_partition *assigned =
                memory_new((count + 1) * sizeof(*assigned));

        for (size_t i = 0; i < count; i++) {
                int64_t next_offset = partitions[i].next_offset[TOPIC_UPDATES];

                assigned[i] = (struct input_partition){ partitions[i].partition,
                                                        next_offset >= 0 ? next_offset : -1 };
        }
        remember_partitions(shell, partitions, count);
        metrics_add(shell->daemon->metrics, METRIC_KAFKA_REBALANCES, NULL, NULL, 1);
        logger_say(shell->daemon->logger, LOG_INFO, "partitions assigned",
                   FIELD_NUMBER("partitions", (int64_t)count),
                   FIELD_NUMBER("generation", (int64_t)generation));
        shell_handle(shell, &(struct writer_input){ .type = INPUT_ASSIGNED,
                                                    .assigned = { .partitions = assigned,
                                                                  .count = count,
                                                                  .generation = generation } });
}

static void on_revoked(void *context)
{
        struct shell *shell = context;

        remember_partitions(shell, NULL, 0);
        shell_handle(shell, &(struct writer_input){ .type = INPUT_REVOKED });
        shell_collect(shell);
}

static struct writer_record record_of(const struct kafka_record *record)
{
        return (struct writer_record){ .partition = record->partition,
                                       .offset = record->offset,
                                       .timestamp_ms = record->timestamp_ms,
                                       .key = record->key,
                                       .value = record->value,
                                       .headers = record->headers };
}

static void on_update(void *context, const struct kafka_record *record)
{
        shell_handle(context,
                     &(struct writer_input){ .type = INPUT_UPDATE, .record = record_of(record) });
}

static void on_updates_out_of_range(void *context, enum topic topic, int32_t partition, int64_t low,
                                    int64_t high)
{
        (void)topic;
        (void)high;
        shell_handle(context, &(struct writer_input){ .type = INPUT_UPDATES_OUT_OF_RANGE,
                                                      .place = { partition, low } });
}

static void on_result(void *context, const struct kafka_record *record)
{
        shell_handle(context,
                     &(struct writer_input){ .type = INPUT_RESULT, .record = record_of(record) });
}

static void on_results_end(void *context, enum topic topic, int32_t partition, int64_t offset)
{
        (void)topic;
        shell_handle(context, &(struct writer_input){ .type = INPUT_RESULTS_END,
                                                      .place = { partition, offset } });
}

static void on_results_out_of_range(void *context, enum topic topic, int32_t partition, int64_t low,
                                    int64_t high)
{
        (void)topic;
        shell_handle(context, &(struct writer_input){ .type = INPUT_RESULTS_OUT_OF_RANGE,
                                                      .range = { partition, low, high } });
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

        if (shell->stopping)
                return;
        if (error) {
                metrics_add(shell->daemon->metrics, METRIC_KAFKA_PRODUCE_ERRORS, NULL, NULL, 1);
                logger_say(shell->daemon->logger, LOG_WARN,
                           "record not acknowledged, it is produced again",
                           FIELD_TEXT("error.message", error));
        }
        shell_handle(shell,
                     &(struct writer_input){ .type = INPUT_DELIVERED,
                                             .token = token,
                                             .delivered = { .ok = !error, .offset = offset } });
}

/* ---- Redis ---- */

static void on_redis_state(void *context, bool up, const char *reason)
{
        struct shell *shell = context;

        metrics_set(shell->daemon->metrics, METRIC_REDIS_UP, NULL, NULL, up);
        if (up)
                logger_say(shell->daemon->logger, LOG_INFO, "redis is up");
        else
                logger_say(shell->daemon->logger, LOG_WARN,
                           "redis is down, nothing is sent until it is back",
                           FIELD_TEXT("error.message", reason));
        shell_handle(shell, &(struct writer_input){ .type = INPUT_REDIS, .up = up });
}

/* ---- configuration ---- */

/* `old` NULL: at the start. */
static void tell_credentials(struct shell *shell, const struct credentials *old)
{
        const struct config *config = shell->daemon->config;
        const struct credentials *now = shell->daemon->credentials;

        for (size_t i = 0; i < config->municipality_count; i++) {
                const char *id = config->municipalities[i].id;
                struct credential credential;

                shell_handle(
                        shell,
                        &(struct writer_input){
                                .type = INPUT_CREDENTIALS,
                                .credentials = {
                                        .municipality = id,
                                        .present = credentials_get(now, id, &credential, NULL),
                                        .changed = old && credentials_differ(old, now, id) } });
        }
}

void shell_reloaded(void *state, const struct config *old,
                    const struct credentials *old_credentials)
{
        struct shell *shell = state;

        (void)old;
        shell_handle(shell, &(struct writer_input){ .type = INPUT_CONFIG,
                                                    .config = shell->daemon->config });
        tell_credentials(shell, old_credentials);
}

/* ---- life ---- */

static uint64_t random_seed(void)
{
        uint64_t seed = 0;

        while (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
                ;
        return seed;
}

static void start_core(struct shell *shell)
{
        char instance[96];

        /* Unique in time, too: a pod that is started again has its old name, and often its old pid.
         */
        snprintf(instance, sizeof(instance), "%s-%08x", shell->daemon->instance,
                 (unsigned)random_seed());
        shell->core = writer_core_new(&(struct writer_settings){ .config = shell->daemon->config,
                                                                 .topics = &shell->daemon->topics,
                                                                 .instance = instance,
                                                                 .seed = random_seed() },
                                      loop_now_ms(shell->daemon->loop));
        shell->timer.fn = on_timer;
        shell->timer.context = shell;
        loop_at_turn(shell->daemon->loop, on_turn, shell);
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
        static const enum topic topics[] = { TOPIC_UPDATES };
        static const struct kafka_handlers reading = {
                .record = on_result,
                .end = on_results_end,
                .out_of_range = on_results_out_of_range,
                .failed = on_kafka_failed,
        };
        static const struct kafka_handlers consuming = {
                .assigned = on_assigned,
                .revoked = on_revoked,
                .record = on_update,
                .out_of_range = on_updates_out_of_range,
                .failed = on_kafka_failed,
        };
        struct daemon *daemon = shell->daemon;

        shell->producer = kafka_producer_new(daemon->loop, &daemon->cluster, on_delivered,
                                             on_kafka_failed, shell, error);
        if (!shell->producer)
                return -1;
        shell->reader = kafka_reader_new(daemon->loop, &daemon->cluster, &reading, shell, error);
        if (!shell->reader)
                return -1;
        shell->consumer = kafka_consumer_new(daemon->loop, &daemon->cluster, "writer", topics,
                                             ARRAY_LENGTH(topics), &consuming, shell, error);
        return shell->consumer ? 0 : -1;
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
        tell_credentials(shell, NULL);
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

static void collect_lag(struct shell *shell)
{
        for (size_t i = 0; i < shell->partition_count; i++) {
                int64_t lag = kafka_lag(shell->consumer, TOPIC_UPDATES, shell->partitions[i]);
                char partition[16];

                snprintf(partition, sizeof(partition), "%d", (int)shell->partitions[i]);
                if (lag >= 0)
                        metrics_set(shell->daemon->metrics, METRIC_KAFKA_CONSUMER_LAG,
                                    shell->daemon->topics.names[TOPIC_UPDATES], partition,
                                    (double)lag);
        }
}

void shell_collect(void *state)
{
        struct shell *shell = state;
        int64_t now_ms = loop_now_ms(shell->daemon->loop);

        collect_lag(shell);
        for (size_t i = 0; i < writer_core_site_count(shell->core); i++) {
                struct site_status status;
                const char *municipality = NULL;

                if (writer_core_site(shell->core, i, now_ms, &municipality, &status))
                        writer_metrics_site(shell->daemon->metrics, municipality, &status);
                else if (municipality)
                        metrics_drop_municipality(shell->daemon->metrics, municipality);
        }
}

static void on_drained_too_long(void *context)
{
        struct shell *shell = context;

        logger_say(shell->daemon->logger, LOG_WARN,
                   "drain took too long, what is under way is left to the next owner");
        daemon_drained(shell->daemon);
}

void shell_drain(void *state)
{
        struct shell *shell = state;
        struct loop *loop = shell->daemon->loop;

        shell->drain_timer.fn = on_drained_too_long;
        shell->drain_timer.context = shell;
        loop_timer_set(loop, &shell->drain_timer, loop_now_ms(loop) + DRAIN_MAX_MS);
        shell_handle(shell, &(struct writer_input){ .type = INPUT_DRAIN });
}

void shell_stop(void *state)
{
        struct shell *shell = state;
        struct loop *loop = shell->daemon->loop;

        shell->stopping = true;
        loop_not_at_turn(loop, on_turn, shell);
        loop_timer_stop(loop, &shell->timer);
        loop_timer_stop(loop, &shell->drain_timer);
        shell_free_patches(shell);
        kafka_consumer_free(shell->consumer);
        kafka_consumer_free(shell->reader);
        kafka_producer_free(shell->producer, FLUSH_MS);
        redis_free(shell->redis);
        http_free(shell->http);
        writer_core_free(shell->core);
        writer_actions_deinit(&shell->actions);
        free(shell->partitions);
        free(shell->later);
        free(shell);
}
