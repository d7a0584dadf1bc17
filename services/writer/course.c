/* services/writer/course.c
 *
 * What a lane does next, whenever something changed: load the ledger, queue for its site, wait for
 * a retry, a seal or the other half of its links, write what only it knows, or go.
 *
 *     RESTING ─▶ LOADING ─▶ QUEUED ─▶ an attempt (attempt.c) ─▶ RESTING, or gone
 */
#include "writer/inside.h"

#include <utlist.h>

enum {
        HALF_LOOK_MS = 30 * 1000,
        HALF_LOOK_FIRST_MS = 2 * 1000,
        ASK_EVERY_MS = 60 * 1000,      /* a full list of a site, for whatever lanes */
        ASK_AGAIN_MS = 15 * 60 * 1000, /* it may have been lost */
};

void course_rest(struct writer_core *core, struct lane *lane, int64_t at_ms,
                 enum lane_resume resume)
{
        lane->state = LANE_RESTING;
        lane->resume = resume;
        agenda_set(&core->agenda, &lane->due, at_ms);
}

struct ticket *course_ticket(struct writer_core *core, struct lane *lane,
                             struct writer_action *action)
{
        struct ticket *ticket = core_ticket(core, TICKET_LANE);

        ticket->lane = lane;
        action->token = ticket->token;
        return ticket;
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
        upkeep_give_up(core, lane);
        if (lane->unacked > 0)
                course_tear_tickets(core, lane);
        if (lane->orphan)
                DL_DELETE(core->orphans, lane);
        else
                writer_site_lane_remove(lane->site, lane);
        lane_free(lane);
}

/* Nothing is due: write what only we know, wait for Kafka or for the seal, or go. */
static void course_idle(struct writer_core *core, struct lane *lane)
{
        if (lane->unacked > 0) {
                lane->state = LANE_TELLING;
        } else if (lane->dirty || upkeep_is_owed(lane)) {
                upkeep_merge(core, lane);
        } else if (lane->wish.sealed_at_ms > 0) {
                upkeep_forget(lane);
                course_rest(core, lane, upkeep_seal_due_ms(core, &lane->wish), RESUME_LOAD);
        } else {
                course_go(core, lane);
        }
}

void course_ask(struct writer_core *core, struct site *site, int64_t since_ms)
{
        bool asked = site->asked_ms >= since_ms;

        if (core->now_ms < site->asked_ms + (asked ? ASK_AGAIN_MS : ASK_EVERY_MS))
                return;
        site->asked_ms = core->now_ms;
        telling_refresh(core, site);
}

static void course_wait_half(struct writer_core *core, struct lane *lane)
{
        bool first = lane->half_since_ms == 0;

        if (first) {
                lane->half_since_ms = core->now_ms;
                core_report(core, REPORT_HALF_UNKNOWN, lane->site->id, &lane->uuid);
        }
        course_ask(core, lane->site, lane->half_since_ms);
        upkeep_forget(lane);
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
                upkeep_forget(lane);
                course_rest(core, lane, lane->retry_ms, RESUME_NEXT);
                return;
        }
        /* Those that will not be sent soon keep no copy of the ledger: memory. */
        if (lane->site->queued > lane->site->bulkhead.in_flight_max)
                upkeep_forget(lane);
        writer_site_queue(lane->site, lane);
        turn_join(core, lane->site);
        core->pump_ms = core->now_ms;
}

bool course_seal_is_due(const struct writer_core *core, const struct lane *lane)
{
        return core->now_ms >= upkeep_seal_due_ms(core, &lane->wish);
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

void course_next(struct writer_core *core, struct lane *lane)
{
        unsigned members;
        bool seal = course_seal_is_due(core, lane);

        lane_sort(lane, core->now_ms);
        telling_start(core, lane);
        ending_settle_all(core, lane, false);
        if (!lane->site->municipality) {
                course_leave(core, lane);
                return;
        }
        if (lane->pays && lane->unacked == 0 && upkeep_is_owed(lane)) {
                lane->pays = false;
                upkeep_merge(core, lane);
                return;
        }
        if (lane_awaits_owner(lane)) {
                upkeep_wait(core, lane);
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
                upkeep_load(core, lane);
                return;
        case RESUME_MERGE:
                upkeep_merge(core, lane);
                return;
        case RESUME_FINISH:
                break;
        }
        attempt_told(core, lane, NULL);
}

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
                const struct record *record)
{
        struct lane *lane = writer_site_lane(site, &intake->update.uuid);
        struct wanted *wanted = wanted_new(intake, record);
        bool fresh = !lane;

        if (wanted->logged_ms < 0 || wanted->logged_ms > core->now_ms)
                wanted->logged_ms = core->now_ms;

        if (!lane)
                lane = writer_site_lane_new(site, &intake->update.uuid);

        unsigned counted = lane->counted;

        core_waits(core, site, wanted, 1);
        lane_add(lane, wanted);
        core_look_for_order(core, lane);
        if (lane->counted < counted)
                lane->retry_ms = 0;
        if (fresh || course_may_hurry(lane, counted)) {
                upkeep_load(core, lane);
                return;
        }
        lane_sort(lane, core->now_ms);
        telling_start(core, lane);
        ending_settle_all(core, lane, false);
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
