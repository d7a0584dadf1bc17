/* services/fetcher/core.c
 *
 * Who is ours, who may read now, and which input is for whom. What happens to one municipality is in
 * fetch.c.
 */
#include "fetcher/core.h"

#include <string.h>

#include "base/memory.h"
#include "fetcher/fetch.h"
#include "model/control.h"

enum {
        /* A read that is due, but does not fit, lets others pass for so long. */
        HEAD_START_MS = 30000,
        SLOTS_MAX = (1 << FETCH_SLOT_BITS) - 1,
        LETTER_SLOT = SLOTS_MAX, /* of tokens that belong to a dead letter */
};

struct fetcher_core {
        const struct fetcher_settings settings;
        struct dice dice;
        const struct config *config;
        bool *has_credentials;     /* of config's municipalities */
        bool *owned;               /* by partition */
        struct fetch **fetches;    /* by slot; NULL where free */
        size_t slot_count;
        struct commands commands;
        uint64_t operations;
        int64_t memory;
        bool draining;
        bool drained;
};

struct fetcher_core *fetcher_core_new(const struct fetcher_settings *settings, uint64_t seed)
{
        struct fetcher_core *core = memory_new(sizeof(*core));

        memcpy((void *)&core->settings, settings, sizeof(*settings));
        core->dice.state = seed;
        core->owned = memory_new((size_t)settings->topics->partitions * sizeof(bool));
        commands_init(&core->commands, settings->topics);
        return core;
}

void fetcher_core_free(struct fetcher_core *core)
{
        if (!core)
                return;
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
                .commands = &core->commands,
                .operations = &core->operations,
                .memory = &core->memory,
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
}

static void let_go(struct fetcher_core *core, struct fetch_turn *turn, size_t slot)
{
        fetch_stop(core->fetches[slot], turn);
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

static void carry_over(struct fetcher_core *core, struct fetch_turn *turn, const struct config *config,
                       const bool *has_credentials, bool *claimed)
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
        }
}

static void configured(struct fetcher_core *core, struct fetch_turn *turn, const struct config *config,
                       const bool *has_credentials)
{
        _cleanup_(freep) bool *claimed = memory_new(config->municipality_count + 1);

        carry_over(core, turn, config, has_credentials, claimed);
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
        commands_revoked(&core->commands);
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

static void refuse(struct fetcher_core *core, struct fetch_turn *turn, const struct command *command,
                   const char *reason, const struct error *detail)
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

static void commanded(struct fetcher_core *core, struct fetch_turn *turn, const struct command *command)
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
                error_set(&error, "the key names no municipality of the configuration in partition %d",
                          (int)command->partition);
                refuse(core, turn, command, "unknown-municipality", &error);
        } else {
                fetch_refresh(fetch, turn, control.full, control.fresh, command->offset);
        }
}

/* Who may read now */

static bool is_reading(const struct fetch *fetch)
{
        return fetch && (fetch->phase == FETCH_ASKING || fetch->phase == FETCH_READING);
}

/* What is taken of the process's limits. */
struct load {
        int64_t reads;
        int64_t bytes; /* held, and what those that read are expected to need beyond */
};

static struct load load_of(const struct fetcher_core *core)
{
        struct load load = { .bytes = core->memory };

        for (size_t i = 0; i < core->slot_count; i++) {
                const struct fetch *fetch = core->fetches[i];

                if (!is_reading(fetch))
                        continue;
                load.reads++;
                if (fetch_expected_bytes(fetch) > fetch->memory)
                        load.bytes += fetch_expected_bytes(fetch) - fetch->memory;
        }
        return load;
}

static bool may_read(const struct fetcher_core *core, const struct load *load)
{
        return core->config && !core->draining && load->reads < core->config->fetcher.max_transfers;
}

static bool fits(const struct fetcher_core *core, const struct load *load, const struct fetch *fetch)
{
        return load->bytes == 0 ||
               load->bytes + fetch_expected_bytes(fetch) <= core->config->fetcher.max_memory;
}

