/* services/writer/course.c
 *
 * A lane's course: ledger, site, Kafka, ledger (DESIGN.md "Ledger"). The order that all hangs on is
 * answer, result acknowledged by Kafka, FINISH, offset done. One step is under way at a time, and
 * whatever is lost on the way is taken up again: a repeat carries the same versions.
 *
 *     RESTING ─▶ LOADING ─▶ QUEUED ─▶ BEGINNING ─▶ SENDING ─▶ TELLING ─▶ FINISHING ─▶ RESTING, or
 * gone
 */
#include "writer/inside.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <utlist.h>

#include "model/version.h"

enum {
        HALF_LOOK_MS = 30 * 1000,
        HALF_LOOK_FIRST_MS = 2 * 1000,
};

static void course_next(struct writer_core *core, struct lane *lane);

/* ---- small steps ---- */

static void course_rest(struct writer_core *core, struct lane *lane, int64_t at_ms,
                        enum lane_resume resume)
{
        lane->state = LANE_RESTING;
        lane->resume = resume;
        agenda_set(&core->agenda, &lane->due, at_ms);
}

static struct ticket *course_ticket(struct writer_core *core, struct lane *lane,
                                    struct writer_action *action)
{
        struct ticket *ticket = core_ticket(core, TICKET_LANE);

        ticket->lane = lane;
        action->token = ticket->token;
        return ticket;
}

static void course_load(struct writer_core *core, struct lane *lane)
{
        agenda_drop(&core->agenda, &lane->due);
        if (!catchup_ready(core, lane->site)) {
                course_rest(core, lane, core->now_ms + REDIS_RETRY_MS, RESUME_LOAD);
                return;
        }

        struct writer_action *action = core_act(core, ACTION_LOAD, lane->site);

        action->ledger.uuid = lane->uuid;
        lane->state = LANE_LOADING;
        course_ticket(core, lane, action)->loads = true;
        core->loading++;
}

static void course_expect(struct lane *lane, struct slice bytes)
{
        free(lane->expected);
        lane->expected = bytes.data ? memory_copy(bytes.data, bytes.length) : memory_copy("", 0);
}

static void course_expect_nothing_known(struct lane *lane)
{
        free(lane->expected);
        lane->expected = NULL;
}

static void course_token(const struct writer_core *core, const struct lane *lane,
                         char token[LEDGER_TOKEN_BYTES])
{
        snprintf(token, LEDGER_TOKEN_BYTES, "%s-%" PRIu64, core->instance, lane->lease);
}

static int64_t seal_due_ms(const struct writer_core *core, const struct wish *wish)
{
        return wish->sealed_at_ms > 0 ? wish->sealed_at_ms + core->config->writer.seal_after_ms
                                      : INT64_MAX;
}

/* The slot of its site is free again. */
static void course_unclaim(struct writer_core *core, struct lane *lane)
{
        if (!lane->attempt || !lane->attempt->claimed)
                return;
        lane->attempt->claimed = false;
        bulkhead_ended(&lane->site->bulkhead);
        core->in_flight--;
        core->pump_ms = core->now_ms;
}

void course_drop_attempt(struct writer_core *core, struct lane *lane)
{
        struct attempt *attempt = lane->attempt;

        if (!attempt)
                return;
        if (attempt->claimed)
                breaker_forget(&lane->site->bulkhead.breaker, core->now_ms);
        course_unclaim(core, lane);
        if (attempt->result_offset >= 0)
                watermark_done(&core->partitions[lane->site->partition].results,
                               attempt->result_offset);
        lane_alight(lane);
        request_deinit(&attempt->request);
        buffer_deinit(&attempt->answer);
        free(attempt);
        lane->attempt = NULL;
}

/* ---- ends ---- */

static void course_report_outcome(struct writer_core *core, const struct lane *lane,
                                  const struct wanted *wanted)
{
        static const char *const names[] = {
                [END_APPLIED] = "applied",
                [END_UNCHANGED] = "unchanged",
                [END_SUPERSEDED] = "superseded",
                [END_ENDED] = "ended",
                [END_GONE] = "gone",
                [END_DEAD] = "dead",
                [END_DUPLICATE] = "duplicate",
                [END_CARRIED] = "carried",
        };
        struct writer_report *report =
                core_report(core, REPORT_OUTCOME, lane->site->id, &lane->uuid);
        struct headers headers;
        struct writer_record record;

        original_record(wanted->original, &record, &headers);

        struct slice trace = headers_get(&headers, "traceparent");

        if (traceparent_valid(trace))
                snprintf(report->traceparent, sizeof(report->traceparent), "%.*s",
                         (int)trace.length, trace.data);
        snprintf(report->outcome, sizeof(report->outcome), "%s", names[wanted->end]);
        if (wanted->reason)
                snprintf(report->reason, sizeof(report->reason), "%s", wanted->reason);
        report->attempts = wanted->attempts;
        report->status = wanted->by_attempt ? lane->attempt->status : 0;
        report->latency_ms = wanted->since_ms > 0 ? core->now_ms - wanted->since_ms : -1;
        lane->site->last_outcome = names[wanted->end];
        lane->site->last_outcome_ms = core->now_ms;
}

