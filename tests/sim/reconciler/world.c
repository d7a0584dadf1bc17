/* tests/sim/reconciler/world.c
 *
 * Puts the parts together, and lets time go by.
 */
#include "sim/reconciler/world.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sim/history.h"
#include "sim/reconciler/faults.h"
#include "sim/reconciler/people.h"
#include "sim/reconciler/without.h"

#define QUIET_MS  (6 * SIM_HOUR)    /* holds are released, everything is asserted again */
#define SETTLE_MS (35 * SIM_MINUTE) /* longer than two fresh reads of a hold are apart */

/* Two share a partition. */
static const char *const town_ids[WORLD_TOWNS] = { "aarhus", "viborg", "ribe" };

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

struct town *world_any_town(struct world *world)
{
        return &world->towns[dice_below(&world->sim->dice, WORLD_TOWNS)];
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

static struct config *make_config(const struct world *world)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        struct error error = ERROR_NULL;
        bool loose = world->sim->without == WITHOUT_GUARD;
        size_t before;

        buffer_append_format(&text,
                             "{\"kafka\":{\"bootstrap.servers\":\"k:1\"},"
                             "\"redis\":{\"url\":\"redis://r:1/0\"},\"contact\":\"a@b.dk\","
                             "\"topics\":{\"partitions\":%d},"
                             "\"defaults\":{\"reassert_every\":\"3h\"%s},\"municipalities\":[",
                             WORLD_PARTITIONS,
                             loose ? ",\"guard_events\":1000000,\"guard_percent\":100" : "");
        before = text.length;
        for (size_t i = 0; i < WORLD_TOWNS; i++)
                write_town(&world->towns[i], text.length == before, &text);
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
        for (size_t i = 0; i < WORLD_TOWNS; i++)
                world->towns[i].reader.configured = world->towns[i].configured;
}

void world_reconfigure(struct world *world)
{
        add_config(world);
        for (size_t i = 0; i < world->host_count; i++)
                world_add_errand(world, tell_config, i, 0,
                                 sim_between(world->sim, 0, 30 * SIM_SECOND));
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

static void init_town(struct world *world, size_t index)
{
        struct town *town = &world->towns[index];
        bool large = sim_chance(world->sim, 10);
        size_t events = (size_t)(large ? sim_between(world->sim, 220, 400)
                                       : sim_between(world->sim, 2, 40));

        town->id = town_ids[index];
        town->partition = topics_partition(&world->topics, town->id);
        town->configured = !sim_chance(world->sim, 100);
        town->relevant_only = sim_chance(world->sim, 300);
        check_add_town(&world->check, town->id, town->partition);
        cms_init(&town->cms, world->sim, town->id, events, sim_chance(world->sim, 400));
        reader_init(&town->reader, world->sim, &world->broker, &world->check, &town->cms, town->id,
                    town->partition);
}

static struct world *world_new(struct sim *sim)
{
        struct world *world = memory_new(sizeof(*world));

        world->sim = sim;
        topics_init(&world->topics, "dplsync.", WORLD_PARTITIONS, 1);
        broker_init(&world->broker, sim, WORLD_PARTITIONS);
        store_init(&world->store);
        group_init(&world->group, sim, WORLD_PARTITIONS);
        check_init(&world->check, sim, &world->broker, &world->store);
        for (size_t i = 0; i < WORLD_TOWNS; i++)
                init_town(world, i);
        add_config(world);
        world->host_count = (size_t)sim_between(sim, 1, WORLD_HOSTS);
        for (size_t i = 0; i < world->host_count; i++) {
                host_init(&world->hosts[i], (int)i, sim, &world->broker, &world->store,
                          &world->group, &world->check, &world->topics);
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
        for (size_t i = 0; i < WORLD_TOWNS; i++)
                cms_deinit(&world->towns[i].cms);
        check_deinit(&world->check);
        store_deinit(&world->store);
        broker_deinit(&world->broker);
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
        for (int32_t p = 0; p < WORLD_PARTITIONS; p++) {
                check_lag(&world->check, TOPIC_SNAPSHOTS, p,
                          world->group.committed[TOPIC_SNAPSHOTS][p]);
                check_lag(&world->check, TOPIC_CONTROL, p,
                          world->group.committed[TOPIC_CONTROL][p]);
        }
        return !world->sim->broken;
}

static bool become_quiet(struct world *world)
{
        faults_end(world);
        for (int64_t spent_ms = 0; spent_ms < QUIET_MS; spent_ms += SIM_HOUR) {
                if (!run_for(world, SIM_HOUR))
                        return false;
                people_approve_foreign(world);
        }
        for (size_t i = 0; i < WORLD_TOWNS; i++)
                world->towns[i].reader.stopped = true;
        return run_for(world, SETTLE_MS) && read_all(world) && check_all(world);
}

/* Redis is empty, and every process new. */
static bool begin_anew(struct world *world)
{
        check_remember(&world->check);
        sim_say(world->sim, "Redis is emptied, and all processes start anew");
        store_flush(&world->store);
        check_lost_state(&world->check);
        for (size_t i = 0; i < world->host_count; i++)
                process_crash(&world->hosts[i].process);
        if (!run_for(world, SIM_MINUTE))
                return false;
        for (size_t i = 0; i < world->host_count; i++)
                host_start(&world->hosts[i], world_config(world));
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

/* -- the program --------------------------------------------------------------------------------
 */

const char history_name[] = "reconciler";
const char *const history_without[HISTORY_WITHOUT_MAX] = {
        [WITHOUT_COMPARE_AND_SET] = "compare-and-set",
        [WITHOUT_REBUILD] = "rebuild",
        [WITHOUT_FRESH_READ] = "fresh-read",
        [WITHOUT_GUARD] = "guard",
};

bool history_run(struct sim *sim, int64_t hours)
{
        struct world *world = world_new(sim);
        bool holds;

        people_begin(world);
        faults_begin(world);
        holds = run_for(world, hours * SIM_HOUR) && become_quiet(world) && begin_anew(world);
        world_free(world);
        return holds;
}
