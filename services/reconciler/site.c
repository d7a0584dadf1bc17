/* services/reconciler/site.c
 *
 * The order is what keeps the promises: all changes acknowledged, then the completion record
 * acknowledged, then the state moved under compare-and-set, then the offset stored. A crash between
 * any two of them repeats work under the same version and loses none.
 */
#include "reconciler/site.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "policy/retry.h"
#include "reconciler/account.h"
#include "reconciler/command.h"
#include "reconciler/rules.h"
#include "reconciler/telling.h"
#include "reconciler/terms.h"

enum { DIFF_SLICE = 100, TELL_SLICE = 100, TELL_RECORDS = 500, TELL_BYTES = 4 << 20, WORLD_BYTES = 16 << 20 };

static const struct retry_policy retry_policy = { .base_ms = 250,
                                                  .cap_ms = 10000,
                                                  .floor_ms = 100 };

/* -- life ------------------------------------------------------------------------------------ */

struct site *site_new(const char *id, uint32_t serial, struct partition *partition,
                      const struct municipality *config)
{
        struct site *site = memory_new(sizeof(*site));

        snprintf(site->id, sizeof(site->id), "%s", id);
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

/* Throws the attempt away; the job stays. */
static void drop_attempt(struct site *site, struct site_world *world)
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

static void drop_job(struct site *site, struct site_world *world)
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
        drop_attempt(site, world);
        while (site->jobs)
                drop_job(site, world);
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

static uint64_t next_token(struct site *site)
{
        site->token = (uint64_t)site->serial << 32 | ++site->attempts;
        return site->token;
}

static void fail(struct site *site, struct site_world *world, const char *reason)
{
        action_report(world->actions, REPORT_FAILED, site->id, reason);
        drop_attempt(site, world);
        site->failures++;
        site->phase = SITE_WAIT;
        site->retry_at_ms =
                world->now_ms + retry_wait_ms(&retry_policy, site->failures, world->dice);
}

static void load_meta(struct site *site, struct site_world *world)
{
        drop_attempt(site, world);
        site->phase = SITE_META;
        action_load(world->actions, RECONCILER_LOAD_META, site->id, next_token(site));
}

static void stop(const struct site *site, struct site_world *world, const char *sentence)
{
        struct reconciler_action *action = action_add(world->actions, RECONCILER_STOP);

        action->reason = memory_new(sizeof(*action->reason));
        error_set(action->reason, "%s: %s", site->id, sentence);
}

static void tell_fetcher(const struct site *site, struct site_world *world, enum asked what)
{
        tell_refresh(world->actions, site->id, site->partition->number, what == ASKED_FRESH,
                     world->now_ms);
        action_report(world->actions, REPORT_ASKED, site->id,
                      what == ASKED_FRESH ? "a fresh list" : "a whole list");
}

static void ask(struct site *site, struct site_world *world, enum asked what)
{
        if (asking_may(&site->asking, what, world->now_ms))
                tell_fetcher(site, world, what);
}

static void ask_now(struct site *site, struct site_world *world, enum asked what)
{
        asking_must(&site->asking, what, world->now_ms);
        tell_fetcher(site, world, what);
}

/* -- rebuild --------------------------------------------------------------------------------- */

/* Is the state missing, or behind what Kafka or we ourselves have seen of it? */
static bool needs_rebuild(const struct site *site)
{
        const struct snapshot *snapshot = site->jobs ? site->jobs->snapshot : NULL;

        if (!site->meta.exists || site->damaged || meta_handled(&site->meta) < site->proved)
                return true;
        if (site->rebuilt)
                return false;
        /* What was never applied, or not under this owner's eyes, proves nothing. Nor does what was
         * committed where the epoch was raised since: nobody knows under which one that was. */
        return site->clamped || site->late || site->meta.offset < 0 ||
               (snapshot && !site->raised &&
                snapshot_offset(snapshot) < site->partition->committed &&
                snapshot_offset(snapshot) > site->meta.offset);
}

static void begin_rebuild(struct site *site, struct site_world *world)
{
        site->phase = SITE_LOG;
        action_report(world->actions, REPORT_REBUILDING, site->id,
                      site->meta.exists ? "the state is behind the log" : "there is no state");
}

static void apply_batch(struct site *site, struct site_world *world);

void site_take_log(struct site *site, struct site_world *world, const struct rebuild *rebuild)
{
        if (site->phase != SITE_LOG)
                return;
        if (!rebuild) {
                fail(site, world, "`changes` could not be read to its end");
                return;
        }
        rebuild_finish(rebuild, world->epoch, &site->writes, &site->after);
        rules_begin(&site->after, site->config);
        site->rebuilding = true;
        site->wipe = true;
        apply_batch(site, world);
}

static void rebuild_done(struct site *site, struct site_world *world)
{
        bool anything = site->meta.version != VERSION_NONE;

        account_rebuilt(world->actions, site->id, &site->meta);
        site->rebuilt = true;
        site->clamped = false;
        site->proved = meta_handled(&site->meta);
        if (anything)
                ask(site, world, ASKED_FULL);
        load_meta(site, world);
}

/* -- apply: compare-and-set, batch by batch --------------------------------------------------- */

static void apply_batch(struct site *site, struct site_world *world)
{
        struct reconciler_action *action = action_add(world->actions, RECONCILER_APPLY);
        struct apply *apply = &action->apply;

        memcpy(apply->municipality, site->id, sizeof(apply->municipality));
        apply->token = next_token(site);
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

/* Nothing but the meta moves. */
static void apply_meta(struct site *site, struct site_world *world)
{
        writes_seal(&site->writes);
        apply_batch(site, world);
}

static void finish_job(struct site *site, struct site_world *world)
{
        struct job *job = site->jobs;
        struct partition *partition = site->partition;

        drop_attempt(site, world);
        site->phase = SITE_IDLE;
        site->failures = 0;
        if (job->snapshot)
                partition_done_snapshot(partition, job->snapshot, world->actions);
        else
                partition_done(partition, TOPIC_CONTROL, job->control_offset, world->actions);
        drop_job(site, world);
}

static void report_job(const struct site *site, struct site_world *world)
{
        const struct snapshot *snapshot = site->jobs->snapshot;

        if (!snapshot)
                action_report(world->actions, REPORT_COMMAND, site->id, site->said.text);
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
                ask(site, world, ASKED_FULL);
        if (!site->diffing)
                return;
        site->asking.recheck_at_ms = site->meta.recheck_at_ms;
        if (!fresh && site->meta.candidates > 0)
                ask(site, world, ASKED_FRESH);
}

/* A person waits for it: at once, whatever was asked for before. */
static void ask_after_command(struct site *site, struct site_world *world)
{
        enum control_command command = site->jobs->control.command;

        site->asking.recheck_at_ms = site->meta.recheck_at_ms;
        if (command == CONTROL_REASSERT) {
                ask_now(site, world, ASKED_FULL);
        } else if (command == CONTROL_APPROVE_DELETIONS) {
                ask_now(site, world, ASKED_FRESH);
        }
}

static void applied(struct site *site, struct site_world *world)
{
        site->meta = site->after;
        if (site->rebuilding) {
                rebuild_done(site, world);
                return;
        }
        site->proved = meta_handled(&site->meta);
        report_job(site, world);
        if (site->jobs->snapshot)
                ask_after_snapshot(site, world);
        else
                ask_after_command(site, world);
        account_status(world->actions, site->id, &site->meta);
        finish_job(site, world);
}

void site_take_apply(struct site *site, struct site_world *world, uint64_t token,
                     enum apply_reply reply)
{
        if (site->phase != SITE_APPLY || token != site->token)
                return;
        if (reply == APPLY_CONFLICT)
                fail(site, world, "somebody else moved the state");
        else if (reply == APPLY_LOST)
                fail(site, world, "no reply from Redis to the compare-and-set");
        else if (site->writes.at < site->writes.count)
                apply_batch(site, world);
        else
                applied(site, world);
}

/* -- tell: produce, and wait for every acknowledgement ----------------------------------------- */

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
static bool is_filling(const struct site *site)
{
        return site->tell_at < site->diff.step_count && site->batch < TELL_RECORDS &&
               site->outstanding_bytes < TELL_BYTES;
}

static bool can_tell(const struct site *site, const struct site_world *world)
{
        return site->phase == SITE_TELL && !site->closing &&
               (is_filling(site) || site->outstanding == 0) && world->told_bytes < WORLD_BYTES;
}

static void tell_more(struct site *site, struct site_world *world)
{
        size_t told = 0;

        while (told < TELL_SLICE && is_filling(site)) {
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

void site_take_delivery(struct site *site, struct site_world *world, uint64_t token,
                        const char *error)
{
        if (site->phase != SITE_TELL || token != site->token)
                return;
        if (error) {
                char reason[ERROR_TEXT_BYTES];

                snprintf(reason, sizeof(reason), "Kafka did not take a change: %s", error);
                fail(site, world, reason);
                return;
        }
        if (--site->outstanding > 0)
                return;
        world->told_bytes -= site->outstanding_bytes;
        site->outstanding_bytes = 0;
        site->batch = 0;
        if (!site->closing)
                return;
        write_steps(site);
        apply_batch(site, world);
}

/* -- diff -------------------------------------------------------------------------------------- */

static void finish_diff(struct site *site, struct site_world *world)
{
        diff_finish(&site->diff);
        site->after = site->meta;
        terms_settle(&site->after, site->jobs->snapshot, &site->diff, site->config, world->epoch,
                     world->now_ms);
        if (site->diff.foreign) {
                apply_meta(site, world);
                return;
        }
        site->phase = SITE_TELL;
        site->tell_at = 0;
        next_token(site);
        tell_more(site, world);
}

/* A fresh list says the same as the applied one: nothing is told, but drift may be seen. */
static void finish_confirmed(struct site *site, struct site_world *world)
{
        terms_settle_confirmed(&site->after, &site->diff, site->config, world->now_ms);
        write_steps(site);
        apply_batch(site, world);
}

static void ask_ledger(struct site *site, struct site_world *world)
{
        const struct uuid *uuids;
        size_t count;

        if (inquiry_next(&site->inquiry, &uuids, &count)) {
                site->phase = SITE_LEDGER;
                action_load_ledger(world->actions, site->id, next_token(site), uuids, count);
        } else if (site->judgement == JUDGE_CONFIRM) {
                finish_confirmed(site, world);
        } else {
                finish_diff(site, world);
        }
}

static void walk_diff(struct site *site, struct site_world *world)
{
        if (!diff_advance(&site->diff, DIFF_SLICE))
                return;
        inquiry_begin(&site->inquiry, &site->diff);
        ask_ledger(site, world);
}

void site_take_ledger(struct site *site, struct site_world *world, uint64_t token, bool ok,
                      const struct slice *entries, size_t count)
{
        if (site->phase != SITE_LEDGER || token != site->token)
                return;
        if (!ok) {
                fail(site, world, "no reply from Redis to the reading of the ledger");
                return;
        }
        inquiry_take(&site->inquiry, entries, count);
        ask_ledger(site, world);
}

/* -- the state arrives ------------------------------------------------------------------------- */

static void run_command(struct site *site, struct site_world *world)
{
        site->after = site->meta;
        if (command_apply(&site->jobs->control, &site->catalogue, world->now_ms, &site->after,
                          &site->writes, &site->said)) {
                writes_seal(&site->writes);
                apply_batch(site, world);
                return;
        }
        action_report(world->actions, REPORT_COMMAND, site->id, site->said.text);
        finish_job(site, world);
}

void site_take_events(struct site *site, struct site_world *world, uint64_t token, bool ok,
                      const struct slice *pairs, size_t count)
{
        struct error reason = ERROR_NULL;

        if (site->phase != SITE_EVENTS || token != site->token)
                return;
        if (!ok) {
                fail(site, world, "no reply from Redis to the reading of the state");
                return;
        }
        if (catalogue_load(&site->catalogue, pairs, count, &reason) < 0) {
                action_report(world->actions, REPORT_UNREADABLE, site->id, reason.text);
                drop_attempt(site, world);
                begin_rebuild(site, world);
                return;
        }
        if (!site->jobs->snapshot) {
                run_command(site, world);
                return;
        }

        struct diff_facts facts =
                terms_facts(site->jobs->snapshot, &site->meta, site->config, world->epoch);

        diff_begin(&site->diff, &facts, &site->jobs->snapshot->listing, &site->catalogue);
        site->diffing = true;
        site->phase = SITE_DIFF;
        if (site->judgement != JUDGE_CONFIRM)
                return;
        /* It has no list to be compared, so that nothing is absent from it. */
        inquiry_begin(&site->inquiry, &site->diff);
        ask_ledger(site, world);
}

static void load_events(struct site *site, struct site_world *world)
{
        site->phase = SITE_EVENTS;
        action_load(world->actions, RECONCILER_LOAD_EVENTS, site->id, next_token(site));
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
                finish_job(site, world);
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
                apply_meta(site, world);
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
                ask(site, world, ASKED_FULL);
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
                fail(site, world, "no reply from Redis to the reading of the state");
                return;
        }
        site->damaged = meta_read(&site->meta, pairs, count, &reason) < 0;
        if (site->damaged)
                action_report(world->actions, REPORT_UNREADABLE, site->id, reason.text);
        site->raised = site->raised || (site->meta.exists && site->meta.epoch < world->epoch);
        if (needs_rebuild(site)) {
                begin_rebuild(site, world);
                return;
        }
        site->proved = meta_handled(&site->meta);
        begin_job(site, world);
}

/* -- going on ---------------------------------------------------------------------------------- */

static void step_idle(struct site *site, struct site_world *world)
{
        if (asking_recheck(&site->asking, world->now_ms))
                tell_fetcher(site, world, ASKED_FRESH);
        if ((site->jobs || !site->met) && world->redis_up && !world->draining)
                load_meta(site, world);
}

void site_step(struct site *site, struct site_world *world)
{
        switch (site->phase) {
        case SITE_IDLE:
                step_idle(site, world);
                break;
        case SITE_WAIT:
                if (site->retry_at_ms <= world->now_ms && world->redis_up && !world->draining)
                        load_meta(site, world);
                break;
        case SITE_DIFF:
                walk_diff(site, world);
                break;
        case SITE_TELL:
                if (can_tell(site, world))
                        tell_more(site, world);
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
                return site->closing || (site->outstanding > 0 && !is_filling(site));
        default:
                return true;
        }
}

bool site_is_heavy(const struct site *site, const struct site_world *world)
{
        return site->phase == SITE_DIFF || can_tell(site, world);
}

bool site_is_hungry(const struct site *site, const struct site_world *world)
{
        switch (site->phase) {
        case SITE_IDLE:
                return (site->jobs || !site->met) && world->redis_up && !world->draining;
        case SITE_DIFF:
                return true;
        case SITE_TELL:
                return can_tell(site, world);
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