/* All that the update stands for is done. */
static void course_settle(struct writer_core *core, struct lane *lane, struct wanted *wanted)
{
        LL_DELETE(lane->ending, wanted);
        if (wanted->result_offset >= 0)
                watermark_done(&core->partitions[lane->site->partition].results,
                               wanted->result_offset);
        if (!lane->orphan) {
                lane->site->waiting--;
                lane->site->bytes -= original_bytes(wanted->original);
                lane->site->status_due = true;
                core_done(core, wanted->original);
        }
        course_report_outcome(core, lane, wanted);
        wanted_free(wanted);
}

/* Ends that need nothing more; those of an attempt wait for the ledger. */
static void course_settle_all(struct writer_core *core, struct lane *lane, bool finished)
{
        struct wanted *wanted, *other;

        LL_FOREACH_SAFE(lane->ending, wanted, other)
                if (wanted->unacked == 0 && (wanted->told || wanted->end == END_DUPLICATE) &&
                    (finished || !wanted->by_attempt))
                        course_settle(core, lane, wanted);
}

void course_tear_tickets(struct writer_core *core, const struct lane *lane)
{
        struct ticket *ticket, *other;

        HASH_ITER(hh, core->tickets, ticket, other)
                if (ticket->lane == lane)
                        core_ticket_drop(core, ticket);
}

void course_go(struct writer_core *core, struct lane *lane)
{
        agenda_drop(&core->agenda, &lane->due);
        if (lane->unacked > 0)
                course_tear_tickets(core, lane);
        if (lane->orphan)
                DL_DELETE(core->orphans, lane);
        else
                writer_site_lane_remove(lane->site, lane);
        lane_free(lane);
}

static void course_merge(struct writer_core *core, struct lane *lane)
{
        if (!lane->expected) {
                course_load(core, lane);
                return;
        }

        struct writer_action *action = core_act(core, ACTION_MERGE, lane->site);
        int64_t due_ms = seal_due_ms(core, &lane->wish);
        struct ledger_entry stands, fresh;

        action->ledger.uuid = lane->uuid;
        buffer_append_text(&action->ledger.expected, lane->expected);
        ledger_entry_read(&stands, slice_of(lane->expected), NULL);
        fresh = lane_entry(lane);
        memcpy(fresh.token, stands.token, sizeof(fresh.token)); /* whose it is, it stays */
        fresh.lease_until_ms = stands.lease_until_ms;
        ledger_entry_write(&fresh, &action->ledger.fresh);
        ledger_entry_deinit(&stands);
        action->ledger.seal_at_ms = due_ms == INT64_MAX ? 0 : due_ms;
        lane->state = LANE_MERGING;
        course_ticket(core, lane, action);
}

/* Nothing is due: write what only we know, wait for Kafka or for the seal, or go. */
static void course_idle(struct writer_core *core, struct lane *lane)
{
        if (lane->unacked > 0) {
                lane->state = LANE_TELLING;
        } else if (lane->dirty) {
                course_merge(core, lane);
        } else if (lane->wish.sealed_at_ms > 0) {
                course_expect_nothing_known(lane);
                course_rest(core, lane, seal_due_ms(core, &lane->wish), RESUME_LOAD);
        } else {
                course_go(core, lane);
        }
}

/* ---- what is due ---- */

static void course_wait_half(struct writer_core *core, struct lane *lane)
{
        bool first = lane->half_since_ms == 0;

        if (first) {
                lane->half_since_ms = core->now_ms;
                core_report(core, REPORT_HALF_UNKNOWN, lane->site->id, &lane->uuid);
                telling_refresh(core, lane->site);
        }
        course_expect_nothing_known(lane);
        course_rest(core, lane, core->now_ms + (first ? HALF_LOOK_FIRST_MS : HALF_LOOK_MS),
                    RESUME_LOAD);
}

