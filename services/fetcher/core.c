/* services/fetcher/core.c
 *
 * Who is ours, who may read now, and which input is for whom. What happens to one municipality is
 * in fetch.c.
 */
#include "fetcher/core.h"

#include <string.h>

#include "base/memory.h"
#include "fetcher/clock.h"
#include "fetcher/queue.h"
#include "model/control.h"

enum {
        SLOTS_MAX = (1 << FETCH_SLOT_BITS) - 1,
        LETTER_SLOT = SLOTS_MAX, /* of tokens that belong to a dead letter */
};

struct fetcher_core {
        const struct fetcher_settings settings;
        struct dice dice;
        const struct config *config;
        bool *has_credentials;  /* of config's municipalities */
        bool *owned;            /* by partition */
        struct fetch **fetches; /* by slot; NULL where free */
        size_t slot_count;
        struct commands commands;
        struct queue queue;
        struct clock clock;
        uint64_t operations;
        bool draining;
        bool drained;
};

struct fetcher_core *fetcher_core_new(const struct fetcher_settings *settings, uint64_t seed)
{
        struct fetcher_core *core = memory_new(sizeof(*core));

        memcpy((void *)&core->settings, settings, sizeof(*settings));
        core->dice.state = seed;
        core->queue = (struct queue)QUEUE_NULL;
        core->owned = memory_new((size_t)settings->topics->partitions * sizeof(bool));
        commands_init(&core->commands, settings->topics);
        return core;
}

void fetcher_core_free(struct fetcher_core *core)
{
        if (!core)
                return;
        queue_deinit(&core->queue);
        for (size_t i = 0; i < core->slot_count; i++)
                fetch_free(core->fetches[i]);
        free(core->fetches);
        free(core->has_credentials);
        free(core->owned);
        commands_deinit(&core->commands);
        free(core);
}

static struct fetch_turn turn_of(struct fetcher_core *core, int64_t now_ms,
                                 struct fetcher_actions *actions)
{
        return (struct fetch_turn){
                .source = core->settings.source,
                .dice = &core->dice,
                .sample_percent = core->config ? core->config->tracing.sample_percent : 0,
                .commands = &core->commands,
                .operations = &core->operations,
                .memory = &core->queue.held,
                .actions = actions,
                .now_ms = now_ms,
        };
}

/* The table of fetches */

static size_t free_slot(struct fetcher_core *core)
{
        for (size_t i = 0; i < core->slot_count; i++)
                if (!core->fetches[i])
                        return i;

        size_t slot = core->slot_count;

        core->slot_count = slot ? slot * 2 : 16;
        core->fetches = memory_resize(core->fetches, core->slot_count, sizeof(struct fetch *));
        memset(core->fetches + slot, 0, (core->slot_count - slot) * sizeof(struct fetch *));
        return slot;
}

static void take_up(struct fetcher_core *core, struct fetch_turn *turn, size_t index)
{
        const struct municipality *municipality = &core->config->municipalities[index];
        int32_t partition = topics_partition(core->settings.topics, municipality->id);
        size_t slot;

        if (!core->owned[partition])
                return;
        slot = free_slot(core);
        if (slot >= SLOTS_MAX)
                return;
        core->fetches[slot] =
                fetch_new(municipality, core->has_credentials[index], partition, slot);
        fetch_load(core->fetches[slot], turn);
        queue_settle(&core->queue, core->fetches[slot]);
}

static void let_go(struct fetcher_core *core, struct fetch_turn *turn, size_t slot)
{
        fetch_stop(core->fetches[slot], turn);
        queue_leave(&core->queue, core->fetches[slot]);
        fetch_free(TAKE_PTR(core->fetches[slot]));
}

static struct fetch *fetch_of_token(const struct fetcher_core *core, uint64_t token)
{
        size_t slot = token & SLOTS_MAX;
        struct fetch *fetch = slot < core->slot_count ? core->fetches[slot] : NULL;

