/* services/writer/gate.c
 *
 * Between ledger and site: an attempt that has begun goes on when one of `max_transfers` is free.
 * A few are claimed beyond them (turn.c), of municipalities that have none under way, so that a
 * transfer that ends is followed at once and not after two answers of Redis: at sites that answer
 * in 20 ms that was a tenth of the rate. Nobody waits here for whom the way was closed meanwhile:
 * the lease is given back, and the ledger looked at anew when it is open again.
 */
#include "writer/inside.h"

#include <utlist.h>

static bool gate_is_shut(const struct writer_core *core, const struct lane *lane)
{
        const struct site *site = lane->site;

        if (lane->orphan || core->draining || !site->municipality || site->login != LOGIN_PRESENT)
                return true;
        if (bulkhead_is_shut(&site->bulkhead, core->now_ms))
                return true;
        return lane->attempt->request.present[MEMBER_STATE] &&
               lane_event_is_over(lane, core->now_ms);
}

static bool gate_has_room(const struct writer_core *core)
{
        return core->sending < (unsigned)core->config->writer.max_transfers;
}

static void gate_pass(struct writer_core *core, struct lane *lane)
{
        lane->attempt->sending = true;
        core->sending++;
        attempt_patch(core, lane);
}

void gate_come(struct writer_core *core, struct lane *lane)
{
        if (gate_is_shut(core, lane)) {
                attempt_give_back(core, lane);
        } else if (gate_has_room(core)) {
                gate_pass(core, lane);
        } else {
                lane->state = LANE_HELD;
                LL_APPEND2(core->held, lane, held_next);
        }
}

void gate_look(struct writer_core *core)
{
        struct lane *lane, *other;

        LL_FOREACH_SAFE2(core->held, lane, other, held_next)
        {
                bool shut = gate_is_shut(core, lane);

                if (!shut && !gate_has_room(core))
                        continue;
                LL_DELETE2(core->held, lane, held_next);
                lane->state = LANE_BEGINNING;
                if (shut)
                        attempt_give_back(core, lane);
                else
                        gate_pass(core, lane);
        }
}

void gate_leave(struct writer_core *core, struct lane *lane)
{
        if (lane->attempt->sending)
                core->sending--;
        lane->attempt->sending = false;
        if (lane->state == LANE_HELD)
                LL_DELETE2(core->held, lane, held_next);
}
