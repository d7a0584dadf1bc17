/* tests/sim/writer/faults.c
 *
 * Every fault mends itself after a while, so that the next one finds the world going.
 */
#include "sim/writer/faults.h"

#include "base/memory.h"
#include "sim/writer/vendor.h"

/* -- processes --------------------------------------------------------------------------------- */

static struct host *host_at(const struct world_errand *errand)
{
        return &errand->world->hosts[errand->which];
}

static size_t number_of(const struct world *world, const struct host *host)
{
        return (size_t)(host - world->hosts);
}

static void start_again(struct errand *errand)
{
        const struct world_errand *mine = (const struct world_errand *)errand;
        struct host *host = host_at(mine);

        if (host->core)
                return;
        if (host->process.member.in)
                world_add_errand(mine->world, start_again, mine->which, 0, SIM_SECOND);
        else
                host_start(host, world_config(mine->world));
}

static void start_later(struct world *world, const struct host *host, int64_t wait_ms)
{
        world_add_errand(world, start_again, number_of(world, host), 0, wait_ms);
}

/* Between any two of its next actions, most often while it works. */
static void crash(struct world *world)
{
        struct host *host = world_any_host(world);

        if (!host)
                return;
        host->process.mishap = MISHAP_CRASH;
        host->process.mishap_after = (unsigned)sim_between(world->sim, 0, 120);
        start_later(world, host, sim_between(world->sim, 11, 600) * SIM_SECOND);
        start_later(world, host, SIM_HOUR);
}

static void notice(struct errand *errand)
{
        process_notice(&host_at((const struct world_errand *)errand)->process);
}

static void isolate(struct world *world)
{
        struct host *host = world_any_host(world);

        if (!host)
                return;
        host->process.mishap = MISHAP_ISOLATION;
        host->process.mishap_after = (unsigned)sim_between(world->sim, 0, 60);
        for (int64_t minutes = 2; minutes <= 60; minutes += sim_between(world->sim, 1, 8))
                world_add_errand(world, notice, number_of(world, host), 0, minutes * SIM_MINUTE);
}

static void drain(struct world *world)
{
        struct host *host = world_any_host(world);

        if (!host)
                return;
        process_drain(&host->process);
        start_later(world, host, sim_between(world->sim, 1, 300) * SIM_SECOND);
}

/* Nobody is there for hours. */
static void be_away(struct world *world)
{
        int64_t wait_ms = sim_between(world->sim, 10, 360) * SIM_MINUTE;

        for (size_t i = 0; i < world->host_count; i++) {
                process_crash(&world->hosts[i].process);
                start_later(world, &world->hosts[i], wait_ms);
        }
}

static void get_well(struct errand *errand)
{
        host_at((const struct world_errand *)errand)->process.lost_per_mille = 0;
}

static void lose_answers(struct world *world)
{
        struct host *host = world_any_host(world);

        if (!host)
                return;
        host->process.lost_per_mille = sim_between(world->sim, 10, 300);
        world_add_errand(world, get_well, number_of(world, host), 0,
                         sim_between(world->sim, 1, 30) * SIM_MINUTE);
}

/* -- Kafka and Redis --------------------------------------------------------------------------- */

static void broker_returns(struct errand *errand)
{
        ((const struct world_errand *)errand)->world->broker.up = true;
}

static void stop_broker(struct world *world)
{
        sim_say(world->sim, "Kafka is down");
        world->broker.up = false;
        world_add_errand(world, broker_returns, 0, 0, sim_between(world->sim, 1, 60) * SIM_SECOND);
}

static void redis_returns(struct errand *errand)
{
        world_redis_up(((const struct world_errand *)errand)->world);
}

static void stop_redis(struct world *world)
{
        world_redis_down(world);
        world_add_errand(world, redis_returns, 0, 0, sim_between(world->sim, 1, 300) * SIM_SECOND);
}

static void flush_redis(struct world *world)
{
        sim_say(world->sim, "Redis loses everything");
        store_flush(&world->store);
        check_lost_state(&world->check);
}

static void roll_back_redis(struct world *world)
{
        size_t now = store_moment(&world->store);
        size_t moment = (size_t)sim_between(world->sim, 0, (int64_t)now);

        /* Half of them lose only the last second or so. */
        if (sim_chance(world->sim, 500))
                moment = now - (now < 300 ? now : (size_t)sim_between(world->sim, 0, 300));
        stop_redis(world);
        sim_say(world->sim, "Redis comes back as it was %zu writes ago", now - moment);
        store_roll_back(&world->store, moment);
        check_lost_state(&world->check);
}

/* Results are compacted behind an hour. */
static void compact(struct world *world)
{
        broker_compact(&world->broker, TOPIC_RESULTS, sim_now(world->sim) - SIM_HOUR);
}

/* -- configuration and sites ------------------------------------------------------------------- */

static size_t any_town(struct world *world)
{
        return (size_t)sim_between(world->sim, 0, TOWNS - 1);
}

static void change_config(struct world *world)
{
        struct town *town = &world->towns[any_town(world)];

        town->configured = !town->configured;
        sim_say(world->sim, "%s: %s", town->id, town->configured ? "configured" : "removed");
        world_reconfigure(world);
}