static bool course_half_is_overdue(const struct writer_core *core, const struct lane *lane)
{
        return lane->half_since_ms > 0 &&
               core->now_ms - lane->half_since_ms >= core->config->writer.half_unknown_wait_ms;
}

/* The standing wish has nothing that could still be sent. */
static void course_break_seal(struct lane *lane)
{
        lane->wish.serial++;
        lane->wish.sealed_at_ms = 0;
        lane->dirty = true;
}

static void course_queue(struct writer_core *core, struct lane *lane)
{
        if (core->now_ms < lane->retry_ms) {
                course_expect_nothing_known(lane);
                course_rest(core, lane, lane->retry_ms, RESUME_NEXT);
                return;
        }
        /* Those that will not be sent soon keep no copy of the ledger: memory. */
        if (lane->site->queued > lane->site->bulkhead.in_flight_max)
                course_expect_nothing_known(lane);
        writer_site_queue(lane->site, lane);
        core->pump_ms = core->now_ms;
}

static bool course_seal_is_due(const struct writer_core *core, const struct lane *lane)
{
        return core->now_ms >= seal_due_ms(core, &lane->wish);
}

static void course_lack_half(struct writer_core *core, struct lane *lane, bool seal)
{
        bool overdue = course_half_is_overdue(core, lane);

        if (seal)
                course_break_seal(lane);
        else if (overdue)
                lane_end_links(lane, "half-unknown");
        if (seal || overdue)
                course_next(core, lane);
        else
                course_wait_half(core, lane);
}

/* Its municipality left the configuration: what is open goes back to the anteroom. */
static void course_leave(struct writer_core *core, struct lane *lane)
{
        if (lane->unacked > 0)
                lane->state = LANE_TELLING;
        else
                leave_lane(core, lane);
}

static void course_next(struct writer_core *core, struct lane *lane)
{
        unsigned members;
        bool seal = course_seal_is_due(core, lane);

        lane_sort(lane, core->now_ms);
        telling_start(core, lane);
        course_settle_all(core, lane, false);
        if (!lane->site->municipality) {
                course_leave(core, lane);
                return;
        }
        switch (lane_next(lane, core->now_ms, seal, &members)) {
        case LANE_SEND:
                course_queue(core, lane);
                return;
        case LANE_HALF_UNKNOWN:
                course_lack_half(core, lane, seal);
                return;
        case LANE_NOTHING:
                break;
        }
        if (seal)
                course_break_seal(lane);
        course_idle(core, lane);
}

void course_due(struct writer_core *core, struct lane *lane)
{
        switch (lane->resume) {
        case RESUME_NEXT:
                course_next(core, lane);
                return;
        case RESUME_LOAD:
                course_load(core, lane);
                return;
        case RESUME_MERGE:
                course_merge(core, lane);
                return;
        case RESUME_FINISH:
                break;
        }
        course_told(core, lane, NULL);
}

/* ---- updates ---- */

/* A lane that rests for a retry of the site's stays at rest: a newer wish does not mend the site.
 */
static bool course_may_hurry(const struct lane *lane, unsigned counted_before)
{
        if (lane->state != LANE_RESTING || lane->resume == RESUME_FINISH ||
            lane->resume == RESUME_MERGE)
                return false;
        return lane->failures == 0 || counted_before > 0;
}

void course_add(struct writer_core *core, struct site *site, const struct intake *intake,
                const struct writer_record *record)
{
        struct lane *lane = writer_site_lane(site, &intake->update.uuid);
        struct wanted *wanted = wanted_new(intake, record);
        bool fresh = !lane;

        if (!lane)
                lane = writer_site_lane_new(site, &intake->update.uuid);

        unsigned counted = lane->counted;

        site->waiting++;
        site->bytes += original_bytes(wanted->original);
        site->status_due = true;
        lane_add(lane, wanted);
        if (lane->counted < counted)
                lane->retry_ms = 0;
        if (fresh || course_may_hurry(lane, counted)) {
                course_load(core, lane);
                return;
        }
        lane_sort(lane, core->now_ms);
        telling_start(core, lane);
        course_settle_all(core, lane, false);
        if (lane->state == LANE_QUEUED && lane->with_state != lane_wants_state(lane)) {
                writer_site_unqueue(site, lane);
                writer_site_queue(site, lane);
        }
}

