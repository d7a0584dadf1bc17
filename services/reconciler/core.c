/* services/reconciler/core.c
 *
 * Dispatches inputs to sites and partitions, and shares the process out among them: one slice of
 * one site's diff a turn, so that a large site holds nobody up.
 */
#include "reconciler/core_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"

struct reconciler_core *reconciler_core_new(const struct reconciler_settings *settings,
                                            uint64_t seed)
{
        struct reconciler_core *core = memory_new(sizeof(*core));

        core->settings = *settings;
        core->dice.state = seed;
        core->world.epoch = settings->topics.epoch;
        core->world.dice = &core->dice;
        core->assemble = (struct assemble)ASSEMBLE_NULL;
        core->want = true;
        core->next_ms = INT64_MAX;
        core->sites = (struct sites)SITES_NULL;
        core->partitions =
                memory_new((size_t)settings->topics.partitions * sizeof(struct partition *));
        return core;
}

/* -- sites ------------------------------------------------------------------------------------- */

static void add_site(struct reconciler_core *core, const struct municipality *config, bool late)
{
        int32_t number = topics_partition(&core->settings.topics, config->id);
        struct partition *partition = core->partitions[number];

        if (!partition)
                return;

        struct site *site = site_new(config->id, sites_serial(&core->sites), partition, config);

        site->late = late;
        sites_add(&core->sites, site);
}

static void remove_site(struct reconciler_core *core, struct site *site)
{
        struct reconciler_action *action = action_add(core->world.actions, RECONCILER_GONE);

        memcpy(action->municipality, site->id, sizeof(action->municipality));
        readings_leave(&core->readings, site->id);
        sites_remove(&core->sites, site);
        site_free(site, &core->world);
}

/* No longer configured: what waits of it is skipped. */
static void retire_site(struct reconciler_core *core, struct site *site)
{
        for (const struct job *job = site->jobs; job; job = job->next) {
                if (job->snapshot)
                        partition_done_snapshot(site->partition, job->snapshot,
                                                core->world.actions);
                else
                        partition_done(site->partition, TOPIC_CONTROL, job->control_offset,
                                       core->world.actions);
        }
        remove_site(core, site);
}

static void take_config(struct reconciler_core *core, const struct config *config)
{
        struct site *site, *next;
        bool first = !core->config;

        core->config = config;
        HASH_ITER(hh, core->sites.by_id, site, next) {
                site_configure(site, config_municipality(config, site->id));
                if (!site->config)
                        retire_site(core, site);
        }
        for (size_t i = 0; i < config->municipality_count; i++)
                if (!sites_by_id(&core->sites, config->municipalities[i].id))
                        add_site(core, &config->municipalities[i], !first);
}

/* -- assignment ----------------------------------------------------------------------------------
 */

static void take_revoked(struct reconciler_core *core)
{
        struct site *site, *next;

        HASH_ITER(hh, core->sites.by_id, site, next)
                remove_site(core, site);
        assemble_deinit(&core->assemble);
        letters_drop(&core->letters);
        for (int32_t i = 0; i < core->settings.topics.partitions; i++) {
                struct partition *partition = core->partitions[i];

                if (partition && partition->log == LOG_READING)
                        action_add(core->world.actions, RECONCILER_LEAVE_LOG)->partition = i;
                partition_free(partition);
                core->partitions[i] = NULL;
        }
}

static void take_assigned(struct reconciler_core *core, const struct reconciler_assigned *assigned,
                          size_t count)
{
        take_revoked(core);
        for (size_t i = 0; i < count; i++) {
                int32_t number = assigned[i].partition;

                if (number < 0 || number >= core->settings.topics.partitions ||
                    core->partitions[number])
                        continue;
                core->partitions[number] =
                        partition_new(number, assigned[i].committed, assigned[i].committed_control);
        }
        for (size_t i = 0; core->config && i < core->config->municipality_count; i++)
                add_site(core, &core->config->municipalities[i], false);
}

/* Something was applied that the log does not reach. */
static bool began_anew(const struct reconciler_core *core, const struct partition *partition,
                       int64_t high)
{
        for (const struct site *site = core->sites.by_id; site; site = site->hh.next)
                if (site->partition == partition &&
                    site->meta.epoch == (int64_t)core->world.epoch && site->meta.offset >= high)
                        return true;
        return false;
}

/* Records that were asked for are gone, or not there yet. */
static void take_out_of_range(struct reconciler_core *core, enum topic topic, int32_t number,
                              int64_t low, int64_t high)
{
        struct reconciler_actions *actions = core->world.actions;
        struct partition *partition = core->partitions[number];

        if (!partition)
                return;
        if (topic != TOPIC_SNAPSHOTS) {
                action_place(actions, RECONCILER_START, topic, number, PLACE_BEGIN);
                return;
        }
        if (began_anew(core, partition, high)) {
                struct reconciler_action *stop = action_add(actions, RECONCILER_STOP);

                stop->reason = memory_new(sizeof(*stop->reason));
                error_set(stop->reason,
                          "partition %d of the topic `snapshots` ends before what was applied: it "
                          "began anew; raise topics.epoch in the configuration by 1",
                          number);
                return;
        }
        for (struct site *site = core->sites.by_id; site; site = site->hh.next)
                if (site->partition == partition && site->meta.offset >= 0 &&
                    site->meta.offset + 1 < low)
                        site->clamped = true;
        action_place(actions, RECONCILER_START, topic, number, low);
}

