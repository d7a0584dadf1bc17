/* services/writer/attempt.c
 *
 * One attempt's way through ledger, site, Kafka and ledger (DESIGN.md "Ledger"). The order that all
 * hangs on is answer, result acknowledged by Kafka, FINISH, offset done. One step is under way at a
 * time, and whatever is lost on the way is taken up again: a repeat carries the same versions.
 *
 *     claimed ─▶ (LOADING) ─▶ BEGINNING ─▶ (HELD) ─▶ SENDING ─▶ TELLING ─▶ FINISHING ─▶ course_next
 */
#include "writer/inside.h"

#include "base/text.h"
#include "model/version.h"

/* The slot of its site is free again. */
void attempt_unclaim(struct writer_core *core, struct lane *lane)
{
        if (!lane->attempt || !lane->attempt->claimed)
                return;
        lane->attempt->claimed = false;
        gate_leave(core, lane);
        bulkhead_ended(&lane->site->bulkhead);
        core->in_flight--;
        core->pump_ms = core->now_ms;
}

void attempt_drop(struct writer_core *core, struct lane *lane)
{
        struct attempt *attempt = lane->attempt;

        if (!attempt)
                return;
        if (attempt->claimed)
                breaker_forget(&lane->site->bulkhead.breaker, core->now_ms);
        attempt_unclaim(core, lane);
        lane_alight(lane);
        request_deinit(&attempt->request);
        buffer_deinit(&attempt->answer);
        free(attempt);
        lane->attempt = NULL;
}

/* ---- begin ---- */

static void attempt_release(struct writer_core *core, struct lane *lane)
{
        attempt_drop(core, lane);
        if (lane->orphan)
                course_go(core, lane);
        else
                course_next(core, lane);
}

static void attempt_begin(struct writer_core *core, struct lane *lane, unsigned members)
{
        struct attempt *attempt = lane->attempt;
        struct writer_action *action = core_act(core, ACTION_BEGIN, lane->site);
        int64_t lease_ms = core->config->writer.lease_ms;
        struct ledger_entry fresh;

        if (attempt->seal)
                lane->wish.serial++;
        request_deinit(&attempt->request);
        request_init(&attempt->request, lane->site->id, &lane->uuid, &lane->wish, members);
        lane_board(lane);
        attempt->begun = true;
        attempt->lease_until_ms = core->now_ms + lease_ms;
        lane->state = LANE_BEGINNING;
        action->ledger.uuid = lane->uuid;
        action->ledger.lease_ms = lease_ms;
        action->ledger.seal_at_ms = core->now_ms + lease_ms + core->config->writer.seal_after_ms;
        upkeep_token(core, lane, action->ledger.token);
        buffer_append(&action->ledger.expected, lane->expected, lane->expected_bytes);
        fresh = upkeep_entry(core, lane);
        ledger_entry_write(&fresh, &action->ledger.fresh);
        course_ticket(core, lane, action);
}

/* It has a slot and knows the ledger: is there still something to send? */
void attempt_decide(struct writer_core *core, struct lane *lane)
{
        unsigned members;
        bool seal = course_seal_is_due(core, lane);

        lane_sort(lane, core->now_ms);
        telling_start(core, lane);
        ending_settle_all(core, lane, false);
        if (lane_next(lane, core->now_ms, seal, &members) != LANE_SEND) {
                attempt_release(core, lane);
                return;
        }
        lane->half_since_ms = members & 1U << MEMBER_URL ? 0 : lane->half_since_ms;
        lane->attempt->seal = seal;
        attempt_begin(core, lane, members);
}

void attempt_claim(struct writer_core *core, struct lane *lane)
{
        writer_site_unqueue(lane->site, lane);
        bulkhead_sent(&lane->site->bulkhead, lane->failures > 0, core->now_ms);
        core->in_flight++;
        if (lane->lease == 0)
                lane->lease = ++core->last_lease;
        lane->attempt = memory_new(sizeof(*lane->attempt));
        lane->attempt->claimed = true;
        if (lane->expected)
                attempt_decide(core, lane);
        else
                upkeep_load(core, lane);
}

