/* tests/sim/host.c
 *
 * A life ends with everything that was on its way to it: replies, acknowledgements, ticks. What was
 * on its way from it, and not yet in the log or in Redis, is lost as well.
 */
#include "sim/host.h"

#include <assert.h>
#include <stdio.h>

#include "base/memory.h"

#define SESSION_MS (10 * SIM_SECOND)
#define COMMIT_MS  (5 * SIM_SECOND)
#define DRAIN_MS   (15 * SIM_SECOND)

enum { MAX_MEMORY = 8 << 20 };

/* -- errands ----------------------------------------------------------------------------------- */

void host_add_errand(struct host *host, struct host_errand *errand, void (*run)(struct errand *),
                     void (*drop)(struct errand *), int64_t at_ms)
{
        errand->errand.run = run;
        errand->errand.drop = drop;
        errand->host = host;
        errand->life = host->life;
        agenda_add(&host->sim->agenda, &errand->errand, at_ms);
}

struct host *host_of_errand(const struct errand *errand)
{
        const struct host_errand *mine = (const struct host_errand *)errand;

        return mine->life == mine->host->life ? mine->host : NULL;
}

static void add_plain(struct host *host, void (*run)(struct errand *), int64_t wait_ms)
{
        host_add_errand(host, memory_new(sizeof(struct host_errand)), run, sim_drop,
                        sim_now(host->sim) + wait_ms);
}

int64_t host_delay_ms(struct host *host)
{
        if (host->zombie)
                return sim_between(host->sim, 1, 20 * SIM_SECOND);
        if (sim_chance(host->sim, 30))
                return sim_between(host->sim, 20, 800);
        return sim_between(host->sim, 1, 5);
}

/* -- the core ---------------------------------------------------------------------------------- */

static void tick(struct errand *errand)
{
        struct host *host = host_of_errand(errand);

        if (!host || !host->core || host->wake_ms != errand->at_ms)
                return;
        host->wake_ms = INT64_MAX;
        host_feed(host, &(struct reconciler_input){ .type = RECONCILER_TICK });
}

static void follow_time(struct host *host)
{
        int64_t next_ms = reconciler_core_next_ms(host->core);

        if (next_ms < sim_now(host->sim))
                next_ms = sim_now(host->sim);
        if (next_ms == host->wake_ms)
                return;
        host->wake_ms = next_ms;
        if (next_ms < INT64_MAX)
                add_plain(host, tick, next_ms - sim_now(host->sim));
}

/* True if it happens now. */
static bool meets_mishap(struct host *host)
{
        return host->mishap != MISHAP_NONE && host->mishap_after-- == 0;
}

static void isolate(struct errand *errand)
{
        struct host *host = host_of_errand(errand);

        if (host)
                host_isolate(host);
}

static void suffer_mishap(struct host *host)
{
        enum host_mishap mishap = host->mishap;

        host->mishap = MISHAP_NONE;
        if (mishap == MISHAP_CRASH)
                host_crash(host);
        else
                add_plain(host, isolate, 0);
}

/* True if a mishap came in between. A crash takes the actions that were left; a zombie does them. */
static bool act_all(struct host *host)
{
        bool struck = false;

        for (size_t i = 0; i < host->actions.count; i++) {
                host_act(host, &host->actions.items[i]);
                struck = struck || meets_mishap(host);
                if (struck && host->mishap == MISHAP_CRASH)
                        break;
        }
        actions_clear(&host->actions);
        return struck;
}

static void end_drained(struct host *host);

void host_feed(struct host *host, const struct reconciler_input *input)
{
        reconciler_core_handle(host->core, input, sim_now(host->sim), &host->actions);
        if (act_all(host)) {
                suffer_mishap(host);
                if (!host->core)
                        return;
        }
        if (host->drained)
                end_drained(host);
        else
                follow_time(host);
}

/* -- the group ----------------------------------------------------------------------------------- */

static void commit(struct host *host)
{
        static const enum topic topics[] = { TOPIC_SNAPSHOTS, TOPIC_CONTROL };

        for (size_t t = 0; t < ARRAY_LENGTH(topics); t++) {
                for (int32_t p = 0; p < host->topics.partitions; p++) {
                        int64_t offset = host->stored[topics[t]][p];

                        if (offset == GROUP_NONE || offset == host->group->committed[topics[t]][p])
                                continue;
                        if (group_commit(host->group, &host->member, topics[t], p, offset) &&
                            topics[t] == TOPIC_SNAPSHOTS)
                                check_commit(host->check, host->config, p, offset);
                }
        }
}

static void commit_again(struct errand *errand)
{
        struct host *host = host_of_errand(errand);

        if (!host || !host->core)
                return;
        commit(host);
        add_plain(host, commit_again, COMMIT_MS);
}

static void forget_places(struct host *host)
{
        host_stop_reading(host);
        for (int topic = 0; topic < TOPIC_COUNT; topic++)
                for (int32_t p = 0; p < GROUP_PARTITIONS_MAX; p++)
                        host->stored[topic][p] = GROUP_NONE;
}

static void on_revoked(struct member *member)
{
        struct host *host = (struct host *)member;

        if (!host->core)
                return;
        host_stop_reading(host);
        host_feed(host, &(struct reconciler_input){ .type = RECONCILER_REVOKED });
        if (!host->core)
                return;
        commit(host);
        forget_places(host);
}

