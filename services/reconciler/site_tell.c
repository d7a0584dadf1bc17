/* services/reconciler/site_tell.c
 *
 * What the diff found is produced in batches, and the completion record after all of it was
 * acknowledged; nothing is applied before that was, too.
 */
#include "reconciler/site_steps.h"

#include <stdio.h>

#include "reconciler/telling.h"

enum { TELL_SLICE = 100, TELL_RECORDS = 500, TELL_BYTES = 4 << 20, WORLD_BYTES = 16 << 20 };

static bool is_told(const struct diff_step *step)
{
        return step->op >= DIFF_CREATE;
}

static void tell_one(struct site *site, struct site_world *world, const struct diff_step *step)
{
        size_t bytes = tell_step(world->actions, site->jobs->snapshot, &site->diff.facts, step,
                                 site->token);

        site->outstanding++;
        site->outstanding_bytes += bytes;
        world->told_bytes += bytes;
}

static void tell_end(struct site *site, struct site_world *world)
{
        tell_completion(world->actions, site->jobs->snapshot, &site->diff, site->token);
        site->outstanding++;
        site->closing = true;
}

/* A batch is filled slice by slice, and the next one begins once all of it is acknowledged: so
 * neither Kafka's queue nor this loop is filled by one site. */
bool site_is_filling(const struct site *site)
{
        return site->tell_at < site->diff.step_count && site->batch < TELL_RECORDS &&
               site->outstanding_bytes < TELL_BYTES;
}

bool site_can_tell(const struct site *site, const struct site_world *world)
{
        return site->phase == SITE_TELL && !site->closing &&
               (site_is_filling(site) || site->outstanding == 0) && world->told_bytes < WORLD_BYTES;
}

void site_tell_more(struct site *site, struct site_world *world)
{
        size_t told = 0;

        while (told < TELL_SLICE && site_is_filling(site)) {
                const struct diff_step *step = &site->diff.steps[site->tell_at++];

                if (!is_told(step))
                        continue;
                tell_one(site, world, step);
                told++;
        }
        site->batch += told;
        if (site->outstanding == 0 && site->tell_at == site->diff.step_count)
                tell_end(site, world);
}

void site_begin_tell(struct site *site, struct site_world *world)
{
        site->phase = SITE_TELL;
        site->tell_at = 0;
        site_next_token(site);
        site_tell_more(site, world);
}

void site_take_delivery(struct site *site, struct site_world *world, uint64_t token,
                        const char *error)
{
        if (site->phase != SITE_TELL || token != site->token)
                return;
        if (error) {
                char reason[ERROR_TEXT_BYTES];

                snprintf(reason, sizeof(reason), "Kafka did not take a change: %s", error);
                site_fail(site, world, reason);
                return;
        }
        if (--site->outstanding > 0)
                return;
        world->told_bytes -= site->outstanding_bytes;
        site->outstanding_bytes = 0;
        site->batch = 0;
        if (!site->closing)
                return;
        site_apply_diff(site, world);
}
