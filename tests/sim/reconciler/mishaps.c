/* tests/sim/reconciler/mishaps.c
 *
 * Retention is short, so that it overtakes those who are away.
 */
#include "sim/reconciler/mishaps.h"

#include "base/memory.h"
#include "sim/faults.h"

enum { DAY = 24 * 60 }; /* in the tables' minutes */

static void expire(struct stage *stage)
{
        broker_expire(&stage->broker, TOPIC_SNAPSHOTS, sim_now(stage->sim) - 3 * SIM_HOUR);
}

/* `changes` are compacted behind an hour. */
static void compact(struct stage *stage)
{
        broker_compact(&stage->broker, TOPIC_CHANGES, sim_now(stage->sim) - SIM_HOUR);
}

/* As Kafka is configured (CONTRACT.md "Topics"): compaction behind a day, nulls stay another. */
static void forget_for_long(struct stage *stage)
{
        int64_t now_ms = sim_now(stage->sim);

        broker_expire(&stage->broker, TOPIC_SNAPSHOTS, now_ms - 7 * 24 * SIM_HOUR);
        broker_compact(&stage->broker, TOPIC_CHANGES, now_ms - 24 * SIM_HOUR);
        broker_drop_nulls(&stage->broker, TOPIC_CHANGES, now_ms - 48 * SIM_HOUR);
}

/* -- offsets ------------------------------------------------------------------------------------
 */

static void set_back(struct stage *stage, enum topic topic, int32_t partition)
{
        int64_t *committed = &stage->group.committed[topic][partition];
        int64_t low = broker_low(&stage->broker, topic, partition);

        if (*committed > low)
                *committed = sim_between(stage->sim, low, *committed);
}

static void set_offsets_back(struct errand *errand)
{
        struct stage *stage = ((const struct stage_errand *)errand)->stage;

        for (size_t i = 0; i < stage->process_count; i++)
                if (stage->processes[i]->member.in)
                        return; /* Kafka refuses it */
        sim_say(stage->sim, "operator: the group's offsets are set back");
        for (int32_t p = 0; p < STAGE_PARTITIONS; p++) {
                set_back(stage, TOPIC_SNAPSHOTS, p);
                set_back(stage, TOPIC_CONTROL, p);
        }
}

/* Somebody has the topics read once more. */
static void rewind_group(struct stage *stage)
{
        fault_be_away(stage);
        stage_add_errand(stage, set_offsets_back, 0, 0, SIM_MINUTE);
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

/* One that was withdrawn, however long ago, is there again. */
static void revive_event(struct stage *stage)
{
        cms_revive(&world_any_town(world_of(stage))->cms);
}

/* -- the tables ---------------------------------------------------------------------------------
 */

const struct fault mishaps_of_all_kinds[] = {
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
        { rewind_group, 400, 300 },
        { compact, 60, 500 },
        { revive_event, 240, 500 },
        { NULL, 0, 0 },
};

const struct fault mishaps_of_months[] = {
        { fault_watch_over, 60, 1000 },
        { fault_crash, 5 * DAY, 700 },
        { fault_isolate, 7 * DAY, 500 },
        { fault_drain, 5 * DAY, 500 },
        { fault_lose_answers, 7 * DAY, 500 },
        { fault_stop_broker, 7 * DAY, 500 },
        { fault_stop_redis, 7 * DAY, 500 },
        { fault_flush_redis, 20 * DAY, 500 },
        { fault_roll_back_redis, 10 * DAY, 500 },
        { forget_for_long, 2 * DAY, 800 },
        { change_config, 10 * DAY, 500 },
        { upset_site, 10 * DAY, 500 },
        { rewind_group, 10 * DAY, 300 },
        { revive_event, 1 * DAY, 900 },
        { NULL, 0, 0 },
};

void mishaps_begin(struct world *world)
{
        faults_begin(&world->stage, world->scene->mishaps);
}