void course_seal(struct writer_core *core, struct site *site, const struct input_seal *seal)
{
        struct lane *lane = writer_site_lane(site, &seal->uuid);

        if (lane)
                return;
        lane = writer_site_lane_new(site, &seal->uuid);
        lane->dirty = true; /* if it turns out to have no seal, writing it takes it off the list */
        course_rest(core, lane, seal->due_ms, RESUME_LOAD);
}

/* ---- begin ---- */

static void course_release(struct writer_core *core, struct lane *lane)
{
        course_drop_attempt(core, lane);
        if (lane->orphan)
                course_go(core, lane);
        else
                course_next(core, lane);
}

static void course_begin(struct writer_core *core, struct lane *lane, unsigned members)
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
        lane->state = LANE_BEGINNING;
        action->ledger.uuid = lane->uuid;
        action->ledger.lease_ms = lease_ms;
        action->ledger.seal_at_ms = core->now_ms + lease_ms + core->config->writer.seal_after_ms;
        course_token(core, lane, action->ledger.token);
        buffer_append_text(&action->ledger.expected, lane->expected);
        fresh = lane_entry(lane);
        ledger_entry_write(&fresh, &action->ledger.fresh);
        course_ticket(core, lane, action);
}

/* It has a slot and knows the ledger: is there still something to send? */
static void course_decide(struct writer_core *core, struct lane *lane)
{
        unsigned members;
        bool seal = course_seal_is_due(core, lane);

        lane_sort(lane, core->now_ms);
        telling_start(core, lane);
        course_settle_all(core, lane, false);
        if (lane_next(lane, core->now_ms, seal, &members) != LANE_SEND) {
                course_release(core, lane);
                return;
        }
        lane->half_since_ms = members & 1U << MEMBER_URL ? 0 : lane->half_since_ms;
        lane->attempt->seal = seal;
        course_begin(core, lane, members);
}

void course_claim(struct writer_core *core, struct lane *lane)
{
        writer_site_unqueue(lane->site, lane);
        bulkhead_sent(&lane->site->bulkhead, lane->failures > 0, core->now_ms);
        core->in_flight++;
        if (lane->lease == 0)
                lane->lease = ++core->last_lease;
        lane->attempt = memory_new(sizeof(*lane->attempt));
        lane->attempt->claimed = true;
        lane->attempt->result_offset = -1;
        if (lane->expected)
                course_decide(core, lane);
        else
                course_load(core, lane);
}

static void course_rebase(struct writer_core *core, struct lane *lane, struct slice bytes,
                          const struct known *known)
{
        char token[LEDGER_TOKEN_BYTES];
        struct ledger_entry entry;
        struct error error;

        if (ledger_entry_read(&entry, bytes, &error) < 0) {
                struct writer_report *report =
                        core_report(core, REPORT_BAD_LEDGER, lane->site->id, &lane->uuid);

                snprintf(report->detail, sizeof(report->detail), "%s", error.text);
        }
        course_token(core, lane, token);
        ledger_entry_adopt(&entry, token);
        if (lane->dirty)
                wish_merge(&entry.wish, &lane->wish);
        lane_rebase(lane, &entry, known);
        ledger_entry_deinit(&entry);
        course_expect(lane, bytes);
}

static bool course_known(struct slice bytes, struct known *known)
{
        return bytes.length > 0 && known_read(known, bytes, NULL) == 0;
}

void course_loaded(struct writer_core *core, struct lane *lane, const struct writer_input *input)
{
        struct known known;

        if (!input->loaded.ok || input->loaded.missing) {
                if (input->loaded.missing)
                        catchup_start(core, &core->partitions[lane->site->partition]);
                course_drop_attempt(core, lane);
                course_rest(core, lane, core->now_ms + REDIS_RETRY_MS, RESUME_LOAD);
                return;
        }

        bool is_known = course_known(input->loaded.known, &known);

        course_rebase(core, lane, input->loaded.entry, is_known ? &known : NULL);
        if (is_known)
                known_deinit(&known);
        lane->state = LANE_RESTING;
        if (lane->attempt)
                course_decide(core, lane);
        else
                course_next(core, lane);
}

/* ---- the PATCH ---- */

