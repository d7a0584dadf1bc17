/* services/fetcher/shell.c
 *
 * Start and stop, and the way in: what the world says, as inputs.
 */
#include "fetcher/shell.h"

#include <stdio.h>
#include <string.h>

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
        fetcher_core_handle(shell->core, input, loop_now_ms(shell->links.daemon->loop),
                            &shell->actions);
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
                shell->refused_capacity =
                        shell->refused_capacity ? shell->refused_capacity * 2 : 16;
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

        loop_timer_follow(shell->links.daemon->loop, &shell->timer,
                          fetcher_core_next_ms(shell->core));
}

/* Kafka */

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
        links_assigned(&shell->links, partitions, count, generation);
        shell_handle(shell, &input);
}

static void on_revoked(void *context)
{
        struct shell *shell = context;

        links_revoked(&shell->links);
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
static void on_out_of_range(void *context, enum topic topic, int32_t partition, int64_t low,
                            int64_t high)
{
        struct shell *shell = context;

        (void)high;
        kafka_start(shell->links.consumer, topic, partition, low);
}

static void on_delivered(void *context, uint64_t token, int64_t offset, const char *error)
{
        struct shell *shell = context;
        struct fetcher_input input = {
                .type = FETCHER_DELIVERED,
                .token = token,
                .delivered = {
                        .acknowledged = error == NULL,
                        .append_ms = kafka_append_ms(shell->links.producer),
                },
        };

        (void)offset;
        links_delivered(&shell->links, error);
        shell_handle(shell, &input);
}

/* Redis */

static void on_redis_state(void *context, bool up, const char *reason)
{
        struct shell *shell = context;

        links_redis_state(&shell->links, up, reason, "reading goes on without it");
}

/* Configuration */

static bool *flags_for(const struct config *config)
{
        return memory_new((config->municipality_count + 1) * sizeof(bool));
}

/* `old`: the credentials that those we have now replace; NULL at the start, when none are new. */
static void configure(struct shell *shell, const struct credentials *old)
{
        const struct config *config = shell->links.daemon->config;
        const struct credentials *credentials = shell->links.daemon->credentials;
        _cleanup_(freep) bool *has_credentials = flags_for(config);
        _cleanup_(freep) bool *new_credentials = flags_for(config);
        struct fetcher_input input = {
                .type = FETCHER_CONFIGURED,
                .configured = { config, has_credentials, new_credentials },
        };

        for (size_t i = 0; i < config->municipality_count; i++) {
                const char *id = config->municipalities[i].id;
                struct credential credential;

                has_credentials[i] = credentials_get(credentials, id, &credential, NULL);
                new_credentials[i] = old && credentials_differ(old, credentials, id);
        }
        shell_handle(shell, &input);
}

void shell_reloaded(void *state, const struct config *old,
                    const struct credentials *old_credentials)
{
        (void)old;
        configure(state, old_credentials);
}

/* Life */

static int start_http(struct shell *shell, struct error *error)
{
        struct daemon *daemon = shell->links.daemon;

        shell->http = http_new(daemon->loop, daemon->config->contact, error);
        return shell->http ? 0 : -1;
}

static int start_links(struct shell *shell, struct error *error)
{
        static const enum topic topics[] = { TOPIC_CONTROL };
        static const struct kafka_handlers handlers = {
                .assigned = on_assigned,
                .revoked = on_revoked,
                .record = on_record,
                .out_of_range = on_out_of_range,
                .failed = links_kafka_failed,
        };

        return links_open(&shell->links, "fetcher", topics, ARRAY_LENGTH(topics), &handlers,
                          on_delivered, on_redis_state, error);
}

static void start_core(struct shell *shell)
{
        struct fetcher_settings settings = {
                .topics = &shell->links.daemon->topics,
                .source = shell->source,
        };

        snprintf(shell->source, sizeof(shell->source), "/dplsync/fetcher/%s",
                 shell->links.daemon->instance);
        shell->core = fetcher_core_new(&settings, links_seed());
        shell->timer.fn = on_timer;
        shell->timer.context = shell;
        loop_at(shell->links.daemon->loop, LOOP_CORES, on_turn, shell);
        configure(shell, NULL);
}

void *shell_start(struct daemon *daemon, struct error *error)
{
        struct shell *shell = memory_new(sizeof(*shell));

        shell->links.daemon = daemon;
        fetcher_metrics_begin(daemon->metrics);
        start_core(shell);
        if (start_http(shell, error) < 0 || start_links(shell, error) < 0) {
                shell_stop(shell);
                return NULL;
        }
        return shell;
}

bool shell_ready(void *state, struct error *why)
{
        const struct shell *shell = state;

        return links_ready(&shell->links, why) && !fetcher_core_explain_clock(shell->core, why);
}

void shell_collect(void *state)
{
        static const enum topic topics[] = { TOPIC_CONTROL };
        struct shell *shell = state;
        struct metrics *metrics = shell->links.daemon->metrics;
        struct fetcher_gauges gauges = fetcher_core_gauges(shell->core);

        metrics_set(metrics, METRIC_READS, NULL, NULL, (double)gauges.reads);
        metrics_set(metrics, METRIC_LIST_BYTES, NULL, NULL, (double)gauges.list_bytes);
        metrics_set(metrics, METRIC_CLOCK_AHEAD, NULL, NULL, (double)gauges.clock_ahead_ms / 1000);
        links_collect_lag(&shell->links, topics, ARRAY_LENGTH(topics));
}

void shell_drain(void *state)
{
        shell_handle(state, &(struct fetcher_input){ .type = FETCHER_DRAIN });
}

void shell_stop(void *state)
{
        struct shell *shell = state;

        loop_not_at(shell->links.daemon->loop, LOOP_CORES, on_turn, shell);
        loop_timer_stop(shell->links.daemon->loop, &shell->timer);
        shell_free_reads(shell);
        links_close(&shell->links);
        http_free(shell->http);
        fetcher_core_free(shell->core);
        fetcher_actions_deinit(&shell->actions);
        free(shell->refused);
        free(shell);
}
