/* tests/sim/reconciler/world.c
 *
 * Puts the parts together, and lets time go by.
 */
#include "sim/reconciler/world.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sim/faults.h"
#include "sim/reconciler/people.h"
#include "sim/reconciler/without.h"

#define SETTLE_MS (35 * SIM_MINUTE) /* longer than two fresh reads of a hold are apart */

/* Two share a partition. */
static const char *const town_ids[WORLD_TOWNS] = { "aarhus", "viborg", "ribe" };

struct town *world_any_town(struct world *world)
{
        return &world->towns[dice_below(&world->sim->dice, WORLD_TOWNS)];
}

/* -- as a stage -------------------------------------------------------------------------------- */

static void write_town(const struct town *town, bool first, struct buffer *text)
{
        if (!town->configured)
                return;
        buffer_append_format(text,
                             "%s{\"id\":\"%s\",\"base_url\":\"https://%s.test\","
                             "\"relevant_only\":%s}",
                             first ? "" : ",", town->id, town->id,
                             town->relevant_only ? "true" : "false");
}

static void write_config(const struct stage *stage, struct buffer *text)
{
        const struct world *world = (const struct world *)stage;
        bool loose = world->sim->without == WITHOUT_GUARD;
        size_t before;

        buffer_append_format(text,
                             ",\"defaults\":{\"reassert_every\":\"%s\"%s},\"municipalities\":[",
                             world->scene->reassert_every,
                             loose ? ",\"guard_events\":1000000,\"guard_percent\":100" : "");
        before = text->length;
        for (size_t i = 0; i < WORLD_TOWNS; i++)
                write_town(&world->towns[i], text->length == before, text);
        buffer_append_byte(text, ']');
}

static void lost_redis(struct stage *stage, bool everything)
{
        struct world *world = world_of(stage);

        check_lost_state(&world->check);
        for (size_t i = 0; i < WORLD_TOWNS; i++) {
                if (!everything)
                        reader_go_back(&world->towns[i].reader);
                else if (sim_chance(world->sim, 500))
                        reader_forget(&world->towns[i].reader);
        }
}

static void mend(struct stage *stage)
{
        struct world *world = world_of(stage);

        for (size_t i = 0; i < WORLD_TOWNS; i++) {
                world->towns[i].configured = true;
                cms_heal(&world->towns[i].cms);
                reader_heal(&world->towns[i].reader);
        }
}

static const struct stage_kind kind = {
        .write_config = write_config,
        .lost_redis = lost_redis,
        .mend = mend,
};

/* -- life ----------------------------------------------------------------------------------------
 */

static void init_town(struct world *world, size_t index)
{
        struct town *town = &world->towns[index];
        const struct scene *scene = world->scene;
        bool large = sim_chance(world->sim, 10);
        size_t events = (size_t)(large ? sim_between(world->sim, 220, 400)
                                       : sim_between(world->sim, 2, (int64_t)scene->events_max));

        town->id = town_ids[index];
        town->partition = topics_partition(&world->stage.topics, town->id);
        town->configured = !sim_chance(world->sim, 100);
        town->relevant_only = sim_chance(world->sim, 300);
        check_add_town(&world->check, town->id, town->partition);
        cms_init(&town->cms, world->sim, town->id, events, sim_chance(world->sim, 400));
        reader_init(&town->reader, world->sim, &world->stage.broker, &world->check, &town->cms,
                    town->id, town->partition, &town->configured);
        town->reader.poll_ms = scene->poll_ms;
        town->reader.full_every_ms = scene->full_every_ms;
        town->reader.fresh_every_ms = scene->fresh_every_ms;
}

struct world *world_new(struct sim *sim, const struct scene *scene)
{
        struct world *world = memory_new(sizeof(*world));
        struct stage *stage = &world->stage;
        size_t hosts;

        world->sim = sim;
        world->scene = scene;
        stage_init(stage, &kind, sim);
        check_init(&world->check, sim, &stage->broker, &stage->store);
        for (size_t i = 0; i < WORLD_TOWNS; i++)
                init_town(world, i);
        stage_configure(stage);
        hosts = (size_t)sim_between(sim, 1, STAGE_PROCESSES_MAX);
        for (size_t i = 0; i < hosts; i++) {
                host_init(&world->hosts[i], (int)i, stage, &world->check);
                stage_add_process(stage, &world->hosts[i].process);
        }
        return world;
}

void world_free(struct world *world)
{
        for (size_t i = 0; i < world->stage.process_count; i++)
                host_deinit(&world->hosts[i]);
        stage_deinit(&world->stage);
        for (size_t i = 0; i < WORLD_TOWNS; i++)
                cms_deinit(&world->towns[i].cms);
        check_deinit(&world->check);
        free(world);
}

/* -- the three parts of a history
 * ------------------------------------------------------------------ */

static bool run_for(struct world *world, int64_t ms)
{
        return sim_run(world->sim, sim_now(world->sim) + ms);
}

/* A last look at every site, past its cache. */
static bool read_all(struct world *world)
{
        for (size_t i = 0; i < WORLD_TOWNS; i++)
                reader_read(&world->towns[i].reader, true, true);
        return run_for(world, SETTLE_MS);
}

static bool check_all(struct world *world)
{
        for (size_t i = 0; i < WORLD_TOWNS; i++) {
                struct town *town = &world->towns[i];
                struct cms_answer answer = cms_read(&town->cms, true);

                check_fold(&world->check, town->id, answer.page, town->relevant_only);
                page_release(answer.page);
        }
        check_newcomer(&world->check);
        check_nulls(&world->check);
        for (int32_t p = 0; p < STAGE_PARTITIONS; p++) {
                check_lag(&world->check, TOPIC_SNAPSHOTS, p,
                          world->stage.group.committed[TOPIC_SNAPSHOTS][p]);
                check_lag(&world->check, TOPIC_CONTROL, p,
                          world->stage.group.committed[TOPIC_CONTROL][p]);
        }
        return !world->sim->broken;
}

bool world_become_quiet(struct world *world)
{
        faults_end(&world->stage);
        for (int64_t spent_ms = 0; spent_ms < world->scene->quiet_ms; spent_ms += SIM_HOUR) {
                if (!run_for(world, SIM_HOUR))
                        return false;
                people_approve_foreign(world);
        }
        for (size_t i = 0; i < WORLD_TOWNS; i++)
                world->towns[i].reader.stopped = true;
        return run_for(world, SETTLE_MS) && read_all(world) && check_all(world);
}

/* Redis is empty, and every process new. */
bool world_begin_anew(struct world *world)
{
        check_remember(&world->check);
        sim_say(world->sim, "Redis is emptied, and all processes start anew");
        store_flush(&world->stage.store);
        check_lost_state(&world->check);
        for (size_t i = 0; i < world->stage.process_count; i++)
                process_crash(world->stage.processes[i]);
        if (!run_for(world, SIM_MINUTE))
                return false;
        for (size_t i = 0; i < world->stage.process_count; i++)
                process_start(world->stage.processes[i], stage_config(&world->stage));
        /* What an operator had rejected is held anew by the first look, and goes with the second.
         */
        if (!run_for(world, SETTLE_MS) || !read_all(world))
                return false;
        people_approve_foreign(world);
        if (!read_all(world) || !check_all(world))
                return false;
        check_remembered(&world->check);
        return !world->sim->broken;
}