        return fetch && fetch->token == token ? fetch : NULL;
}

static struct fetch *fetch_of_municipality(const struct fetcher_core *core, struct slice id)
{
        for (size_t i = 0; i < core->slot_count; i++)
                if (core->fetches[i] && slice_is(id, core->fetches[i]->municipality->id))
                        return core->fetches[i];
        return NULL;
}

/* Configuration: those that stay are looked up in the new one, those that are gone are let go, and
 * those that no fetch has claimed are new. */

static bool *copy_flags(const bool *flags, size_t count)
{
        return memory_copy(flags, count * sizeof(*flags));
}

static void carry_over(struct fetcher_core *core, struct fetch_turn *turn,
                       const struct config *config, const bool *has_credentials,
                       const bool *new_credentials, bool *claimed)
{
        for (size_t slot = 0; slot < core->slot_count; slot++) {
                struct fetch *fetch = core->fetches[slot];
                const struct municipality *stays;

                if (!fetch)
                        continue;
                stays = config_municipality(config, fetch->municipality->id);
                if (!stays) {
                        fetch_release_refreshes(fetch, turn);
                        let_go(core, turn, slot);
                        continue;
                }

                size_t index = (size_t)(stays - config->municipalities);

                claimed[index] = true;
                fetch_reconfigure(fetch, turn, stays, has_credentials[index],
                                  !municipality_equal(stays, fetch->municipality));
                if (new_credentials && new_credentials[index])
                        fetch_renew_credentials(fetch, turn);
                queue_settle(&core->queue, fetch);
        }
}

static void configured(struct fetcher_core *core, struct fetch_turn *turn,
                       const struct config *config, const bool *has_credentials,
                       const bool *new_credentials)
{
        _cleanup_(freep) bool *claimed = memory_new(config->municipality_count + 1);

        carry_over(core, turn, config, has_credentials, new_credentials, claimed);
        core->config = config;
        free(core->has_credentials);
        core->has_credentials = copy_flags(has_credentials, config->municipality_count);
        for (size_t i = 0; i < config->municipality_count; i++)
                if (!claimed[i])
                        take_up(core, turn, i);
}

/* Assignment */

static void revoked(struct fetcher_core *core, struct fetch_turn *turn)
{
        for (size_t slot = 0; slot < core->slot_count; slot++)
                if (core->fetches[slot])
                        let_go(core, turn, slot);
        memset(core->owned, 0, (size_t)core->settings.topics->partitions * sizeof(bool));
        commands_revoked(&core->commands, turn->actions);
}

static void start_commands(struct fetch_turn *turn, const struct fetcher_assignment *assignment)
{
        struct fetcher_action *action =
                fetcher_actions_add(turn->actions, FETCHER_CONTROL_START, FETCHER_NO_REPLY);

        action->control.partition = assignment->partition;
        action->control.offset =
                assignment->committed >= 0 ? assignment->committed : FETCHER_FROM_BEGIN;
}

static void assigned(struct fetcher_core *core, struct fetch_turn *turn,
                     const struct fetcher_assignment *partitions, size_t count)
{
        revoked(core, turn);
        if (core->draining)
                return;
        for (size_t i = 0; i < count; i++) {
                if (partitions[i].partition >= core->settings.topics->partitions)
                        continue;
                core->owned[partitions[i].partition] = true;
                start_commands(turn, &partitions[i]);
        }
        for (size_t i = 0; i < core->config->municipality_count; i++)
                take_up(core, turn, i);
}

/* Commands: only `refresh` is for us; the reconciler handles the others. */

static void refuse(struct fetcher_core *core, struct fetch_turn *turn,
                   const struct command *command, const char *reason, const struct error *detail)
{
        uint64_t token = ++core->operations << FETCH_SLOT_BITS | LETTER_SLOT;
        struct fetcher_action *action;

        commands_refuse(&core->commands, command, reason, detail->text, token, turn->now_ms,
                        turn->actions);
        action = fetcher_actions_add(turn->actions, FETCHER_REPORT, FETCHER_NO_REPLY);
        action->report.type = FETCHER_CONTROL_REFUSED;
        action->report.reason = reason;
        action->report.error = *detail;
        if (municipality_id_valid(command->key.data, command->key.length))
                memcpy(action->report.municipality, command->key.data, command->key.length);
}

