/* tests/sim/writer/scenes.c
 *
 * A history in which everything may happen shows little of what takes days, or thousands of
 * updates: such things have kinds of their own, with nothing in them that would hide the rest.
 */
#include "base/memory.h"
#include "sim/history.h"
#include "sim/writer/mishaps.h"
#include "sim/writer/snapshots.h"
#include "sim/writer/vendor.h"
#include "sim/writer/without.h"

const char history_name[] = "writer";
const char *const history_without[HISTORY_WITHOUT_MAX] = {
        [WITHOUT_LEASE] = "lease",
        [WITHOUT_SEAL] = "seal",
        [WITHOUT_MEMBER_VERSIONS] = "member-versions",
        [WITHOUT_ORDER] = "order",
        [WITHOUT_CARRY] = "carry",
};

static void begin(struct world *world, int64_t hours)
{
        snapshots_begin(world);
        vendor_begin(world);
        mishaps_begin(world, hours * SIM_HOUR);
}

static bool run_for(struct world *world, int64_t ms)
{
        return sim_run(world->sim, sim_now(world->sim) + ms);
}

static bool run(struct sim *sim, const struct scene *scene, int64_t hours)
{
        struct world *world = world_new(sim, scene);
        bool holds;

        begin(world, hours);
        holds = run_for(world, hours * SIM_HOUR) && world_become_quiet(world);
        world_free(world);
        return holds;
}

static bool run_everything(struct sim *sim, int64_t hours)
{
        static const struct scene scene = {
                .mishaps = mishaps_of_all_kinds,
                .pace_min_ms = 10 * SIM_SECOND,
                .pace_max_ms = 300 * SIM_SECOND,
                .burst_max = 30,
                .foreign = true,
                .replays = true,
                .changing_minds = true,
        };

        return run(sim, &scene, hours);
}

/* Days, in which what waits is carried forward again and again, and `updates` forgets. */
static bool run_dead_sites(struct sim *sim, int64_t hours)
{
        static const struct scene scene = {
                .mishaps = mishaps_of_dead_sites,
                .pace_min_ms = 5 * SIM_MINUTE,
                .pace_max_ms = 60 * SIM_MINUTE,
                .burst_max = 30,
                .retention_ms = 12 * SIM_HOUR,
        };

        return run(sim, &scene, hours);
}

/* More than there is room for: of events, of updates, of records on their way to Kafka. */
static bool run_floods(struct sim *sim, int64_t hours)
{
        static const struct scene scene = {
                .mishaps = mishaps_of_floods,
                .pace_min_ms = SIM_MINUTE,
                .pace_max_ms = 5 * SIM_MINUTE,
                .burst_max = 12000,
                .queue_events = 4,
        };

        return run(sim, &scene, hours);
}

/* Sites that answer every other request with nothing that says anything about it. */
static bool run_retries(struct sim *sim, int64_t hours)
{
        static const struct scene scene = {
                .mishaps = mishaps_of_lame_sites,
                .pace_min_ms = SIM_SECOND,
                .pace_max_ms = 10 * SIM_SECOND,
                .burst_max = 30,
        };

        return run(sim, &scene, hours);
}

/* All sites are away for an hour, in which each event is wished other things a hundred times. Once
 * they are back, each gets one request with all that counts, and one more if its seal asks for it.
 */
static bool run_sick_hour(struct sim *sim, int64_t hours)
{
        static const struct scene scene = {
                .pace_min_ms = SIM_SECOND,
                .pace_max_ms = 2 * SIM_SECOND,
                .burst_max = 30,
        };
        struct world *world = world_new(sim, &scene);
        bool holds;

        begin(world, hours);
        mishaps_all_sites_away(world);
        holds = run_for(world, hours * SIM_HOUR);
        requests_count_anew(&world->check.requests, 2);
        holds = holds && world_become_quiet(world);
        world_free(world);
        return holds;
}

const struct history_kind history_kinds[] = {
        { "everything", "whatever can go wrong, from one minute to the next", 8, run_everything },
        { "dead-sites", "sites that are away for most of a day", 72, run_dead_sites },
        { "floods", "more updates than there is room for", 3, run_floods },
        { "retries", "sites that fail half of the time", 3, run_retries },
        { "sick-hour", "all sites away while thousands of updates come", 1, run_sick_hour },
        { NULL, NULL, 0, NULL },
};
