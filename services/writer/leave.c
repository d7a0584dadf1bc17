/* services/writer/leave.c
 *
 * Lanes that go before their time: the partition was revoked, or the municipality left the
 * configuration. What may be on its way to the site is never dropped: its answer still writes a
 * result and ends the lease, which fences it; only the offset is somebody else's by then.
 */
#include "writer/inside.h"

#include <utlist.h>

static void leave_abandon(struct writer_core *core, struct lane *lane)
{
        if (lane->state == LANE_QUEUED)
                writer_site_unqueue(lane->site, lane);
        attempt_drop(core, lane);
        course_go(core, lane);
}

/* What may be on its way to the site goes on: its result and the ledger are due, its offset is not.
 */
static void leave_orphan(struct writer_core *core, struct lane *lane)
{
        writer_site_lane_remove(lane->site, lane);
        lane->orphan = true;
        DL_APPEND(core->orphans, lane);
        lane_leave_open(lane);
}

static void leave_revoke_site(struct writer_core *core, struct site *site)
{
        struct lane *lane, *other;

        HASH_ITER(hh, site->lanes, lane, other) {
                if (lane_in_flight(lane))
                        leave_orphan(core, lane);
                else
                        leave_abandon(core, lane);
        }
        core->refused -= site->refused;
        site->waiting = site->refused = site->bytes = 0;
        site->login_worked = false;
        if (site->login == LOGIN_REJECTED) /* from here on the status knows better */
                site->login = LOGIN_PRESENT;
}

static bool ticket_is_orphaned(const struct ticket *ticket)
{
        return ticket->lane && lane_in_flight(ticket->lane);
}

void leave_revoked(struct writer_core *core)
{
        struct ticket *ticket, *other_ticket;
        struct site *site, *other;

        HASH_ITER(hh, core->tickets, ticket, other_ticket)
                if (ticket->lane && !ticket_is_orphaned(ticket))
                        core_ticket_drop(core, ticket);
        HASH_ITER(hh, core->sites, site, other)
                leave_revoke_site(core, site);
}

static void leave_to_anteroom(struct writer_core *core, struct site *site,
                              const struct wanted *wanted)
{
        struct headers headers;
        struct record record;
        struct intake intake;

        record_copy_view(wanted->original, &record, &headers);
        core_waits(core, site, wanted, -1);
        intake_read(&intake, &record, core->topics->epoch, core->config);
        anteroom_wait(core, &intake, &record);
        intake_deinit(&intake);
}

void leave_lane(struct writer_core *core, struct lane *lane)
{
        course_tear_tickets(core, lane);
        for (struct wanted *wanted = lane->open; wanted; wanted = wanted->next)
                leave_to_anteroom(core, lane->site, wanted);
        leave_abandon(core, lane);
}

void leave_site(struct writer_core *core, struct site *site)
{
        struct lane *lane, *other;

        HASH_ITER(hh, site->lanes, lane, other)
                if (!lane_in_flight(lane) && lane->unacked == 0)
                        leave_lane(core, lane);
}

bool leave_is_done(const struct writer_core *core)
{
        for (const struct ticket *ticket = core->tickets; ticket; ticket = ticket->hh.next)
                if (ticket->lane ? lane_in_flight(ticket->lane) || ticket->wanted
                                 : ticket->letter != NULL)
                        return false;
        for (size_t i = 0; i < core->agenda.count; i++)
                if (core->agenda.heap[i]->kind == DUE_LANE &&
                    lane_in_flight((struct lane *)core->agenda.heap[i]))
                        return false;
        return true;
}