static void site_is_well(struct errand *errand)
{
        const struct world_errand *mine = (const struct world_errand *)errand;

        cms_heal(&mine->world->towns[mine->which].cms);
}

static void upset_site(struct world *world)
{
        size_t town = any_town(world);
        struct cms *cms = &world->towns[town].cms;

        cms_upset(cms);
        sim_say(world->sim, "%s: the site has manner %d", cms->id, (int)cms->manner);
        world_add_errand(world, site_is_well, town, 0, sim_between(world->sim, 1, 60) * SIM_MINUTE);
}

/* The older wish may be obeyed after the newer one. */
static void obey_late(struct world *world, size_t town)
{
        struct cms *cms = &world->towns[town].cms;

        cms->manner = CMS_OBEYS_LATE;
        cms->per_mille = 500;
        cms->latency_ms = 100;
        sim_say(world->sim, "%s: the site obeys late", cms->id);
        world_add_errand(world, site_is_well, town, 0, sim_between(world->sim, 1, 5) * SIM_MINUTE);
        vendor_changes_mind(world, town);
}

static void obey_late_somewhere(struct world *world)
{
        obey_late(world, any_town(world));
}

static void obey_late_at_last(struct errand *errand)
{
        const struct world_errand *mine = (const struct world_errand *)errand;

        obey_late(mine->world, mine->which);
}

static void correct_password(struct errand *errand)
{
        const struct world_errand *mine = (const struct world_errand *)errand;

        world_correct_password(mine->world, mine->which);
}

static void change_password(struct world *world)
{
        size_t town = any_town(world);

        sim_say(world->sim, "%s: the site has a new password", world->towns[town].id);
        world->towns[town].cms.password++;
        world_add_errand(world, correct_password, town, 0,
                         sim_between(world->sim, 1, 300) * SIM_MINUTE);
}

static void delete_event(struct world *world)
{
        size_t town = any_town(world);
        struct cms_event *event =
                &world->towns[town].cms.events[sim_between(world->sim, 0, CMS_EVENTS - 1)];
        struct slice name = { (const char *)event->uuid.bytes, sizeof(event->uuid.bytes) };
        char key[STORE_KEY_BYTES];

        sim_say(world->sim, "%s: event %u is deleted", world->towns[town].id,
                event->uuid.bytes[15]);
        event->deleted = true;
        store_key(key, world->towns[town].id, "s");
        store_remove(&world->store, key, name);
        store_end_command(&world->store);
}

/* -- the table --------------------------------------------------------------------------------- */

static const struct {
        void (*happens)(struct world *world);
        int64_t every_minutes; /* on average, in a history of the middle pace */
        int64_t per_mille;     /* of histories that have it at all */
} kinds[] = {
        { crash, 60, 800 },
        { isolate, 90, 700 },
        { drain, 240, 600 },
        { be_away, 900, 200 },
        { lose_answers, 120, 500 },
        { stop_broker, 120, 500 },
        { stop_redis, 240, 500 },
        { flush_redis, 300, 400 },
        { roll_back_redis, 240, 500 },
        { compact, 60, 500 },
        { change_config, 240, 400 },
        { upset_site, 30, 900 },
        { obey_late_somewhere, 60, 500 },
        { change_password, 240, 400 },
        { delete_event, 240, 300 },
};

static void happen(struct errand *errand)
{
        const struct world_errand *mine = (const struct world_errand *)errand;
        struct world *world = mine->world;

        if (!world->faulty)
                return;
        kinds[mine->which].happens(world);
        world_add_errand(world, happen, mine->which, mine->detail,
                         sim_between(world->sim, 0, 2 * (int64_t)mine->detail));
}

void faults_begin(struct world *world, int64_t for_ms)
{
        world->faulty = true;
        for (size_t i = 0; i < TOWNS; i++)
                world_add_errand(world, obey_late_at_last, i, 0,
                                 for_ms - sim_between(world->sim, 60, 120) * SIM_SECOND);
        for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
                int64_t pace_ms = kinds[i].every_minutes * SIM_MINUTE *
                                  sim_between(world->sim, 30, 300) / 100;

                if (sim_chance(world->sim, kinds[i].per_mille))
                        world_add_errand(world, happen, i, (size_t)pace_ms,
                                         sim_between(world->sim, 0, 2 * pace_ms));
        }
}

void faults_end(struct world *world)
{
        world->faulty = false;
        sim_say(world->sim, "from here on nothing goes wrong");
        world->broker.up = true;
        if (!world->store.up)
                world_redis_up(world);
        for (size_t i = 0; i < TOWNS; i++) {
                world->towns[i].configured = true;
                cms_heal(&world->towns[i].cms);
                world_correct_password(world, i);
        }
        world_reconfigure(world);
        for (size_t i = 0; i < world->host_count; i++) {
                struct process *process = &world->hosts[i].process;

                process->mishap = MISHAP_NONE;
                process->lost_per_mille = 0;
                process_notice(process);
                start_later(world, &world->hosts[i], 20 * SIM_SECOND);
        }
}