static void take_end(struct reconciler_core *core, int32_t number)
{
        if (core->partitions[number])
                core->partitions[number]->at_end = true;
}

static void take_log_end(struct reconciler_core *core, int32_t number)
{
        struct partition *partition = core->partitions[number];

        if (partition && partition->log == LOG_READING)
                readings_end(&core->readings, &core->sites, partition, &core->world);
}

/* -- after every input ---------------------------------------------------------------------------
 */

static void lower(int64_t *next_ms, int64_t ms)
{
        if (ms < *next_ms)
                *next_ms = ms;
}

/* One site takes a slice of what is large, and goes behind the others; these go on with what costs
 * little. */
static void step_sites(struct reconciler_core *core)
{
        struct site *site, *next, *served = NULL;

        DL_FOREACH_SAFE(core->sites.active, site, next) {
                bool heavy = site_is_heavy(site, &core->world);

                if (heavy && served)
                        continue;
                if (heavy)
                        served = site;
                site_step(site, &core->world);
        }
        if (!served)
                return;
        sites_go_behind(&core->sites, served);
}

static void look_after_partitions(struct reconciler_core *core)
{
        struct site *site;

        DL_FOREACH(core->sites.active, site)
                if (site->phase == SITE_LOG && site->partition->log == LOG_IDLE)
                        readings_begin(&core->readings, &core->sites, site->partition,
                                       core->world.actions);
        for (int32_t i = 0; i < core->settings.topics.partitions; i++) {
                if (!core->partitions[i])
                        continue;
                partition_start(core->partitions[i], core->world.actions);
                if (core->partitions[i]->at_end)
                        core_abandon(core, i, core->world.now_ms);
        }
}

/* Reading stops while whole snapshots and dead letters that wait fill the memory. Those that are
 * still being assembled count, but cannot stop it by themselves: their missing parts are what has
 * to be read. */
static void look_after_memory(struct reconciler_core *core)
{
        size_t bytes = core->world.job_bytes + core->assemble.bytes + core->letters.bytes;
        bool waits = core->world.job_count > 0 || core->letters.first;
        bool full = waits && bytes > (size_t)core->settings.max_memory;
        bool want = !full && core->drain_until_ms == 0;

        if (want == core->want)
                return;
        core->want = want;
        action_add(core->world.actions, RECONCILER_WANT)->want = want;
}

/* Thousands of municipalities wait for their next list: they cost nothing meanwhile. */
static void let_rest(struct reconciler_core *core)
{
        struct site *site, *next;

        DL_FOREACH_SAFE(core->sites.active, site, next) {
                if (!site_is_at_rest(site))
                        continue;
                sites_rest(&core->sites, site);
                lower(&core->sites.rest_next_ms, site_next_ms(site, &core->world));
        }
}

static void look_after_time(struct reconciler_core *core)
{
        const struct site *site;

        core->next_ms = assemble_next_ms(&core->assemble);
        if (core->next_ms <= core->world.now_ms) /* waits for the end of its partition */
                core->next_ms = core->world.now_ms + 1000;
        DL_FOREACH(core->sites.active, site) {
                lower(&core->next_ms, site_next_ms(site, &core->world));
                if (site_is_hungry(site, &core->world))
                        lower(&core->next_ms, core->world.now_ms);
        }
        lower(&core->next_ms, core->sites.rest_next_ms);
        lower(&core->next_ms, letters_next_ms(&core->letters));
        if (core->drain_until_ms > 0 && !core->drained)
                lower(&core->next_ms, core->drain_until_ms);
}

static bool is_working(const struct reconciler_core *core)
{
        for (const struct site *site = core->sites.by_id; site; site = site->hh.next)
                if (site->phase != SITE_IDLE && site->phase != SITE_WAIT && site->phase != SITE_LOG)
                        return true;
        return core->letters.first != NULL;
}

static void look_after_drain(struct reconciler_core *core)
{
        if (core->drain_until_ms == 0 || core->drained)
                return;
        if (is_working(core) && core->world.now_ms < core->drain_until_ms)
                return;
        core->drained = true;
        action_add(core->world.actions, RECONCILER_DRAINED);
}

/* -- dispatch ------------------------------------------------------------------------------------
 */

static void take_letter_reply(struct reconciler_core *core, const struct reconciler_input *input)
{
        int32_t partition;
        int64_t offset;

        if (input->type == RECONCILER_DELIVERED &&
            letters_delivered(&core->letters, input->token, input->error, core->world.now_ms,
                              &partition, &offset))
                partition_done(core->partitions[partition], TOPIC_SNAPSHOTS, offset,
                               core->world.actions);
}