static void on_assigned(struct member *member)
{
        struct host *host = (struct host *)member;
        struct reconciler_assigned assigned[GROUP_PARTITIONS_MAX];
        struct reconciler_input input = { .type = RECONCILER_ASSIGNED };

        if (!host->core)
                return;
        for (size_t i = 0; i < member->owned; i++) {
                int32_t p = member->first + (int32_t)i;

                assigned[i] = (struct reconciler_assigned){
                        .partition = p,
                        .committed = host->group->committed[TOPIC_SNAPSHOTS][p],
                        .committed_control = host->group->committed[TOPIC_CONTROL][p],
                };
        }
        input.assigned.partitions = assigned;
        input.assigned.count = member->owned;
        sim_say(host->sim, "host %d: owns %zu partitions from %d", host->number, member->owned,
                member->first);
        host_feed(host, &input);
}

/* -- its life -------------------------------------------------------------------------------------- */

void host_init(struct host *host, int number, struct sim *sim, struct broker *broker,
               struct store *store, struct group *group, struct check *check,
               const struct topics *topics)
{
        *host = (struct host){
                .member = { .assigned = on_assigned, .revoked = on_revoked },
                .sim = sim,
                .broker = broker,
                .store = store,
                .group = group,
                .check = check,
                .number = number,
                .topics = *topics,
        };
        group_add(group, &host->member);
        host_watch(host);
}

void host_deinit(struct host *host)
{
        reconciler_core_free(host->core);
        actions_deinit(&host->actions);
}

void host_start(struct host *host, const struct config *config)
{
        struct reconciler_settings settings = { .topics = host->topics,
                                                .max_memory = MAX_MEMORY,
                                                .drain_ms = DRAIN_MS };

        assert(!host->core && !host->member.in);
        sim_say(host->sim, "host %d: starts", host->number);
        host->life++;
        host->zombie = host->drained = host->draining = false;
        host->mishap = MISHAP_NONE;
        host->wake_ms = INT64_MAX;
        host->pumping = false;
        host->want = true;
        host->sent_ms = host->acknowledged_ms = host->asked_ms = host->answered_ms = 0;
        forget_places(host);
        host->core = reconciler_core_new(&settings, dice_next(&host->sim->dice));
        host_configure(host, config);
        host_tell_redis(host, host->store->up);
        host->member.generation = 0;
        host->member.owned = 0;
        add_plain(host, commit_again, COMMIT_MS);
        group_join(host->group, &host->member);
}

/* The session times out. */
static void miss_host(struct errand *errand)
{
        struct host *host = host_of_errand(errand);

        if (!host || host->core || !host->member.in)
                return;
        host->member.generation = 0;
        host->member.owned = 0;
        group_put_out(host->group, &host->member);
}

static void end_life(struct host *host)
{
        reconciler_core_free(host->core);
        host->core = NULL;
        host->zombie = host->drained = host->draining = false;
        host->life++;
        forget_places(host);
}

void host_crash(struct host *host)
{
        if (!host->core)
                return;
        sim_say(host->sim, "host %d: crashes", host->number);
        end_life(host);
        add_plain(host, miss_host, SESSION_MS);
}

void host_drain(struct host *host)
{
        if (!host->core || host->draining || host->zombie)
                return;
        sim_say(host->sim, "host %d: drains", host->number);
        host->draining = true;
        host_feed(host, &(struct reconciler_input){ .type = RECONCILER_DRAIN });
}

static void leave(struct errand *errand)
{
        struct host *host = host_of_errand(errand);

        if (!host || !host->core)
                return;
        sim_say(host->sim, "host %d: ends", host->number);
        if (host->member.in)
                group_leave(host->group, &host->member);
        if (host->core)
                end_life(host);
}

static void end_drained(struct host *host)
{
        host->drained = false;
        commit(host);
        add_plain(host, leave, 0);
}

void host_isolate(struct host *host)
{
        if (!host->core || !host->member.in || host->draining)
                return;
        sim_say(host->sim, "host %d: is put out of the group and does not notice", host->number);
        host->zombie = true;
        group_put_out(host->group, &host->member);
}

void host_notice(struct host *host)
{
        if (!host->core || !host->zombie)
                return;
        sim_say(host->sim, "host %d: notices that it was put out", host->number);
        host->zombie = false;
        on_revoked(&host->member);
        if (!host->core)
                return;
        host->member.generation = 0;
        host->member.owned = 0;
        group_join(host->group, &host->member);
}

static void excuse_new(struct host *host, const struct config *config)
{
        for (size_t i = 0; i < config->municipality_count; i++) {
                const char *id = config->municipalities[i].id;

                if (!host->config || !config_municipality(host->config, id))
                        check_excuse(host->check, id);
        }
}

void host_configure(struct host *host, const struct config *config)
{
        struct reconciler_input input = { .type = RECONCILER_CONFIG, .config = config };

        if (!host->core)
                return;
        excuse_new(host, config);
        host->config = config;
        host_feed(host, &input);
}

void host_tell_redis(struct host *host, bool up)
{
        struct reconciler_input input = { .type = RECONCILER_REDIS, .up = up };

        if (host->core)
                host_feed(host, &input);
}
