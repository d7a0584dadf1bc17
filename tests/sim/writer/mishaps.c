/* tests/sim/writer/mishaps.c
 *
 * Most of it befalls sites: a writer meets every manner of theirs.
 */
#include "sim/writer/mishaps.h"

#include "base/memory.h"
#include "sim/faults.h"
#include "sim/writer/vendor.h"

/* Results are compacted behind an hour. */
static void compact(struct stage *stage)
{
        broker_compact(&stage->broker, TOPIC_RESULTS, sim_now(stage->sim) - SIM_HOUR);
}

/* -- configuration and sites ------------------------------------------------------------------- */

static size_t any_town(struct world *world)
{
        return (size_t)sim_between(world->sim, 0, TOWNS - 1);
}

static void change_config(struct stage *stage)
{
        struct world *world = world_of(stage);
        struct town *town = &world->towns[any_town(world)];

        town->configured = !town->configured;
        sim_say(world->sim, "%s: %s", town->id, town->configured ? "configured" : "removed");
        stage_reconfigure(stage);
}

static void site_is_well(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;

        cms_heal(&world_of(mine->stage)->towns[mine->which].cms);
}

static void upset_site(struct stage *stage)
{
        struct world *world = world_of(stage);
        size_t town = any_town(world);
        struct cms *cms = &world->towns[town].cms;

        cms_upset(cms);
        sim_say(world->sim, "%s: the site has manner %d", cms->id, (int)cms->manner);
        stage_add_errand(&world->stage, site_is_well, town, 0,
                         sim_between(world->sim, 1, 60) * SIM_MINUTE);
}

/* The older wish may be obeyed after the newer one. */
static void obey_late(struct world *world, size_t town)
{
        struct cms *cms = &world->towns[town].cms;

        cms->manner = CMS_OBEYS_LATE;
        cms->per_mille = 500;
        cms->latency_ms = 100;
        sim_say(world->sim, "%s: the site obeys late", cms->id);
        stage_add_errand(&world->stage, site_is_well, town, 0,
                         sim_between(world->sim, 1, 5) * SIM_MINUTE);
        vendor_changes_mind(world, town);
}

static void obey_late_somewhere(struct stage *stage)
{
        struct world *world = world_of(stage);
        obey_late(world, any_town(world));
}

static void obey_late_at_last(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;

        obey_late(world_of(mine->stage), mine->which);
}

static void correct_password(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;

        world_correct_password(world_of(mine->stage), mine->which);
}

static void change_password(struct stage *stage)
{
        struct world *world = world_of(stage);
        size_t town = any_town(world);

        sim_say(world->sim, "%s: the site has a new password", world->towns[town].id);
        world->towns[town].cms.password++;
        stage_add_errand(&world->stage, correct_password, town, 0,
                         sim_between(world->sim, 1, 300) * SIM_MINUTE);
}

static void delete_event(struct stage *stage)
{
        struct world *world = world_of(stage);
        size_t town = any_town(world);
        struct cms_event *event =
                &world->towns[town].cms.events[sim_between(world->sim, 0, CMS_EVENTS - 1)];
        struct slice name = { (const char *)event->uuid.bytes, sizeof(event->uuid.bytes) };
        char key[STORE_KEY_BYTES];

        sim_say(world->sim, "%s: event %u is deleted", world->towns[town].id,
                event->uuid.bytes[15]);
        event->deleted = true;
        store_key(key, world->towns[town].id, "s");
        store_remove(&world->stage.store, key, name);
        store_end_command(&world->stage.store);
}

/* -- sites that are away ------------------------------------------------------------------------
 */

/* Nothing is known of a request but that it has to be tried again. */
static void be_away(struct cms *cms, int64_t per_mille)
{
        static const enum cms_manner manners[] = { CMS_RESETS, CMS_HANGS,     CMS_GATEWAY_FAILS,
                                                   CMS_PAUSES, CMS_THROTTLES, CMS_IS_BUSY,
                                                   CMS_REFUSES };

        cms->manner = manners[sim_between(cms->sim, 0, ARRAY_LENGTH(manners) - 1)];
        cms->per_mille = per_mille;
        sim_say(cms->sim, "%s: the site is away, %d of 1000, manner %d", cms->id, (int)per_mille,
                (int)cms->manner);
}