static void take_reply(struct reconciler_core *core, const struct reconciler_input *input)
{
        struct site *site = sites_by_token(&core->sites, input->token);

        if (!site) {
                take_letter_reply(core, input);
                return;
        }
        sites_activate(&core->sites, site);
        switch (input->type) {
        case RECONCILER_META:
                site_take_meta(site, &core->world, input->token, input->reply.ok,
                               input->reply.items, input->reply.count);
                break;
        case RECONCILER_EVENTS:
                site_take_events(site, &core->world, input->token, input->reply.ok,
                                 input->reply.items, input->reply.count);
                break;
        case RECONCILER_LEDGER:
                site_take_ledger(site, &core->world, input->token, input->reply.ok,
                                 input->reply.items, input->reply.count);
                break;
        case RECONCILER_DELIVERED:
                site_take_delivery(site, &core->world, input->token, input->error);
                break;
        case RECONCILER_APPLIED:
                site_take_apply(site, &core->world, input->token, input->applied);
                break;
        default:
                break;
        }
}

static void take_input(struct reconciler_core *core, const struct reconciler_input *input)
{
        switch (input->type) {
        case RECONCILER_TICK:
                break;
        case RECONCILER_CONFIG:
                take_config(core, input->config);
                sites_activate_all(&core->sites);
                break;
        case RECONCILER_REDIS:
                core->world.redis_up = input->up;
                sites_activate_all(&core->sites);
                break;
        case RECONCILER_ASSIGNED:
                take_assigned(core, input->assigned.partitions, input->assigned.count);
                break;
        case RECONCILER_REVOKED:
                take_revoked(core);
                break;
        case RECONCILER_RECORD:
                core_take_record(core, &input->record);
                break;
        case RECONCILER_END:
                if (input->range.topic == TOPIC_SNAPSHOTS)
                        take_end(core, input->range.partition);
                break;
        case RECONCILER_OUT_OF_RANGE:
                take_out_of_range(core, input->range.topic, input->range.partition,
                                  input->range.low, input->range.high);
                break;
        case RECONCILER_LOG:
                readings_take(&core->readings, input->record.key, input->record.value,
                              input->record.appended_ms, core->world.actions);
                break;
        case RECONCILER_LOG_END:
                take_log_end(core, input->range.partition);
                sites_activate_all(&core->sites);
                break;
        case RECONCILER_DRAIN:
                core->world.draining = true;
                sites_activate_all(&core->sites);
                core->drain_until_ms = core->world.now_ms + core->settings.drain_ms;
                break;
        default:
                take_reply(core, input);
                break;
        }
}

/* A delivery or a record of the log touches one site, and there are very many of them: the others
 * are not looked at. What the one site wants next is done with the next tick. */
static bool touches_one(const struct reconciler_input *input)
{
        return input->type == RECONCILER_DELIVERED || input->type == RECONCILER_LOG;
}

static void look_after_one(struct reconciler_core *core, const struct reconciler_input *input)
{
        struct site *site = sites_by_token(&core->sites, input->token);

        if (site && site_is_at_rest(site)) {
                lower(&core->sites.rest_next_ms, site_next_ms(site, &core->world));
        } else if (site) {
                sites_activate(&core->sites, site);
                lower(&core->next_ms, core->world.now_ms);
        }
        lower(&core->next_ms, core->sites.rest_next_ms);
        lower(&core->next_ms, letters_next_ms(&core->letters));
}

static void look_after_all(struct reconciler_core *core)
{
        letters_tick(&core->letters, core->world.now_ms, core->world.actions);
        if (core->world.now_ms >= core->sites.rest_next_ms)
                sites_activate_all(&core->sites);
        step_sites(core);
        look_after_partitions(core);
        let_rest(core);
        look_after_memory(core);
        look_after_time(core);
}

void reconciler_core_handle(struct reconciler_core *core, const struct reconciler_input *input,
                            int64_t now_ms, struct reconciler_actions *actions)
{
        assert(core->config || input->type == RECONCILER_CONFIG);
        core->world.actions = actions;
        core->world.now_ms = now_ms;
        take_input(core, input);
        if (touches_one(input))
                look_after_one(core, input);
        else
                look_after_all(core);
        look_after_drain(core);
}

int64_t reconciler_core_next_ms(const struct reconciler_core *core)
{
        return core->next_ms;
}

void reconciler_core_free(struct reconciler_core *core)
{
        if (!core)
                return;

        struct reconciler_actions left = RECONCILER_ACTIONS_NULL;

        core->world.actions = &left;
        take_revoked(core);
        assert(core->world.job_count == 0 && core->world.job_bytes == 0 &&
               core->world.told_bytes == 0);
        actions_deinit(&left);
        free(core->partitions);
        free(core);
}
