/* tests/sim/writer/host.c
 *
 * The core, and what it is told.
 */
#include "sim/writer/host.h"

#include <stdio.h>

#include "base/memory.h"

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
        writer_actions_clear(&host->actions);
        return struck;
}

void host_feed(struct host *host, const struct writer_input *input)
{
        writer_core_handle(host->core, input, sim_now(host->sim), &host->actions);
        if (process_acted(&host->process, act_all(host)))
                process_follow(&host->process, writer_core_next_ms(host->core));
}

static void tell_password(struct host *host, size_t town, bool changed)
{
        host_feed(host,
                  &(struct writer_input){ .type = INPUT_CREDENTIALS,
                                          .credentials = { .municipality = host->towns[town].id,
                                                           .present = true,
                                                           .changed = changed } });
}

static void tell_passwords(struct host *host)
{
        for (size_t i = 0; i < TOWNS; i++)
                if (host->core && config_municipality(host->process.config, host->towns[i].id))
                        tell_password(host, i, false);
}

/* -- as a process --------------------------------------------------------------------------------
 */

static void host_redis(struct process *process, bool up)
{
        host_feed((struct host *)process, &(struct writer_input){ .type = INPUT_REDIS, .up = up });
}

static void host_configured(struct process *process)
{
        struct host *host = (struct host *)process;

        host_feed(host, &(struct writer_input){ .type = INPUT_CONFIG, .config = process->config });
        tell_passwords(host);
}

static void host_begin(struct process *process)
{
        struct host *host = (struct host *)process;
        char instance[32];

        snprintf(instance, sizeof(instance), "host-%d-%u", process->number, process->life);
        consumer_begin(&host->consumer);
        host->wants[TOPIC_UPDATES] = host->wants[TOPIC_RESULTS] = true;
        host->core =
                writer_core_new(&(struct writer_settings){ .config = process->config,
                                                           .topics = &host->stage->topics,
                                                           .instance = instance,
                                                           .seed = dice_next(&host->sim->dice) },
                                sim_now(host->sim));
        tell_passwords(host);
        host_redis(process, host->stage->store.up);
}

static void host_end(struct process *process)
{
        struct host *host = (struct host *)process;

        writer_core_free(host->core);
        host->core = NULL;
}

static void host_tick(struct process *process)
{
        host_feed((struct host *)process, &(struct writer_input){ .type = INPUT_TICK });
}

static void host_drain(struct process *process)
{
        host_feed((struct host *)process, &(struct writer_input){ .type = INPUT_DRAIN });
}

static void host_commit(struct process *process)
{
        struct host *host = (struct host *)process;

        for (int32_t p = 0; p < host->stage->topics.partitions; p++) {
                int64_t offset = host->stored[p];

                if (offset == GROUP_NONE || offset == process->group->committed[TOPIC_UPDATES][p])
                        continue;
                if (group_commit(process->group, &process->member, TOPIC_UPDATES, p, offset))
                        check_commit(host->check, p, offset);
        }
}

static void host_forget(struct process *process)
{
        struct host *host = (struct host *)process;

        consumer_stop_all(&host->consumer);
        for (int32_t p = 0; p < GROUP_PARTITIONS_MAX; p++)
                host->stored[p] = GROUP_NONE;
}

static void host_revoked(struct process *process)
{
        struct host *host = (struct host *)process;

        for (int32_t p = 0; p < GROUP_PARTITIONS_MAX; p++)
                consumer_stop(&host->consumer, TOPIC_UPDATES, p);
        host_feed(host, &(struct writer_input){ .type = INPUT_REVOKED });
}

static void host_assigned(struct process *process)
{
        const struct member *member = &process->member;
        struct input_partition assigned[GROUP_PARTITIONS_MAX];
        struct writer_input input = { .type = INPUT_ASSIGNED };

        for (size_t i = 0; i < member->owned; i++) {
                int32_t p = member->first + (int32_t)i;
                int64_t committed = process->group->committed[TOPIC_UPDATES][p];

                assigned[i] = (struct input_partition){ p, committed >= 0 ? committed : -1 };
        }
        input.assigned.partitions = assigned;
        input.assigned.count = member->owned;
        input.assigned.generation = member->generation;
        host_feed((struct host *)process, &input);
}

static const struct process_kind kind = {
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

void host_init(struct host *host, int number, struct stage *stage, struct check *check,
               struct town *towns)
{
        *host = (struct host){ .sim = stage->sim, .stage = stage, .check = check, .towns = towns };
        process_init(&host->process, &kind, number, stage->sim, &stage->group);
        consumer_init(&host->consumer, &host_reads, &host->process, &stage->broker);
}

void host_deinit(struct host *host)
{
        writer_core_free(host->core);
        writer_actions_deinit(&host->actions);
}

void host_tell_password(struct host *host, size_t town)
{
        if (host->core && config_municipality(host->process.config, host->towns[town].id))
                tell_password(host, town, true);
}
