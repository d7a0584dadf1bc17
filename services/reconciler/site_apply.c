/* services/reconciler/site_apply.c
 *
 * The state moves batch by batch under compare-and-set, its offset with the last one; only then is
 * the job done, and what it leaves to be asked for is asked for.
 */
#include "reconciler/site_steps.h"

#include <string.h>

#include "base/memory.h"
#include "reconciler/account.h"
#include "reconciler/rules.h"

void site_apply_batch(struct site *site, struct site_world *world)
{
        struct reconciler_action *action = action_add(world->actions, RECONCILER_APPLY);
        struct apply *apply = &action->apply;

        memcpy(apply->municipality, site->id, sizeof(apply->municipality));
        apply->token = site_next_token(site);
        apply->exists = site->meta.exists;
        apply->epoch = site->meta.epoch;
        apply->offset = site->meta.offset;
        apply->wipe = site->wipe;
        if (writes_take(&site->writes, &apply->writes, &apply->write_count)) {
                rules_announce(&site->after, site->config, world->now_ms);
                apply->meta = memory_new(sizeof(*apply->meta));
                meta_write(&site->after, apply->meta);
        }
        /* What a wipe leaves is a state that is missing, until the last batch: a crash in between
         * begins the rebuild anew. */
        if (site->wipe)
                site->meta.exists = false;
        site->wipe = false;
        site->phase = SITE_APPLY;
}

void site_apply_meta(struct site *site, struct site_world *world)
{
        writes_seal(&site->writes);
        site_apply_batch(site, world);
}

static void write_steps(struct site *site)
{
        for (size_t i = 0; i < site->diff.step_count; i++) {
                const struct diff_step *step = &site->diff.steps[i];

                if (step->op == DIFF_FORGET || step->op == DIFF_BURY)
                        writes_remove(&site->writes, &step->uuid);
                else if (step->op != DIFF_NOTHING)
                        writes_set(&site->writes, &step->uuid, &step->known);
        }
        writes_seal(&site->writes);
}

void site_apply_diff(struct site *site, struct site_world *world)
{
        write_steps(site);
        site_apply_batch(site, world);
}

void site_finish_job(struct site *site, struct site_world *world)
{
        struct job *job = site->jobs;
        struct partition *partition = site->partition;

        site_drop_attempt(site, world);
        site->phase = SITE_IDLE;
        site->failures = 0;
        if (job->snapshot)
                partition_done_snapshot(partition, job->snapshot, world->actions);
        else
                partition_done(partition, TOPIC_CONTROL, job->control_offset, world->actions);
        site_drop_job(site, world);
}

static void report_job(const struct site *site, struct site_world *world)
{
        const struct snapshot *snapshot = site->jobs->snapshot;

        if (!snapshot)
                account_command(world->actions, site->id, &site->said, &site->meta);
        else if (site->judgement == JUDGE_WORK)
                account_applied(world->actions, snapshot, &site->diff, &site->meta);
        else
                account_judged(world->actions, snapshot, site->judgement, &site->meta);
        if (!site->diffing)
                return;
        account_drift(world->actions, site->id, &site->diff);
        account_named(world->actions, site->id, &site->diff, site->judgement == JUDGE_WORK);
}

static void ask_after_snapshot(struct site *site, struct site_world *world)
{
        bool fresh = site->jobs->snapshot->head.fresh;

        if (site->judgement == JUDGE_ASK || site->judgement == JUDGE_BROKEN)
                site_ask(site, world, ASKED_FULL);
        if (!site->diffing)
                return;
        site->asking.recheck_at_ms = site->meta.recheck_at_ms;
        if (!fresh && site->meta.candidates > 0)
                site_ask(site, world, ASKED_FRESH);
}

/* A person waits for it: at once, whatever was asked for before. */
static void ask_after_command(struct site *site, struct site_world *world)
{
        enum control_command command = site->jobs->control.command;

        site->asking.recheck_at_ms = site->meta.recheck_at_ms;
        if (command == CONTROL_REASSERT) {
                site_ask_now(site, world, ASKED_FULL);
        } else if (command == CONTROL_APPROVE_DELETIONS) {
                site_ask_now(site, world, ASKED_FRESH);
        }
}

static void applied(struct site *site, struct site_world *world)
{
        site->meta = site->after;
        if (site->rebuilding) {
                site_rebuild_done(site, world);
                return;
        }
        site->proved = meta_handled(&site->meta);
        report_job(site, world);
        if (site->jobs->snapshot)
                ask_after_snapshot(site, world);
        else
                ask_after_command(site, world);
        account_status(world->actions, site->id, &site->meta);
        site_finish_job(site, world);
}

void site_take_apply(struct site *site, struct site_world *world, uint64_t token,
                     enum apply_reply reply)
{
        if (site->phase != SITE_APPLY || token != site->token)
                return;
        if (reply == APPLY_CONFLICT)
                site_fail(site, world, "somebody else moved the state");
        else if (reply == APPLY_LOST)
                site_fail(site, world, "no reply from Redis to the compare-and-set");
        else if (site->writes.at < site->writes.count)
                site_apply_batch(site, world);
        else
                applied(site, world);
}