static void commanded(struct fetcher_core *core, struct fetch_turn *turn,
                      const struct command *command)
{
        struct fetch *fetch = fetch_of_municipality(core, command->key);
        struct error error = ERROR_NULL;
        struct control control;

        if (command->partition < 0 || command->partition >= core->settings.topics->partitions ||
            !core->owned[command->partition])
                return; /* of an assignment that is over */
        commands_open(&core->commands, command->partition, command->offset);
        if (control_read(&control, command->value, &error) < 0) {
                refuse(core, turn, command, "invalid-control", &error);
        } else if (control.command != CONTROL_REFRESH) {
                commands_done(&core->commands, command->partition, command->offset, turn->actions);
        } else if (!fetch || fetch->partition != command->partition) {
                error_set(&error,
                          "the key names no municipality of the configuration in partition %d",
                          (int)command->partition);
                refuse(core, turn, command, "unknown-municipality", &error);
        } else {
                fetch_refresh(fetch, turn, control.full, control.fresh, command->offset);
                queue_settle(&core->queue, fetch);
        }
}

/* Who may read now */

static void start_reads(struct fetcher_core *core, struct fetch_turn *turn)
{
        const struct queue_limits limits = {
                .most_reads = core->config->fetcher.max_transfers,
                .most_bytes = core->config->fetcher.max_memory,
        };
        struct fetch *fetch;

        while (!core->draining && (fetch = queue_next(&core->queue, &limits, turn->now_ms))) {
                fetch_begin(fetch, turn);
                queue_settle(&core->queue, fetch);
        }
}

static void check_deadlines(struct fetcher_core *core, struct fetch_turn *turn)
{
        struct fetch *fetch;

        while ((fetch = queue_take_expired(&core->queue, turn->now_ms))) {
                fetch_expired(fetch, turn);
                queue_settle(&core->queue, fetch);
        }
        commands_tick(&core->commands, turn->now_ms, turn->actions);
}

/* Over the limit, and others hold some of it: this one waits until they are done. */
static void check_memory(struct fetcher_core *core, struct fetch_turn *turn, struct fetch *fetch)
{
        int64_t held = core->queue.held;

        if (held > core->config->fetcher.max_memory && held > fetch->memory &&
            fetch->phase == FETCH_READING)
                fetch_postpone(fetch, turn, "memory");
}

/* Drain: reads are given up, snapshots on their way into Kafka are waited for. */

static void drain(struct fetcher_core *core, struct fetch_turn *turn)
{
        core->draining = true;
        for (size_t slot = 0; slot < core->slot_count; slot++)
                if (core->fetches[slot] && core->fetches[slot]->phase != FETCH_PUBLISHING)
                        let_go(core, turn, slot);
}

static bool is_publishing(const struct fetcher_core *core)
{
        for (size_t i = 0; i < core->slot_count; i++)
                if (core->fetches[i] && core->fetches[i]->phase == FETCH_PUBLISHING)
                        return true;
        return false;
}

static void check_drained(struct fetcher_core *core, struct fetch_turn *turn)
{
        if (!core->draining || core->drained || is_publishing(core))
                return;
        core->drained = true;
        fetcher_actions_add(turn->actions, FETCHER_DRAINED, FETCHER_NO_REPLY);
}