/* Or has moved: then it is another site that answers. */
static void die(struct stage *stage)
{
        struct world *world = world_of(stage);
        size_t town = any_town(world);
        struct cms *cms = &world->towns[town].cms;

        be_away(cms, 1000);
        if (sim_chance(world->sim, 200))
                cms->manner = sim_chance(world->sim, 500) ? CMS_MOVED : CMS_REDIRECTS;
        stage_add_errand(stage, site_is_well, town, 0, sim_between(world->sim, 6, 30) * SIM_HOUR);
}

static void go_lame(struct stage *stage)
{
        struct world *world = world_of(stage);
        size_t town = any_town(world);

        be_away(&world->towns[town].cms, sim_between(world->sim, 200, 650));
        stage_add_errand(stage, site_is_well, town, 0,
                         sim_between(world->sim, 20, 90) * SIM_MINUTE);
}

void mishaps_all_sites_away(struct world *world)
{
        for (size_t i = 0; i < TOWNS; i++)
                be_away(&world->towns[i].cms, 1000);
}

/* -- retention -----------------------------------------------------------------------------------
 */

static void keep_updates(struct errand *errand)
{
        struct stage *stage = ((const struct stage_errand *)errand)->stage;
        struct world *world = world_of(stage);

        for (int32_t p = 0; p < STAGE_PARTITIONS; p++)
                check_pinned(&world->check, p, stage->group.committed[TOPIC_UPDATES][p],
                             world->scene->retention_ms * 3 / 4);
        broker_expire(&stage->broker, TOPIC_UPDATES,
                      sim_now(stage->sim) - world->scene->retention_ms);
        stage_add_errand(stage, keep_updates, 0, 0, SIM_HOUR);
}

/* -- the tables -------------------------------------------------------------------------------- */

const struct fault mishaps_of_all_kinds[] = {
        { fault_crash, 60, 800 },
        { fault_isolate, 90, 700 },
        { fault_drain, 240, 600 },
        { fault_be_away, 900, 200 },
        { fault_lose_answers, 120, 500 },
        { fault_stop_broker, 120, 500 },
        { fault_stop_redis, 240, 500 },
        { fault_flush_redis, 300, 400 },
        { fault_roll_back_redis, 240, 500 },
        { compact, 60, 500 },
        { change_config, 240, 400 },
        { upset_site, 30, 900 },
        { obey_late_somewhere, 60, 500 },
        { change_password, 240, 400 },
        { delete_event, 240, 300 },
        { NULL, 0, 0 },
};

const struct fault mishaps_of_dead_sites[] = {
        { die, 240, 1000 },
        { fault_watch_over, 20, 1000 },
        { change_password, 600, 500 },
        { fault_crash, 360, 600 },
        { fault_isolate, 360, 500 },
        { fault_drain, 600, 600 },
        { fault_lose_answers, 600, 500 },
        { fault_stop_broker, 600, 500 },
        { fault_stop_redis, 900, 300 },
        { fault_flush_redis, 1500, 300 },
        { compact, 120, 500 },
        { change_config, 900, 300 },
        { delete_event, 900, 300 },
        { NULL, 0, 0 },
};

const struct fault mishaps_of_floods[] = {
        { upset_site, 30, 900 },       { fault_crash, 90, 500 },   { fault_stop_broker, 60, 500 },
        { fault_stop_redis, 90, 300 }, { change_config, 60, 700 }, { NULL, 0, 0 },
};

const struct fault mishaps_of_lame_sites[] = {
        { go_lame, 15, 1000 },
        { fault_isolate, 120, 300 },
        { fault_drain, 120, 300 },
        { NULL, 0, 0 },
};

void mishaps_begin(struct world *world, int64_t for_ms)
{
        struct stage *stage = &world->stage;

        for (size_t i = 0; world->scene->changing_minds && i < TOWNS; i++)
                stage_add_errand(stage, obey_late_at_last, i, 0,
                                 for_ms - sim_between(world->sim, 60, 120) * SIM_SECOND);
        if (world->scene->retention_ms > 0)
                stage_add_errand(stage, keep_updates, 0, 0, SIM_HOUR);
        stage->faulty = true;
        if (world->scene->mishaps)
                faults_begin(stage, world->scene->mishaps);
}
