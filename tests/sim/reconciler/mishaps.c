/* tests/sim/reconciler/mishaps.c
 *
 * Retention is short, so that it overtakes those who are away.
 */
#include "sim/reconciler/mishaps.h"

#include "base/memory.h"
#include "sim/faults.h"

static void expire(struct stage *stage)
{
        broker_expire(&stage->broker, TOPIC_SNAPSHOTS, sim_now(stage->sim) - 3 * SIM_HOUR);
}

/* -- configuration ----------------------------------------------------------------------------- */

static void change_config(struct stage *stage)
{
        struct world *world = world_of(stage);
        struct town *town = world_any_town(world);

        if (!town->configured || sim_chance(world->sim, 500))
                town->configured = !town->configured;
        else
                town->relevant_only = !town->relevant_only;
        sim_say(world->sim, "%s: %s, %s", town->id, town->configured ? "configured" : "removed",
                town->relevant_only ? "relevant only" : "all events");
        stage_reconfigure(stage);
}

/* -- fetchers and sites ------------------------------------------------------------------------ */

static void reader_gets_well(struct errand *errand)
{
        const struct stage_errand *mine = (const struct stage_errand *)errand;

        reader_heal(&world_of(mine->stage)->towns[mine->which].reader);
}

static void disturb_reader(struct stage *stage)
{
        struct world *world = world_of(stage);
        struct town *town = world_any_town(world);
        struct reader *reader = &town->reader;

        reader->faulty = sim_chance(world->sim, 700);
        reader->doubled = sim_chance(world->sim, 500);
        if (sim_chance(world->sim, 400))
                reader->ahead_ms = sim_between(world->sim, 1, 3600) * SIM_SECOND;
        sim_say(world->sim, "%s: the fetcher is %s, %s, ahead by %d s", town->id,
                reader->faulty ? "faulty" : "well", reader->doubled ? "doubled" : "alone",
                (int)(reader->ahead_ms / SIM_SECOND));
        stage_add_errand(stage, reader_gets_well, (size_t)(town - world->towns), 0,
                         sim_between(world->sim, 10, 300) * SIM_MINUTE);
}

static void upset_site(struct stage *stage)
{
        struct world *world = world_of(stage);
        struct town *town = world_any_town(world);

        cms_upset(&town->cms);
        sim_say(world->sim, "%s: the site is upset", town->id);
}

/* -- the table --------------------------------------------------------------------------------- */

static const struct fault kinds[] = {
        { fault_crash, 90, 800 },
        { fault_isolate, 120, 700 },
        { fault_drain, 240, 600 },
        { fault_be_away, 900, 200 },
        { fault_lose_answers, 180, 500 },
        { fault_stop_broker, 180, 500 },
        { fault_stop_redis, 240, 500 },
        { fault_flush_redis, 400, 500 },
        { fault_roll_back_redis, 300, 600 },
        { expire, 120, 300 },
        { change_config, 180, 500 },
        { disturb_reader, 180, 700 },
        { upset_site, 120, 800 },
        { NULL, 0, 0 },
};

void mishaps_begin(struct world *world)
{
        faults_begin(&world->stage, kinds);
}