/* Kafka took a record of `fetch`: its time tells ours. */
static void check_clock(struct fetcher_core *core, struct fetch_turn *turn,
                        const struct fetch *fetch, int64_t append_ms)
{
        struct fetcher_action *action;

        if (append_ms < 0 || fetch->phase != FETCH_PUBLISHING ||
            !clock_note(&core->clock, fetch->publishing_ms, turn->now_ms, append_ms))
                return;
        action = fetcher_actions_add(turn->actions, FETCHER_REPORT, FETCHER_NO_REPLY);
        action->report.type = FETCHER_CLOCK;
        action->report.reason = clock_is_off(&core->clock) ? "clock" : "";
        fetcher_core_explain_clock(core, &action->report.error);
}

/* Dispatch */

static void handle_for_fetch(struct fetcher_core *core, struct fetch_turn *turn,
                             const struct fetcher_input *input)
{
        struct fetch *fetch = fetch_of_token(core, input->token);

        if (!fetch)
                return; /* of an operation that is over */
        switch (input->type) {
        case FETCHER_REDIS_REPLY:
                fetch_redis_replied(fetch, turn, input->redis.answered, input->redis.value);
                break;
        case FETCHER_DATA:
                fetch_data(fetch, turn, input->data.bytes, input->data.content_type);
                check_memory(core, turn, fetch);
                break;
        case FETCHER_ANSWER:
                fetch_answered(fetch, turn, &input->answer);
                break;
        default:
                check_clock(core, turn, fetch, input->delivered.append_ms);
                fetch_delivered(fetch, turn, input->delivered.acknowledged);
                break;
        }
        queue_settle(&core->queue, fetch);
}

static void dispatch(struct fetcher_core *core, struct fetch_turn *turn,
                     const struct fetcher_input *input)
{
        switch (input->type) {
        case FETCHER_CONFIGURED:
                configured(core, turn, input->configured.config, input->configured.has_credentials,
                           input->configured.new_credentials);
                break;
        case FETCHER_ASSIGNED:
                assigned(core, turn, input->assigned.partitions, input->assigned.count);
                break;
        case FETCHER_REVOKED:
                revoked(core, turn);
                break;
        case FETCHER_COMMAND:
                commanded(core, turn, &input->command);
                break;
        case FETCHER_DRAIN:
                drain(core, turn);
                break;
        case FETCHER_TICK:
                break;
        case FETCHER_DELIVERED:
                commands_delivered(&core->commands, input->token, input->delivered.acknowledged,
                                   turn->now_ms, turn->actions);
                /* fall through */
        case FETCHER_REDIS_REPLY:
        case FETCHER_DATA:
        case FETCHER_ANSWER:
                handle_for_fetch(core, turn, input);
                break;
        }
}

void fetcher_core_handle(struct fetcher_core *core, const struct fetcher_input *input,
                         int64_t now_ms, struct fetcher_actions *actions)
{
        struct fetch_turn turn = turn_of(core, now_ms, actions);

        dispatch(core, &turn, input);
        if (input->type != FETCHER_DATA) { /* which come by the thousand, and free nothing */
                check_deadlines(core, &turn);
                start_reads(core, &turn);
        }
        check_drained(core, &turn);
}

int64_t fetcher_core_next_ms(const struct fetcher_core *core)
{
        int64_t command_ms = commands_next_ms(&core->commands);
        int64_t read_ms = queue_wake_ms(&core->queue);

        if (core->drained)
                return INT64_MAX;
        return command_ms < read_ms ? command_ms : read_ms;
}

bool fetcher_core_explain_clock(const struct fetcher_core *core, struct error *why)
{
        int64_t ahead_ms = core->clock.ahead_ms;

        if (!clock_is_off(&core->clock))
                return false;
        error_set(why, "this machine's clock is at least %.1f s %s Kafka's; mend its time service",
                  (double)(ahead_ms < 0 ? -ahead_ms : ahead_ms) / 1000,
                  ahead_ms < 0 ? "behind" : "ahead of");
        return true;
}

struct fetcher_gauges fetcher_core_gauges(const struct fetcher_core *core)
{
        return (struct fetcher_gauges){
                .reads = core->queue.reads,
                .list_bytes = core->queue.held,
                .clock_ahead_ms = core->clock.ahead_ms,
        };
}
