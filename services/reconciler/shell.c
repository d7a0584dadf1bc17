/* services/reconciler/shell.c
 *
 * Start and stop, and the way in: what the world says, as inputs.
 */
#include "reconciler/shell.h"

#include <assert.h>
#include <stdio.h>

#include "base/memory.h"
#include "reconciler/metrics.h"

static_assert((int)PLACE_BEGIN == (int)KAFKA_BEGIN && (int)PLACE_NONE == (int)KAFKA_NONE,
              "the core's places are Kafka's");

/* A drain finishes what is under way, which takes a second; a broker that is down must not make it
 * longer than the platform waits. */
enum { DRAIN_MS = 15000 };

static void handle_one(struct shell *shell, const struct reconciler_input *input)
{
        reconciler_core_handle(shell->core, input, loop_now_ms(shell->links.daemon->loop),
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

        shell_rest_log(shell);
        loop_timer_follow(shell->links.daemon->loop, &shell->timer,
                          reconciler_core_next_ms(shell->core));
}

/* Kafka */

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
        links_assigned(&shell->links, partitions, count, generation);
        shell_handle(shell, &input);
}

static void on_revoked(void *context)
{
        struct shell *shell = context;

        links_revoked(&shell->links);
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
                        .appended_ms = timed ? record->timestamp_ms : loop_now_ms(shell->links.daemon->loop),
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

static void on_delivered(void *context, uint64_t token, int64_t offset, const char *error)
{
        struct shell *shell = context;
        struct reconciler_input input = { .type = RECONCILER_DELIVERED,
                                          .token = token,
                                          .error = error };

        (void)offset;
        links_delivered(&shell->links, error);
        shell_handle(shell, &input);
}

/* Redis */

static void on_redis_state(void *context, bool up, const char *reason)
{
        struct shell *shell = context;

        links_redis_state(&shell->links, up, reason, "snapshots wait for it");
        shell_handle_later(shell, &(struct reconciler_input){ .type = RECONCILER_REDIS, .up = up });
}

/* Configuration */

void shell_reloaded(void *state, const struct config *old,
                    const struct credentials *old_credentials)
{
        struct shell *shell = state;
        struct reconciler_input input = { .type = RECONCILER_CONFIG,
                                          .config = shell->links.daemon->config };

        (void)old;
        (void)old_credentials;
        shell_handle(shell, &input);
}

/* Life */

static void start_core(struct shell *shell)
{
        struct reconciler_settings settings = {
                .topics = shell->links.daemon->topics,
                .max_memory = shell->links.daemon->config->reconciler.max_memory,
                .drain_ms = DRAIN_MS,
        };

        snprintf(shell->source, sizeof(shell->source), "/dplsync/reconciler/%s",
                 shell->links.daemon->instance);
        shell->readings = memory_new((size_t)settings.topics.partitions * sizeof(*shell->readings));
        shell->core = reconciler_core_new(&settings, links_seed());
        shell->timer.fn = on_timer;
        shell->timer.context = shell;
        loop_at(shell->links.daemon->loop, LOOP_CORES, on_turn, shell);
        shell_reloaded(shell, NULL, NULL);
}

static int start_links(struct shell *shell, struct error *error)
{
        static const enum topic topics[] = { TOPIC_SNAPSHOTS, TOPIC_CONTROL };
        static const struct kafka_handlers handlers = {
                .assigned = on_assigned,
                .revoked = on_revoked,
                .record = on_record,
                .end = on_end,
                .out_of_range = on_out_of_range,
                .failed = links_kafka_failed,
        };

        return links_open(&shell->links, "reconciler", topics, ARRAY_LENGTH(topics), &handlers,
                          on_delivered, on_redis_state, error);
}

void *shell_start(struct daemon *daemon, struct error *error)
{
        struct shell *shell = memory_new(sizeof(*shell));

        shell->links.daemon = daemon;
        reconciler_metrics_begin(daemon->metrics);
        start_core(shell);
        if (start_links(shell, error) < 0) {
                shell_stop(shell);
                return NULL;
        }
        return shell;
}

bool shell_ready(void *state, struct error *why)
{
        const struct shell *shell = state;

        return links_ready(&shell->links, why);
}

void shell_collect(void *state)
{
        static const enum topic topics[] = { TOPIC_SNAPSHOTS, TOPIC_CONTROL };
        struct shell *shell = state;

        links_collect_lag(&shell->links, topics, ARRAY_LENGTH(topics));
        shell_collect_log(shell);
}

void shell_drain(void *state)
{
        shell_handle(state, &(struct reconciler_input){ .type = RECONCILER_DRAIN });
}

void shell_stop(void *state)
{
        struct shell *shell = state;

        loop_not_at(shell->links.daemon->loop, LOOP_CORES, on_turn, shell);
        loop_timer_stop(shell->links.daemon->loop, &shell->timer);
        kafka_consumer_free(shell->reader);
        links_close(&shell->links);
        reconciler_core_free(shell->core);
        actions_deinit(&shell->actions);
        free(shell->readings);
        free(shell->later);
        free(shell);
}
