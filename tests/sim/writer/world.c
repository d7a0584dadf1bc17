/* tests/sim/writer/world.c
 *
 * Puts the parts together, and lets time go by.
 */
#include "sim/writer/world.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sim/history.h"
#include "sim/writer/faults.h"
#include "sim/writer/snapshots.h"
#include "sim/writer/vendor.h"
#include "sim/writer/without.h"

#define QUIET_MS (6 * SIM_HOUR) /* pauses, doubts and seals are over */

/* Two share a partition. */
static const char *const town_ids[TOWNS] = { "aarhus", "viborg", "ribe" };

/* -- small things that others need ----------------------------------------------------------------
 */

void world_add_errand(struct world *world, void (*run)(struct errand *), size_t which,
                      size_t detail, int64_t wait_ms)
{
        struct world_errand *errand = memory_new(sizeof(*errand));

        errand->errand = (struct errand){ .run = run, .drop = sim_drop };
        errand->world = world;
        errand->which = which;
        errand->detail = detail;
        calendar_add(&world->sim->calendar, &errand->errand, sim_now(world->sim) + wait_ms);
}

struct host *world_any_host(struct world *world)
{
        size_t at = (size_t)dice_below(&world->sim->dice, (int64_t)world->host_count);

        for (size_t i = 0; i < world->host_count; i++) {
                struct host *host = &world->hosts[(at + i) % world->host_count];

                if (host->core)
                        return host;
        }
        return NULL;
}

/* -- configuration
 * ---------------------------------------------------------------------------------- */

static struct config *make_config(const struct world *world)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        const char *seal_after = world->sim->without == WITHOUT_SEAL ? "24h" : "5m";
        struct error error = ERROR_NULL;
        size_t before;

        buffer_append_format(&text,
                             "{\"kafka\":{\"bootstrap.servers\":\"k:1\"},"
                             "\"redis\":{\"url\":\"redis://r:1/0\"},\"contact\":\"a@b.dk\","
                             "\"topics\":{\"partitions\":%d},"
                             "\"writer\":{\"seal_after\":\"%s\"},\"municipalities\":[",
                             WORLD_PARTITIONS, seal_after);
        before = text.length;
        for (size_t i = 0; i < TOWNS; i++)
                if (world->towns[i].configured)
                        buffer_append_format(
                                &text, "%s{\"id\":\"%s\",\"base_url\":\"https://%s.test\"}",
                                text.length == before ? "" : ",", town_ids[i], town_ids[i]);
        buffer_append_text(&text, "]}");

        json_t *root = json_loads(text.data, 0, NULL);
        struct config *config = config_read(root, NULL, NULL, NULL, &error);

        json_decref(root);
        assert(config);
        return config;
}

const struct config *world_config(const struct world *world)
{
        return world->configs[world->config_count - 1];
}

static void tell_config(struct errand *errand)
{
        const struct world_errand *mine = (const struct world_errand *)errand;

        host_configure(&mine->world->hosts[mine->which], world_config(mine->world));
}

static void add_config(struct world *world)
{
        assert(world->config_count < WORLD_CONFIGS_MAX);
        world->configs[world->config_count++] = make_config(world);
}

void world_reconfigure(struct world *world)
{
        add_config(world);
        for (size_t i = 0; i < world->host_count; i++)
                world_add_errand(world, tell_config, i, 0,
                                 sim_between(world->sim, 0, 30 * SIM_SECOND));
}

void world_correct_password(struct world *world, size_t town)
{
        world->towns[town].password = world->towns[town].cms.password;
        check_password_works(&world->check, town);
        for (size_t i = 0; i < world->host_count; i++)
                host_tell_password(&world->hosts[i], town);
}

/* -- Redis ---------------------------------------------------------------------------------------
 */

static void tell_redis(struct errand *errand)
{
        const struct world_errand *mine = (const struct world_errand *)errand;

        host_tell_redis(&mine->world->hosts[mine->which], mine->world->store.up);
}

static void tell_all_redis(struct world *world)
{
        for (size_t i = 0; i < world->host_count; i++)
                world_add_errand(world, tell_redis, i, 0, sim_between(world->sim, 1, SIM_SECOND));
}

void world_redis_down(struct world *world)
{
        sim_say(world->sim, "Redis is down");
        world->store.up = false;
        world->store.life++;
        tell_all_redis(world);
}

void world_redis_up(struct world *world)
{
        sim_say(world->sim, "Redis is up");
        world->store.up = true;
        tell_all_redis(world);
}

/* -- life ----------------------------------------------------------------------------------------
 */

static struct world *world_new(struct sim *sim)
{
        struct world *world = memory_new(sizeof(*world));

        world->sim = sim;
        topics_init(&world->topics, "dplsync.", WORLD_PARTITIONS, 1);
        broker_init(&world->broker, sim, WORLD_PARTITIONS);
        store_init(&world->store);
        group_init(&world->group, sim, WORLD_PARTITIONS);
        for (size_t i = 0; i < TOWNS; i++) {
                world->towns[i] = (struct town){ .id = town_ids[i], .configured = true };
                world->towns[i].partition = topics_partition(&world->topics, town_ids[i]);
                cms_init(&world->towns[i].cms, sim, town_ids[i]);
        }
        check_init(&world->check, sim, &world->broker, world->towns);
        add_config(world);
        world->host_count = (size_t)sim_between(sim, 1, WORLD_HOSTS);
        for (size_t i = 0; i < world->host_count; i++) {
                host_init(&world->hosts[i], (int)i, sim, &world->broker, &world->store,
                          &world->group, &world->check, world->towns, &world->topics);
                host_start(&world->hosts[i], world_config(world));
        }
        return world;
}

static void world_free(struct world *world)
{
        for (size_t i = 0; i < world->host_count; i++)
                host_deinit(&world->hosts[i]);
        for (size_t i = 0; i < world->config_count; i++)
                config_free(world->configs[i]);
        calendar_deinit(&world->sim->calendar);
        check_deinit(&world->check);
        store_deinit(&world->store);
        broker_deinit(&world->broker);
        free(world);
}

static bool become_quiet(struct world *world)
{
        faults_end(world);
        if (!sim_run(world->sim, sim_now(world->sim) + QUIET_MS))
                return false;
        check_outcomes(&world->check);
        check_sites(&world->check);
        for (int32_t p = 0; p < WORLD_PARTITIONS; p++)
                check_lag(&world->check, p, world->group.committed[TOPIC_UPDATES][p]);
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
        faults_begin(world, hours * SIM_HOUR);
        holds = sim_run(sim, sim_now(sim) + hours * SIM_HOUR) && become_quiet(world);
        world_free(world);
        return holds;
}
