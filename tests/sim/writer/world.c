/* tests/sim/writer/world.c
 *
 * Puts the parts together, and lets time go by.
 */
#include "sim/writer/world.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sim/faults.h"
#include "sim/history.h"
#include "sim/writer/mishaps.h"
#include "sim/writer/snapshots.h"
#include "sim/writer/vendor.h"
#include "sim/writer/without.h"

#define QUIET_MS (6 * SIM_HOUR) /* pauses, doubts and seals are over */

/* Two share a partition. */
static const char *const town_ids[TOWNS] = { "aarhus", "viborg", "ribe" };

void world_correct_password(struct world *world, size_t town)
{
        world->towns[town].password = world->towns[town].cms.password;
        check_password_works(&world->check, town);
        for (size_t i = 0; i < world->stage.process_count; i++)
                host_tell_password(&world->hosts[i], town);
}

/* -- as a stage -------------------------------------------------------------------------------- */

static void write_config(const struct stage *stage, struct buffer *text)
{
        const struct world *world = (const struct world *)stage;
        const char *seal_after = world->sim->without == WITHOUT_SEAL ? "24h" : "5m";
        size_t before;

        buffer_append_format(text, ",\"writer\":{\"seal_after\":\"%s\"},\"municipalities\":[",
                             seal_after);
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

static struct world *world_new(struct sim *sim)
{
        struct world *world = memory_new(sizeof(*world));
        struct stage *stage = &world->stage;
        size_t hosts;

        world->sim = sim;
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

static void world_free(struct world *world)
{
        for (size_t i = 0; i < world->stage.process_count; i++)
                host_deinit(&world->hosts[i]);
        stage_deinit(&world->stage);
        check_deinit(&world->check);
        free(world);
}

static bool become_quiet(struct world *world)
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

/* -- the program --------------------------------------------------------------------------------
 */

const char history_name[] = "writer";
const char *const history_without[HISTORY_WITHOUT_MAX] = {
        [WITHOUT_LEASE] = "lease",
        [WITHOUT_SEAL] = "seal",
        [WITHOUT_MEMBER_VERSIONS] = "member-versions",
        [WITHOUT_ORDER] = "order",
};

bool history_run(struct sim *sim, int64_t hours)
{
        struct world *world = world_new(sim);
        bool holds;

        snapshots_begin(world);
        vendor_begin(world);
        mishaps_begin(world, hours * SIM_HOUR);
        holds = sim_run(sim, sim_now(sim) + hours * SIM_HOUR) && become_quiet(world);
        world_free(world);
        return holds;
}
