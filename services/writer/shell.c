/* services/writer/shell.c
 *
 * Start and stop, and the way in: what the world says, as inputs.
 */
#include "writer/shell.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "writer/metrics.h"

static void handle_one(struct shell *shell, const struct writer_input *input)
{
        writer_core_handle(shell->core, input, loop_now_ms(shell->links.daemon->loop),
                           &shell->actions);
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

        loop_timer_follow(shell->links.daemon->loop, &shell->timer,
                          writer_core_next_ms(shell->core));
}

/* ---- Kafka ---- */

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
        links_assigned(&shell->links, partitions, count, generation);
        shell_handle(shell, &(struct writer_input){ .type = INPUT_ASSIGNED,
                                                    .assigned = { .partitions = assigned,
                                                                  .count = count,
                                                                  .generation = generation } });
}

static void on_revoked(void *context)
{
        struct shell *shell = context;

        links_revoked(&shell->links);
        shell_handle(shell, &(struct writer_input){ .type = INPUT_REVOKED });
        shell_collect(shell);
}

static struct record record_of(const struct kafka_record *record)
{
        return (struct record){ .partition = record->partition,
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
        shell_handle(context, &(struct writer_input){ .type = INPUT_UPDATES_OUT_OF_RANGE,
                                                      .range = { partition, low, high } });
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

static void on_delivered(void *context, uint64_t token, int64_t offset, const char *error)
{
        struct shell *shell = context;

        if (shell->stopping)
                return;
        links_delivered(&shell->links, error);
        shell_handle(shell,
                     &(struct writer_input){ .type = INPUT_DELIVERED,
                                             .token = token,
                                             .delivered = { .ok = !error, .offset = offset } });
}

/* ---- Redis ---- */

static void on_redis_state(void *context, bool up, const char *reason)
{
        struct shell *shell = context;

        links_redis_state(&shell->links, up, reason, "nothing is sent until it is back");
        shell_handle(shell, &(struct writer_input){ .type = INPUT_REDIS, .up = up });
}

/* ---- configuration ---- */

/* `old` NULL: at the start. */
static void tell_credentials(struct shell *shell, const struct credentials *old)
{
        const struct config *config = shell->links.daemon->config;
        const struct credentials *now = shell->links.daemon->credentials;

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
                                                    .config = shell->links.daemon->config });
        tell_credentials(shell, old_credentials);
}

/* ---- life ---- */

static void start_core(struct shell *shell)
{
        char instance[112];

        /* Unique in time, too: a pod that is started again has its old name, and often its old pid.
         */
        snprintf(instance, sizeof(instance), "%s-%08x", shell->links.daemon->instance,
                 (unsigned)links_seed());
        shell->core =
                writer_core_new(&(struct writer_settings){ .config = shell->links.daemon->config,
                                                           .topics = &shell->links.daemon->topics,
                                                           .instance = instance,
                                                           .seed = links_seed() },
                                loop_now_ms(shell->links.daemon->loop));
        shell->timer.fn = on_timer;
        shell->timer.context = shell;
        loop_at(shell->links.daemon->loop, LOOP_CORES, on_turn, shell);
}

static int start_http(struct shell *shell, struct error *error)
{
        struct daemon *daemon = shell->links.daemon;

        shell->http = http_new(daemon->loop, daemon->config->contact, error);
        return shell->http ? 0 : -1;
}

static int start_links(struct shell *shell, struct error *error)
{
        static const enum topic topics[] = { TOPIC_UPDATES };
        static const struct kafka_handlers reading = {
                .record = on_result,
                .end = on_results_end,
                .out_of_range = on_results_out_of_range,
                .failed = links_kafka_failed,
        };
        static const struct kafka_handlers consuming = {
                .assigned = on_assigned,
                .revoked = on_revoked,
                .record = on_update,
                .out_of_range = on_updates_out_of_range,
                .failed = links_kafka_failed,
        };
        struct daemon *daemon = shell->links.daemon;

        shell->reader = kafka_reader_new(daemon->loop, &daemon->cluster, &reading, shell, error);
        if (!shell->reader)
                return -1;
        return links_open(&shell->links, "writer", topics, ARRAY_LENGTH(topics), &consuming,
                          on_delivered, on_redis_state, error);
}

void *shell_start(struct daemon *daemon, struct error *error)
{
        struct shell *shell = memory_new(sizeof(*shell));

        shell->links.daemon = daemon;
        writer_metrics_begin(daemon->metrics);
        start_core(shell);
        if (start_http(shell, error) < 0 || start_links(shell, error) < 0) {
                shell_stop(shell);
                return NULL;
        }
        tell_credentials(shell, NULL);
        return shell;
}

bool shell_ready(void *state, struct error *why)
{
        const struct shell *shell = state;

        return links_ready(&shell->links, why);
}

void shell_collect(void *state)
{
        static const enum topic topics[] = { TOPIC_UPDATES };
        struct shell *shell = state;
        int64_t now_ms = loop_now_ms(shell->links.daemon->loop);

        links_collect_lag(&shell->links, topics, ARRAY_LENGTH(topics));
        for (size_t i = 0; i < writer_core_site_count(shell->core); i++) {
                struct site_status status;
                const char *municipality = NULL;

                if (writer_core_site(shell->core, i, now_ms, &municipality, &status))
                        writer_metrics_site(shell->links.daemon->metrics, municipality, &status);
                else if (municipality)
                        metrics_drop_municipality(shell->links.daemon->metrics, municipality);
        }
}

void shell_drain(void *state)
{
        shell_handle(state, &(struct writer_input){ .type = INPUT_DRAIN });
}

void shell_stop(void *state)
{
        struct shell *shell = state;
        struct loop *loop = shell->links.daemon->loop;

        shell->stopping = true;
        loop_not_at(loop, LOOP_CORES, on_turn, shell);
        loop_timer_stop(loop, &shell->timer);
        shell_free_patches(shell);
        kafka_consumer_free(shell->reader);
        links_close(&shell->links);
        http_free(shell->http);
        writer_core_free(shell->core);
        writer_actions_deinit(&shell->actions);
        free(shell->later);
        free(shell);
}
