/* tests/sim/reconciler/host.c
 *
 * The core, and what it is told.
 */
#include "sim/reconciler/host.h"

#include <stdio.h>

#include "base/memory.h"

#define DRAIN_MS (15 * SIM_SECOND)

enum { MAX_MEMORY = 8 << 20 };

/* -- the core ---------------------------------------------------------------------------------- */

/* True if a mishap came in between. A crash takes the actions that were left; a zombie does them.
 */
static bool act_all(struct host *host)
{
        bool struck = false;

        for (size_t i = 0; i < host->actions.count; i++) {
                host_act(host, &host->actions.items[i]);
                struck = process_is_struck(&host->process) || struck;
                if (struck && process_is_crashing(&host->process))
                        break;
        }
        actions_clear(&host->actions);
        return struck;
}

void host_feed(struct host *host, const struct reconciler_input *input)
{
        reconciler_core_handle(host->core, input, sim_now(host->sim), &host->actions);
        if (process_acted(&host->process, act_all(host)))
                process_follow(&host->process, reconciler_core_next_ms(host->core));
}

/* -- as a process --------------------------------------------------------------------------------
 */

static void host_configured(struct process *process)
{
        host_feed((struct host *)process, &(struct reconciler_input){ .type = RECONCILER_CONFIG,
                                                                      .config = process->config });
}

static void host_redis(struct process *process, bool up)
{
        host_feed((struct host *)process,
                  &(struct reconciler_input){ .type = RECONCILER_REDIS, .up = up });
}

static void host_begin(struct process *process)
{
        struct host *host = (struct host *)process;
        struct reconciler_settings settings = { .topics = host->stage->topics,
                                                .max_memory = MAX_MEMORY,
                                                .drain_ms = DRAIN_MS };

        consumer_begin(&host->consumer);
        host->want = true;
        host->core = reconciler_core_new(&settings, dice_next(&host->sim->dice));
        host_configured(process);
        host_redis(process, host->stage->store.up);
}

static void host_end(struct process *process)
{
        struct host *host = (struct host *)process;

        reconciler_core_free(host->core);
        host->core = NULL;
}

static void host_tick(struct process *process)
{
        host_feed((struct host *)process, &(struct reconciler_input){ .type = RECONCILER_TICK });
}

static void host_drain(struct process *process)
{
        host_feed((struct host *)process, &(struct reconciler_input){ .type = RECONCILER_DRAIN });
}

static void host_commit(struct process *process)
{
        struct host *host = (struct host *)process;
        static const enum topic topics[] = { TOPIC_SNAPSHOTS, TOPIC_CONTROL };

        for (size_t t = 0; t < ARRAY_LENGTH(topics); t++) {
                for (int32_t p = 0; p < host->stage->topics.partitions; p++) {
                        int64_t offset = host->stored[topics[t]][p];

                        if (offset == GROUP_NONE ||
                            offset == process->group->committed[topics[t]][p])
                                continue;
                        if (group_commit(process->group, &process->member, topics[t], p, offset) &&
                            topics[t] == TOPIC_SNAPSHOTS)
                                check_commit(host->check, process->config, p, offset);
                }
        }
}

static void stop_reading(struct host *host)
{
        consumer_stop_all(&host->consumer);
        for (int32_t p = 0; p < GROUP_PARTITIONS_MAX; p++)
                host_leave_log(host, p);
}

static void host_forget(struct process *process)
{
        struct host *host = (struct host *)process;

        stop_reading(host);
        for (int topic = 0; topic < TOPIC_COUNT; topic++)
                for (int32_t p = 0; p < GROUP_PARTITIONS_MAX; p++)
                        host->stored[topic][p] = GROUP_NONE;
}

static void host_revoked(struct process *process)
{
        struct host *host = (struct host *)process;

        stop_reading(host);
        host_feed(host, &(struct reconciler_input){ .type = RECONCILER_REVOKED });
}

static void host_assigned(struct process *process)
{
        struct host *host = (struct host *)process;
        const struct member *member = &process->member;
        struct reconciler_assigned assigned[GROUP_PARTITIONS_MAX];
        struct reconciler_input input = { .type = RECONCILER_ASSIGNED };

        for (size_t i = 0; i < member->owned; i++) {
                int32_t p = member->first + (int32_t)i;

                assigned[i] = (struct reconciler_assigned){
                        .partition = p,
                        .committed = process->group->committed[TOPIC_SNAPSHOTS][p],
                        .committed_control = process->group->committed[TOPIC_CONTROL][p],
                };
        }
        input.assigned.partitions = assigned;
        input.assigned.count = member->owned;
        host_feed(host, &input);
}

/* What comes before it knows of a municipality is not its business. */
static void host_learn(struct process *process, const struct config *config)
{
        for (size_t i = 0; i < config->municipality_count; i++) {
                const char *id = config->municipalities[i].id;

                if (!process->config || !config_municipality(process->config, id))
                        check_excuse(((struct host *)process)->check, id);
        }
}

static const struct process_kind kind = {
        .learn = host_learn,
        .begin = host_begin,
        .end = host_end,
        .tick = host_tick,
        .assigned = host_assigned,
        .revoked = host_revoked,
        .commit = host_commit,
        .forget = host_forget,
        .drain = host_drain,
        .configured = host_configured,
        .redis = host_redis,
};

/* -- for the world ----------------------------------------------------------------------------- */

void host_init(struct host *host, int number, struct stage *stage, struct check *check)
{
        *host = (struct host){ .sim = stage->sim, .stage = stage, .check = check };
        process_init(&host->process, &kind, number, stage->sim, &stage->group);
        consumer_init(&host->consumer, &host_reads, &host->process, &stage->broker);
}

void host_deinit(struct host *host)
{
        reconciler_core_free(host->core);
        actions_deinit(&host->actions);
}