/* ---- the PATCH ---- */

static const struct wanted *attempt_newest(const struct lane *lane)
{
        const struct wanted *newest = NULL;

        for (const struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                if (wanted->in_attempt && (!newest || wanted->version > newest->version))
                        newest = wanted;
        return newest;
}

void attempt_patch(struct writer_core *core, struct lane *lane)
{
        struct writer_action *action = core_act(core, ACTION_PATCH, lane->site);
        struct action_patch *patch = &action->patch;

        patch->municipality = lane->site->municipality;
        request_url(patch->municipality, &lane->uuid, &patch->url);
        request_body(&lane->attempt->request, &patch->body);
        memcpy(patch->key, lane->attempt->request.key, sizeof(patch->key));
        patch->lease_until_boot_ms = lane->attempt->lease_until_boot_ms;
        lane->attempt->tracing =
                tracing_patch(lane, attempt_newest(lane), core->config->tracing.sample_percent);
        patch->trace = lane->attempt->tracing.own;
        for (struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                if (wanted->in_attempt)
                        wanted->attempts++;
        lane->state = LANE_SENDING;
        course_ticket(core, lane, action);
}

/* Ends the lease; with what the wish is now. */
static void attempt_finish(struct writer_core *core, struct lane *lane)
{
        struct writer_action *action = core_act(core, ACTION_FINISH, lane->site);
        int64_t due_ms = upkeep_seal_due_ms(core, &lane->wish);
        struct ledger_entry fresh;

        action->ledger.uuid = lane->uuid;
        upkeep_token(core, lane, action->ledger.token);
        fresh = upkeep_entry(core, lane);
        ledger_entry_write(&fresh, &action->ledger.fresh);
        action->ledger.seal_at_ms = due_ms == INT64_MAX ? 0 : due_ms;
        upkeep_expect(lane, buffer_slice(&action->ledger.fresh));
        lane->state = LANE_FINISHING;
        course_ticket(core, lane, action);
}

void attempt_give_back(struct writer_core *core, struct lane *lane)
{
        breaker_forget(&lane->site->bulkhead.breaker, core->now_ms);
        attempt_unclaim(core, lane);
        lane_alight(lane);
        attempt_finish(core, lane);
}

static void attempt_go_on(struct writer_core *core, struct lane *lane,
                          const struct writer_input *input)
{
        struct known known;
        bool is_known = upkeep_known(input->ledger.known, &known);

        upkeep_written(core, lane);
        lane->lent = false;
        lane->attempt->lease_until_boot_ms = input->ledger.lease_until_boot_ms;
        /* Without any snapshot nobody can say that it lacks the event. */
        lane->in_snapshot =
                !input->ledger.any_snapshot || (is_known && !(known.flags & KNOWN_DELETED));
        if (is_known) {
                lane->end_ms = known.end_ms;
                known_deinit(&known);
        }
        gate_come(core, lane);
}

/* The slot and the try are given back; the ledger is looked at anew. */
static void attempt_begin_again(struct writer_core *core, struct lane *lane, int64_t at_ms)
{
        attempt_drop(core, lane);
        upkeep_forget(lane);
        if (lane->orphan)
                course_go(core, lane);
        else
                course_rest(core, lane, at_ms, RESUME_LOAD);
}

static void attempt_begun(struct writer_core *core, struct lane *lane,
                          const struct writer_input *input)
{
        switch (input->ledger.reply) {
        case LEDGER_SEND:
                attempt_go_on(core, lane, input);
                return;
        case LEDGER_STALE: /* what the snapshot shows may be another, too */
                attempt_begin_again(core, lane, core->now_ms);
                return;
        case LEDGER_BUSY:
                lane->lent = true;
                lane->retry_ms = core->now_ms + input->ledger.wait_ms + REDIS_RETRY_MS;
                attempt_begin_again(core, lane, lane->retry_ms);
                return;
        case LEDGER_MISSING:
                catchup_start(core, &core->partitions[lane->site->partition]);
                break;
        default:
                break;
        }
        attempt_begin_again(core, lane, core->now_ms + REDIS_RETRY_MS);
}

/* ---- the answer ---- */

static void attempt_report(struct writer_core *core, const struct lane *lane,
                           const struct writer_input *input, const char *name)
{
        struct writer_report *report =
                core_report(core, REPORT_ATTEMPT, lane->site->id, &lane->uuid);
        const struct answer *answer = &input->answered.answer;

        text_copy(report->outcome, sizeof(report->outcome), name);
        text_copy(report->detail, sizeof(report->detail), answer->error ? answer->error : "");
        report->status = answer->status;
        report->duration_ms = input->answered.duration_ms;
        report->tracing = lane->attempt->tracing;
}

/* The log is told that a seal is broken, if no update's own result says so. */
static void attempt_tell_seal(struct writer_core *core, struct lane *lane)
{
        uint64_t version = lane_confirmed_version(lane);

        if (lane->attempt->seal && lane->attempt->verdict == VERDICT_APPLIED && !lane->ending &&
            version != VERSION_NONE)
                telling_seal_result(core, lane, version);
}

void attempt_answered(struct writer_core *core, struct lane *lane, const struct writer_input *input)
{
        const struct answer *answer = &input->answered.answer;
        struct attempt *attempt = lane->attempt;

        attempt_unclaim(core, lane);
        judge(core, lane, answer);
        attempt_report(core, lane, input, verdict_name(attempt->verdict));
        lane->site->status_due = true;
        lane_sort(lane, core->now_ms);
        telling_start(core, lane);
        attempt_tell_seal(core, lane);
        attempt_told(core, lane, NULL);
}

/* ---- told, finished ---- */

static bool attempt_is_told(const struct lane *lane)
{
        if (lane->attempt->telling != VERSION_NONE)
                return false;
        for (const struct wanted *wanted = lane->ending; wanted; wanted = wanted->next)
                if (wanted->by_attempt && wanted->unacked > 0)
                        return false;
        return true;
}

void attempt_told(struct writer_core *core, struct lane *lane, struct wanted *wanted)
{
        if (wanted)
                ending_settle_all(core, lane, false);
        if (lane_in_flight(lane)) {
                if (lane->state != LANE_SENDING && lane->state != LANE_TELLING &&
                    !(lane->state == LANE_RESTING && !wanted))
                        return;
                if (lane->attempt->claimed)
                        return;
                if (attempt_is_told(lane))
                        attempt_finish(core, lane);
                else
                        lane->state = LANE_TELLING;
        } else if (lane->state == LANE_TELLING) {
                course_next(core, lane);
        }
}

static void attempt_finished(struct writer_core *core, struct lane *lane, enum ledger_reply reply)
{
        if (reply == LEDGER_LOST) {
                course_rest(core, lane, core->now_ms + REDIS_RETRY_MS, RESUME_FINISH);
                return;
        }
        if (reply == LEDGER_OK)
                upkeep_written(core, lane);
        ending_settle_all(core, lane, true);
        attempt_drop(core, lane);
        lane->state = LANE_RESTING;
        lane->dirty =
                reply != LEDGER_OK; /* fenced: the ledger was lost, or is another's, and lacks it */
        if (lane->dirty)
                upkeep_forget(lane);
        if (lane->orphan)
                course_go(core, lane);
        else
                course_next(core, lane);
}

void attempt_ledger(struct writer_core *core, struct lane *lane, const struct writer_input *input)
{
        if (lane->state == LANE_BEGINNING)
                attempt_begun(core, lane, input);
        else if (lane->state == LANE_FINISHING)
                attempt_finished(core, lane, input->ledger.reply);
        else
                upkeep_merged(core, lane, input);
}
