/* tests/sim/writer/world.c
 *
 * Puts the parts together, and lets time go by.
 */
#include "sim/writer/world.h"

#include <stdlib.h>

#include <inttypes.h>

#include "base/memory.h"
#include "sim/faults.h"
#include "sim/writer/without.h"

#define QUIET_MS (6 * SIM_HOUR) /* pauses, doubts and seals are over */

/* Two share a partition. */
static const char *const town_ids[TOWNS] = { "aarhus", "viborg", "ribe" };

void world_correct_password(struct world *world, size_t town)
{
        world->towns[town].password = world->towns[town].cms.password;
        requests_password_works(&world->check.requests, town);
        for (size_t i = 0; i < world->stage.process_count; i++)
                host_tell_password(&world->hosts[i], town);
}

/* -- as a stage -------------------------------------------------------------------------------- */

static void write_config(const struct stage *stage, struct buffer *text)
{
        const struct world *world = (const struct world *)stage;
        const char *seal_after = world->sim->without == WITHOUT_SEAL ? "24h" : "5m";
        const char *carry_every = world->sim->without == WITHOUT_CARRY ? "168h" : "6h";
        size_t before;

        buffer_append_format(text, ",\"writer\":{\"seal_after\":\"%s\",\"carry_every\":\"%s\"}",
                             seal_after, carry_every);
        if (world->scene->queue_events > 0)
                buffer_append_format(text, ",\"defaults\":{\"write_queue_events\":%" PRId64 "}",
                                     world->scene->queue_events);
        buffer_append_text(text, ",\"municipalities\":[");
        before = text->length;
        for (size_t i = 0; i < TOWNS; i++)
                if (world->towns[i].configured)
                        buffer_append_format(
                                text, "%s{\"id\":\"%s\",\"base_url\":\"https://%s.test\"}",
                                text->length == before ? "" : ",", town_ids[i], town_ids[i]);
        buffer_append_byte(text, ']');
}

static void lost_redis(struct stage *stage, bool everything)
{
        (void)everything;
        check_lost_state(&world_of(stage)->check);
}

static void mend(struct stage *stage)
{
        struct world *world = world_of(stage);

        for (size_t i = 0; i < TOWNS; i++) {
                world->towns[i].configured = true;
                cms_heal(&world->towns[i].cms);
                world_correct_password(world, i);
        }
}

static const struct stage_kind kind = {
        .write_config = write_config,
        .lost_redis = lost_redis,
        .mend = mend,
};

/* -- life -------------------------------------------------------------------------------------- */

struct world *world_new(struct sim *sim, const struct scene *scene)
{
        struct world *world = memory_new(sizeof(*world));
        struct stage *stage = &world->stage;
        size_t hosts;

        world->sim = sim;
        world->scene = scene;
        stage_init(stage, &kind, sim);
        for (size_t i = 0; i < TOWNS; i++) {
                world->towns[i] = (struct town){ .id = town_ids[i], .configured = true };
                world->towns[i].partition = topics_partition(&stage->topics, town_ids[i]);
                cms_init(&world->towns[i].cms, sim, town_ids[i]);
        }
        check_init(&world->check, sim, &stage->broker, world->towns);
        stage_configure(stage);
        hosts = (size_t)sim_between(sim, 1, STAGE_PROCESSES_MAX);
        for (size_t i = 0; i < hosts; i++) {
                host_init(&world->hosts[i], (int)i, stage, &world->check, world->towns);
                stage_add_process(stage, &world->hosts[i].process);
        }
        return world;
}

void world_free(struct world *world)
{
        for (size_t i = 0; i < world->stage.process_count; i++)
                host_deinit(&world->hosts[i]);
        stage_deinit(&world->stage);
        check_deinit(&world->check);
        free(world);
}

bool world_become_quiet(struct world *world)
{
        faults_end(&world->stage);
        if (!sim_run(world->sim, sim_now(world->sim) + QUIET_MS))
                return false;
        check_outcomes(&world->check);
        check_sites(&world->check);
        for (int32_t p = 0; p < STAGE_PARTITIONS; p++)
                check_lag(&world->check, p, world->stage.group.committed[TOPIC_UPDATES][p]);
        return !world->sim->broken;
}
