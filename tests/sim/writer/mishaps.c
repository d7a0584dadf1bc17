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
        struct world *world = world_of(stage);
        broker_compact(&world->stage.broker, TOPIC_RESULTS, sim_now(world->sim) - SIM_HOUR);
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

/* -- the table --------------------------------------------------------------------------------- */

static const struct fault kinds[] = {
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
};

void mishaps_begin(struct world *world, int64_t for_ms)
{
        for (size_t i = 0; i < TOWNS; i++)
                stage_add_errand(&world->stage, obey_late_at_last, i, 0,
                                 for_ms - sim_between(world->sim, 60, 120) * SIM_SECOND);
        faults_begin(&world->stage, kinds, ARRAY_LENGTH(kinds));
}
