/* services/reconciler/site.c
 *
 * What is done with a municipality whatever it is doing: its jobs wait, an attempt fails and is
 * made again, the process is shared out. What an attempt does is in site_state.c, site_diff.c,
 * site_tell.c, site_apply.c and, without a state, site_rebuild.c.
 *
 * The order is what keeps the promises: all changes acknowledged, then the completion record
 * acknowledged, then the state moved under compare-and-set, then the offset stored. A crash between
 * any two of them repeats work under the same version and loses none.
 */
#include "reconciler/site_steps.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "base/text.h"
#include "policy/retry.h"
#include "reconciler/telling.h"

static const struct retry_policy retry_policy = { .base_ms = 250,
                                                  .cap_ms = 10000,
                                                  .floor_ms = 100 };

/* -- life ------------------------------------------------------------------------------------ */

struct site *site_new(const char *id, uint32_t serial, struct partition *partition,
                      const struct municipality *config)
{
        struct site *site = memory_new(sizeof(*site));

        text_copy(site->id, sizeof(site->id), id);
        site->serial = serial;
        site->partition = partition;
        site_configure(site, config);
        meta_init(&site->meta);
        partition->unmet++;
        return site;
}

void site_configure(struct site *site, const struct municipality *config)
{
        site->config = config;
        if (config)
                site->asking.every_ms = asking_every_ms(config);
}

void site_drop_attempt(struct site *site, struct site_world *world)
{
        world->told_bytes -= site->outstanding_bytes;
        site->outstanding = 0;
        site->outstanding_bytes = 0;
        site->tell_at = 0;
        site->batch = 0;
        site->closing = false;
        site->wipe = false;
        site->rebuilding = false;
        site->token = 0;
        site->said = (struct error)ERROR_NULL;
        if (site->diffing)
                diff_deinit(&site->diff);
        site->diffing = false;
        catalogue_deinit(&site->catalogue);
        writes_deinit(&site->writes);
        inquiry_deinit(&site->inquiry);
}

void site_drop_job(struct site *site, struct site_world *world)
{
        struct job *job = site->jobs;

        LL_DELETE(site->jobs, job);
        world->job_count--;
        if (job->snapshot)
                world->job_bytes -= job->snapshot->listing.bytes;
        snapshot_free(job->snapshot);
        free(job);
}

void site_free(struct site *site, struct site_world *world)
{
        if (!site)
                return;
        site_drop_attempt(site, world);
        while (site->jobs)
                site_drop_job(site, world);
        if (!site->met)
                site->partition->unmet--;
        free(site);
}

static void add_job(struct site *site, struct job *job, struct site_world *world)
{
        LL_APPEND(site->jobs, job);
        world->job_count++;
        if (job->snapshot)
                world->job_bytes += job->snapshot->listing.bytes;
}

void site_add_snapshot(struct site *site, struct snapshot *snapshot, struct site_world *world)
{
        struct job *job = memory_new(sizeof(*job));

        job->snapshot = snapshot;
        add_job(site, job, world);
}

void site_add_command(struct site *site, const struct control *control, int64_t offset,
                      struct site_world *world)
{
        struct job *job = memory_new(sizeof(*job));

        job->control = *control;
        job->control_offset = offset;
        add_job(site, job, world);
}

/* -- steps that every attempt has ------------------------------------------------------------ */

uint64_t site_next_token(struct site *site)
{
        site->token = (uint64_t)site->serial << 32 | ++site->attempts;
        return site->token;
}

void site_fail(struct site *site, struct site_world *world, const char *reason)
{
        action_report(world->actions, REPORT_FAILED, site->id, reason);
        site_drop_attempt(site, world);
        site->failures++;
        site->phase = SITE_WAIT;
        site->retry_at_ms =
                world->now_ms + retry_wait_ms(&retry_policy, site->failures, world->dice);
}

void site_load_meta(struct site *site, struct site_world *world)
{
        site_drop_attempt(site, world);
        site->phase = SITE_META;
        action_load(world->actions, RECONCILER_LOAD_META, site->id, site_next_token(site));
}

static void tell_fetcher(const struct site *site, struct site_world *world, enum asked what)
{
        tell_refresh(world->actions, site->id, site->partition->number, what == ASKED_FRESH,
                     world->now_ms);
        action_report(world->actions, REPORT_ASKED, site->id,
                      what == ASKED_FRESH ? "a fresh list" : "a whole list");
}

void site_ask(struct site *site, struct site_world *world, enum asked what)
{
        if (asking_may(&site->asking, what, world->now_ms))
                tell_fetcher(site, world, what);
}

void site_ask_now(struct site *site, struct site_world *world, enum asked what)
{
        asking_must(&site->asking, what, world->now_ms);
        tell_fetcher(site, world, what);
}

/* -- going on ---------------------------------------------------------------------------------- */

static void step_idle(struct site *site, struct site_world *world)
{
        if (asking_recheck(&site->asking, world->now_ms))
                tell_fetcher(site, world, ASKED_FRESH);
        if ((site->jobs || !site->met) && world->redis_up && !world->draining)
                site_load_meta(site, world);
}

void site_step(struct site *site, struct site_world *world)
{
        switch (site->phase) {
        case SITE_IDLE:
                step_idle(site, world);
                break;
        case SITE_WAIT:
                if (site->retry_at_ms <= world->now_ms && world->redis_up && !world->draining)
                        site_load_meta(site, world);
                break;
        case SITE_DIFF:
                site_walk_diff(site, world);
                break;
        case SITE_TELL:
                if (site_can_tell(site, world))
                        site_tell_more(site, world);
                break;
        default:
                break;
        }
}

bool site_is_at_rest(const struct site *site)
{
        switch (site->phase) {
        case SITE_IDLE:
                return !site->jobs && site->met;
        case SITE_DIFF:
                return false;
        case SITE_TELL:
                return site->closing || (site->outstanding > 0 && !site_is_filling(site));
        default:
                return true;
        }
}

bool site_is_heavy(const struct site *site, const struct site_world *world)
{
        return site->phase == SITE_DIFF || site_can_tell(site, world);
}

bool site_is_hungry(const struct site *site, const struct site_world *world)
{
        switch (site->phase) {
        case SITE_IDLE:
                return (site->jobs || !site->met) && world->redis_up && !world->draining;
        case SITE_DIFF:
                return true;
        case SITE_TELL:
                return site_can_tell(site, world);
        default:
                return false;
        }
}

int64_t site_next_ms(const struct site *site, const struct site_world *world)
{
        if (site->phase == SITE_WAIT)
                return world->redis_up && !world->draining ? site->retry_at_ms : INT64_MAX;
        if (site->phase == SITE_IDLE && site->asking.recheck_at_ms > 0)
                return site->asking.recheck_at_ms;
        return INT64_MAX;
}