static bool is_due(const struct fetch *fetch, int64_t now_ms)
{
        return fetch && fetch->phase == FETCH_IDLE && fetch_next_ms(fetch) <= now_ms;
}

/* The one that is due longest and fits; one that waits long for room lets nobody pass any more. */
static struct fetch *next_to_read(const struct fetcher_core *core, const struct load *load,
                                  int64_t now_ms)
{
        struct fetch *found = NULL;

        for (size_t i = 0; i < core->slot_count; i++) {
                struct fetch *fetch = core->fetches[i];

                if (!is_due(fetch, now_ms) || (found && fetch_next_ms(found) <= fetch_next_ms(fetch)))
                        continue;
                if (fits(core, load, fetch) || now_ms - fetch_next_ms(fetch) > HEAD_START_MS)
                        found = fetch;
        }
        return found && fits(core, load, found) ? found : NULL;
}

static void start_reads(struct fetcher_core *core, struct fetch_turn *turn)
{
        struct load load = load_of(core);

        while (may_read(core, &load)) {
                struct fetch *fetch = next_to_read(core, &load, turn->now_ms);

                if (!fetch)
                        return;
                fetch_begin(fetch, turn);
                load = load_of(core);
        }
}

static void check_deadlines(struct fetcher_core *core, struct fetch_turn *turn)
{
        for (size_t i = 0; i < core->slot_count; i++)
                if (core->fetches[i] && core->fetches[i]->deadline_ms <= turn->now_ms)
                        fetch_expired(core->fetches[i], turn);
        commands_tick(&core->commands, turn->now_ms, turn->actions);
}

/* Over the limit, and others hold some of it: this one waits until they are done. */
static void check_memory(struct fetcher_core *core, struct fetch_turn *turn, struct fetch *fetch)
{
        if (core->memory > core->config->fetcher.max_memory && core->memory > fetch->memory &&
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
                fetch_delivered(fetch, turn, input->acknowledged);
                break;
        }
}

static void dispatch(struct fetcher_core *core, struct fetch_turn *turn,
                     const struct fetcher_input *input)
{
        switch (input->type) {
        case FETCHER_CONFIGURED:
                configured(core, turn, input->configured.config, input->configured.has_credentials);
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
                check_deadlines(core, turn);
                break;
        case FETCHER_DELIVERED:
                commands_delivered(&core->commands, input->token, input->acknowledged, turn->now_ms,
                                   turn->actions);
                /* fall through */
        case FETCHER_REDIS_REPLY:
        case FETCHER_DATA:
        case FETCHER_ANSWER:
                handle_for_fetch(core, turn, input);
                break;
        }
}

void fetcher_core_handle(struct fetcher_core *core, const struct fetcher_input *input, int64_t now_ms,
                         struct fetcher_actions *actions)
{
        struct fetch_turn turn = turn_of(core, now_ms, actions);

        dispatch(core, &turn, input);
        if (input->type != FETCHER_DATA)
                start_reads(core, &turn);
        check_drained(core, &turn);
}

size_t fetcher_core_reads(const struct fetcher_core *core)
{
        return (size_t)load_of(core).reads;
}

int64_t fetcher_core_memory(const struct fetcher_core *core)
{
        return core->memory;
}

/* A read that is due but has no room waits for the end of another, not for the clock. */
static int64_t wakes_at_ms(const struct fetcher_core *core, const struct load *load,
                           const struct fetch *fetch)
{
        if (!fetch || (fetch->phase == FETCH_IDLE && (!may_read(core, load) || !fits(core, load, fetch))))
                return INT64_MAX;
        return fetch_next_ms(fetch);
}

int64_t fetcher_core_next_ms(const struct fetcher_core *core)
{
        int64_t next_ms = commands_next_ms(&core->commands);
        struct load load = load_of(core);

        for (size_t i = 0; i < core->slot_count; i++) {
                int64_t at_ms = wakes_at_ms(core, &load, core->fetches[i]);

                next_ms = at_ms < next_ms ? at_ms : next_ms;
        }
        return next_ms;
}
