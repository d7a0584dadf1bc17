/* services/reconciler/site_state.c
 *
 * The state arrives, and with it what is to be done: rebuild it, run a command, or judge the
 * snapshot, which most often ends in a diff.
 */
#include "reconciler/site_steps.h"

#include "reconciler/account.h"
#include "reconciler/command.h"
#include "reconciler/rules.h"

static void stop(const struct site *site, struct site_world *world, const char *sentence)
{
        struct reconciler_action *action = action_add(world->actions, RECONCILER_STOP);

        action->reason = memory_new(sizeof(*action->reason));
        error_set(action->reason, "%s: %s", site->id, sentence);
}

static void run_command(struct site *site, struct site_world *world)
{
        site->after = site->meta;
        if (command_apply(&site->jobs->control, &site->catalogue, world->now_ms, &site->after,
                          &site->writes, &site->said)) {
                writes_seal(&site->writes);
                site_apply_batch(site, world);
                return;
        }
        account_command(world->actions, site->id, &site->said, &site->meta);
        site_finish_job(site, world);
}

void site_take_events(struct site *site, struct site_world *world, uint64_t token, bool ok,
                      const struct slice *pairs, size_t count)
{
        struct error reason = ERROR_NULL;

        if (site->phase != SITE_EVENTS || token != site->token)
                return;
        if (!ok) {
                site_fail(site, world, "no reply from Redis to the reading of the state");
                return;
        }
        if (catalogue_load(&site->catalogue, pairs, count, &reason) < 0) {
                action_report(world->actions, REPORT_UNREADABLE, site->id, reason.text);
                site_drop_attempt(site, world);
                site_begin_rebuild(site, world);
                return;
        }
        if (site->jobs->snapshot)
                site_begin_diff(site, world);
        else
                run_command(site, world);
}

static void load_events(struct site *site, struct site_world *world)
{
        site->phase = SITE_EVENTS;
        action_load(world->actions, RECONCILER_LOAD_EVENTS, site->id, site_next_token(site));
}

static void begin_snapshot(struct site *site, struct site_world *world)
{
        const struct snapshot *snapshot = site->jobs->snapshot;

        site->judgement = judge_snapshot(snapshot, &site->meta, world->epoch,
                                         rules_in_force(&site->meta, snapshot->appended_ms));
        site->after = site->meta;
        switch (site->judgement) {
        case JUDGE_WORK:
                load_events(site, world);
                return;
        case JUDGE_DONE:
                site_finish_job(site, world);
                return;
        case JUDGE_EPOCH:
                stop(site, world,
                     "Redis holds state of a higher topics.epoch than the configuration: raise it "
                     "there");
                return;
        case JUDGE_RECREATED:
                stop(site, world,
                     "the topic `snapshots` began anew: raise topics.epoch in the configuration by "
                     "1");
                return;
        case JUDGE_CONFIRM:
                judge_applied(&site->after, snapshot);
                break;
        case JUDGE_BROKEN:
        case JUDGE_OLD:
        case JUDGE_ASK:
        case JUDGE_FOREIGN:
                break;
        }
        judge_handled(&site->after, snapshot, world->epoch);
        if (site->judgement == JUDGE_CONFIRM && snapshot->head.fresh)
                load_events(site, world);
        else
                site_apply_meta(site, world);
}

static void meet(struct site *site, struct site_world *world)
{
        int64_t offset = site->meta.offset;
        bool applied = offset >= 0 && site->meta.epoch == (int64_t)world->epoch;
        int64_t committed = site->partition->committed;

        if (site->met)
                return;
        site->met = true;
        site->asking.recheck_at_ms = site->meta.recheck_at_ms;
        site->partition->unmet--;
        if (applied)
                partition_needs(site->partition, offset + 1);
        else
                partition_needs(site->partition,
                                committed >= 0 && offset < 0 ? committed : PLACE_BEGIN);
        account_status(world->actions, site->id, &site->meta);
        account_owned(world->actions, site->id, &site->meta);
        if (site->late)
                site_ask(site, world, ASKED_FULL);
}

static void begin_job(struct site *site, struct site_world *world)
{
        meet(site, world);
        if (!site->jobs)
                site->phase = SITE_IDLE;
        else if (site->jobs->snapshot)
                begin_snapshot(site, world);
        else if (command_needs_events(&site->jobs->control))
                load_events(site, world);
        else
                run_command(site, world);
}

void site_take_meta(struct site *site, struct site_world *world, uint64_t token, bool ok,
                    const struct slice *pairs, size_t count)
{
        struct error reason = ERROR_NULL;

        if (site->phase != SITE_META || token != site->token)
                return;
        if (!ok) {
                site_fail(site, world, "no reply from Redis to the reading of the state");
                return;
        }
        site->damaged = meta_read(&site->meta, pairs, count, &reason) < 0;
        if (site->damaged)
                action_report(world->actions, REPORT_UNREADABLE, site->id, reason.text);
        site->raised = site->raised || (site->meta.exists && site->meta.epoch < world->epoch);
        if (site_needs_rebuild(site)) {
                site_begin_rebuild(site, world);
                return;
        }
        site->proved = meta_handled(&site->meta);
        begin_job(site, world);
}
