/* tests/sim/reconciler/scenes.c
 *
 * What takes a month is seen only if little else happens meanwhile, and virtual time is cheap where
 * nothing happens.
 */
#include "sim/history.h"
#include "sim/reconciler/mishaps.h"
#include "sim/reconciler/people.h"
#include "sim/reconciler/without.h"

const char history_name[] = "reconciler";
const char *const history_without[HISTORY_WITHOUT_MAX] = {
        [WITHOUT_COMPARE_AND_SET] = "compare-and-set",
        [WITHOUT_REBUILD] = "rebuild",
        [WITHOUT_FRESH_READ] = "fresh-read",
        [WITHOUT_GUARD] = "guard",
};

static bool run(struct sim *sim, const struct scene *scene, int64_t hours)
{
        struct world *world = world_new(sim, scene);
        bool holds;

        people_begin(world);
        mishaps_begin(world);
        holds = sim_run(sim, sim_now(sim) + hours * SIM_HOUR) && world_become_quiet(world) &&
                world_begin_anew(world);
        world_free(world);
        return holds;
}

static bool run_everything(struct sim *sim, int64_t hours)
{
        static const struct scene scene = {
                .mishaps = mishaps_of_all_kinds,
                .edit_min_ms = 3 * SIM_MINUTE,
                .edit_max_ms = 90 * SIM_MINUTE,
                .poll_ms = 10 * SIM_MINUTE,
                .full_every_ms = 2 * SIM_HOUR,
                .fresh_every_ms = 3 * SIM_HOUR,
                .reassert_every = "3h",
                .quiet_ms = 6 * SIM_HOUR,
                .events_max = 40,
        };

        return run(sim, &scene, hours);
}

/* Deleted events are buried after 30 days, and some of them live again. */
static bool run_months(struct sim *sim, int64_t hours)
{
        static const struct scene scene = {
                .mishaps = mishaps_of_months,
                .edit_min_ms = 8 * SIM_HOUR,
                .edit_max_ms = 30 * SIM_HOUR,
                .poll_ms = 4 * SIM_HOUR,
                .full_every_ms = 8 * SIM_HOUR,
                .fresh_every_ms = 12 * SIM_HOUR,
                .reassert_every = "24h",
                .quiet_ms = 72 * SIM_HOUR,
                .events_max = 20,
        };

        return run(sim, &scene, hours);
}

const struct history_kind history_kinds[] = {
        { "everything", "whatever can go wrong, from one minute to the next", 8, run_everything },
        { "months", "deleted events are buried, and live again", 60 * 24, run_months },
        { NULL, NULL, 0, NULL },
};