static const struct wanted *lane_newest_on_board(const struct lane *lane)
{
        const struct wanted *newest = NULL;

        for (const struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                if (wanted->in_attempt && (!newest || wanted->version > newest->version))
                        newest = wanted;
        return newest;
}

/* The newest update's trace goes on. Where it has none, and for a seal, one begins whose id is the
 * idempotency key: it stands in the result, too, and is the same after a redelivery. */
static void course_trace(const struct lane *lane, struct action_patch *patch)
{
        const struct wanted *wanted = lane_newest_on_board(lane);
        struct headers headers;
        struct writer_record record;

        snprintf(patch->traceparent, sizeof(patch->traceparent), "00-%s-%.16s-01", patch->key,
                 patch->key);
        if (!wanted)
                return;
        original_record(wanted->original, &record, &headers);

        struct slice trace = headers_get(&headers, "traceparent");

        if (traceparent_valid(trace))
                snprintf(patch->traceparent, sizeof(patch->traceparent), "%.*s", (int)trace.length,
                         trace.data);
}

static void course_patch(struct writer_core *core, struct lane *lane)
{
        struct writer_action *action = core_act(core, ACTION_PATCH, lane->site);
        struct action_patch *patch = &action->patch;

        patch->municipality = lane->site->municipality;
        request_url(patch->municipality, &lane->uuid, &patch->url);
        request_body(&lane->attempt->request, &patch->body);
        memcpy(patch->key, lane->attempt->request.key, sizeof(patch->key));
        patch->lease_until_boot_ms = lane->attempt->lease_until_boot_ms;
        course_trace(lane, patch);
        for (struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                if (wanted->in_attempt)
                        wanted->attempts++;
        lane->state = LANE_SENDING;
        course_ticket(core, lane, action);
}

/* Ends the lease; with what the wish is now. */
static void course_finish(struct writer_core *core, struct lane *lane)
{
        struct writer_action *action = core_act(core, ACTION_FINISH, lane->site);
        int64_t due_ms = seal_due_ms(core, &lane->wish);
        struct ledger_entry fresh;

        action->ledger.uuid = lane->uuid;
        course_token(core, lane, action->ledger.token);
        fresh = lane_entry(lane);
        ledger_entry_write(&fresh, &action->ledger.fresh);
        action->ledger.seal_at_ms = due_ms == INT64_MAX ? 0 : due_ms;
        course_expect(lane, buffer_slice(&action->ledger.fresh));
        lane->state = LANE_FINISHING;
        course_ticket(core, lane, action);
}

static void course_send(struct writer_core *core, struct lane *lane,
                        const struct writer_input *input)
{
        struct known known;
        bool is_known = course_known(input->ledger.known, &known);

        lane->attempt->lease_until_boot_ms = input->ledger.lease_until_boot_ms;
        /* Without any snapshot nobody can say that it lacks the event. */
        lane->in_snapshot =
                !input->ledger.any_snapshot || (is_known && !(known.flags & KNOWN_DELETED));
        if (is_known) {
                lane->end_ms = known.end_ms;
                known_deinit(&known);
        }

        bool late = lane->attempt->request.present[MEMBER_STATE] &&
                    lane_event_is_over(lane, core->now_ms);

        if (lane->orphan || late || core->draining || !lane->site->municipality ||
            lane->site->login != LOGIN_PRESENT) {
                breaker_forget(&lane->site->bulkhead.breaker, core->now_ms);
                course_unclaim(core, lane);
                lane_alight(lane);
                course_finish(core, lane);
                return;
        }
        course_patch(core, lane);
}

/* The slot and the try are given back; the ledger is looked at anew. */
static void course_begin_again(struct writer_core *core, struct lane *lane, int64_t at_ms)
{
        course_drop_attempt(core, lane);
        course_expect_nothing_known(lane);
        if (lane->orphan)
                course_go(core, lane);
        else
                course_rest(core, lane, at_ms, RESUME_LOAD);
}

static void course_begin_stale(struct writer_core *core, struct lane *lane, struct slice current)
{
        lane->attempt->begun = false;
        lane_alight(lane);
        if (lane->orphan) {
                course_release(core, lane);
                return;
        }
        int64_t end_ms = lane->end_ms;
        bool in_snapshot = lane->in_snapshot;

        course_rebase(core, lane, current, NULL);
        lane->end_ms = end_ms;
        lane->in_snapshot = in_snapshot;
        course_decide(core, lane);
}

static void course_begun(struct writer_core *core, struct lane *lane,
                         const struct writer_input *input)
{
        switch (input->ledger.reply) {
        case LEDGER_SEND:
                course_send(core, lane, input);
                return;
        case LEDGER_STALE:
                course_begin_stale(core, lane, input->ledger.current);
                return;
        case LEDGER_BUSY:
                lane->retry_ms = core->now_ms + input->ledger.wait_ms + REDIS_RETRY_MS;
                course_begin_again(core, lane, lane->retry_ms);
                return;
        case LEDGER_MISSING:
                catchup_start(core, &core->partitions[lane->site->partition]);
                break;
        default:
                break;
        }
        course_begin_again(core, lane, core->now_ms + REDIS_RETRY_MS);
}

/* ---- the answer ---- */

static void course_report_attempt(struct writer_core *core, const struct lane *lane,
                                  const struct writer_input *input, const char *name)
{
        struct writer_report *report =
                core_report(core, REPORT_ATTEMPT, lane->site->id, &lane->uuid);
        const struct answer *answer = &input->answered.answer;

        snprintf(report->outcome, sizeof(report->outcome), "%s", name);
        snprintf(report->detail, sizeof(report->detail), "%s", answer->error ? answer->error : "");
        report->status = answer->status;
        report->duration_ms = input->answered.duration_ms;
}

void course_answered(struct writer_core *core, struct lane *lane, const struct writer_input *input)
{
        const struct answer *answer = &input->answered.answer;
        struct attempt *attempt = lane->attempt;

        course_unclaim(core, lane);
        judge(core, lane, answer);
        course_report_attempt(core, lane, input, verdict_name(attempt->verdict));
        lane->site->status_due = true;
        lane_sort(lane, core->now_ms);
        telling_start(core, lane);
        if (attempt->seal && lane->wish.sealed_at_ms == 0 && !lane->ending &&
            (attempt->verdict == VERDICT_APPLIED || attempt->verdict == VERDICT_GONE))
                telling_seal_result(core, lane);
        course_told(core, lane, NULL);
}

/* ---- told, finished ---- */

static bool course_is_told(const struct lane *lane)
{
        if (lane->attempt->seal && lane->attempt->result_offset < 0 && lane->unacked > 0)
                return false;
        for (const struct wanted *wanted = lane->ending; wanted; wanted = wanted->next)
                if (wanted->by_attempt && wanted->unacked > 0)
                        return false;
        return true;
}

void course_told(struct writer_core *core, struct lane *lane, struct wanted *wanted)
{
        if (wanted)
                course_settle_all(core, lane, false);
        if (lane_in_flight(lane)) {
                if (lane->state != LANE_SENDING && lane->state != LANE_TELLING &&
                    !(lane->state == LANE_RESTING && !wanted))
                        return;
                if (lane->attempt->claimed)
                        return;
                if (course_is_told(lane))
                        course_finish(core, lane);
                else
                        lane->state = LANE_TELLING;
        } else if (lane->state == LANE_TELLING) {
                course_next(core, lane);
        }
}

static void course_finished(struct writer_core *core, struct lane *lane, enum ledger_reply reply)
{
        if (reply == LEDGER_LOST) {
                course_rest(core, lane, core->now_ms + REDIS_RETRY_MS, RESUME_FINISH);
                return;
        }
        course_settle_all(core, lane, true);
        course_drop_attempt(core, lane);
        lane->state = LANE_RESTING;
        lane->dirty =
                reply != LEDGER_OK; /* fenced: the ledger was lost, or is another's, and lacks it */
        if (lane->dirty)
                course_expect_nothing_known(lane);
        if (lane->orphan)
                course_go(core, lane);
        else
                course_next(core, lane);
}

static void course_merged(struct writer_core *core, struct lane *lane,
                          const struct writer_input *input)
{
        struct ledger_entry entry;

        switch (input->ledger.reply) {
        case LEDGER_OK:
                lane->dirty = false;
                course_expect_nothing_known(lane);
                lane->state = LANE_RESTING;
                if (lane->open)
                        course_load(core, lane);
                else
                        course_idle(core, lane);
                return;
        case LEDGER_STALE:
                if (ledger_entry_read(&entry, input->ledger.current, NULL) == 0) {
                        wish_merge(&lane->wish, &entry.wish);
                        lane_take_done(lane, &entry);
                }
                ledger_entry_deinit(&entry);
                course_expect(lane, input->ledger.current);
                course_merge(core, lane);
                return;
        default:
                course_rest(core, lane, core->now_ms + REDIS_RETRY_MS, RESUME_MERGE);
                return;
        }
}

void course_ledger(struct writer_core *core, struct lane *lane, const struct writer_input *input)
{
        if (lane->state == LANE_BEGINNING)
                course_begun(core, lane, input);
        else if (lane->state == LANE_FINISHING)
                course_finished(core, lane, input->ledger.reply);
        else
                course_merged(core, lane, input);
}
