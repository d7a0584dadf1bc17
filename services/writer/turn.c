/* services/writer/turn.c
 *
 * Who sends next: round-robin over the municipalities, one PATCH each, as far as slots, rate,
 * breaker, pause, retry budget and log-in of each allow. Round goes who has something to send, or a
 * log-in to try: of a thousand municipalities that is a few. A site that may not send costs the
 * others nothing but a look.
 */
#include "writer/inside.h"

#include <utlist.h>

enum { AHEAD_SHARE = 4 }; /* one slot more for each four transfers */

static void turn_probe(struct writer_core *core, struct site *site)
{
        struct ticket *ticket = core_ticket(core, TICKET_PROBE);
        struct writer_action *action;
        struct uuid nobody;

        site->probe_at_ms = core->now_ms + core->config->writer.probe_every_ms;
        core_tell_status(core, site); /* before it is sent */
        action = core_act(core, ACTION_PATCH, site);
        for (size_t i = 0; i < sizeof(nobody.bytes); i++)
                nobody.bytes[i] = (uint8_t)dice_next(&core->dice);
        ticket->site = site;
        site->probing = true;
        action->token = ticket->token;
        action->patch.municipality = site->municipality;
        action->patch.lease_until_boot_ms = INT64_MAX;
        request_url(site->municipality, &nobody, &action->patch.url);
        buffer_append_text(&action->patch.body, "{}");
}

static void turn_wake(struct writer_core *core, int64_t at_ms)
{
        if (at_ms < core->pump_ms)
                core->pump_ms = at_ms;
}

static void turn_probe_if_due(struct writer_core *core, struct site *site)
{
        if (site->login != LOGIN_REJECTED || site->probing || !core_site_is_ours(core, site))
                return;
        if (core->now_ms >= site->probe_at_ms)
                turn_probe(core, site);
        else
                turn_wake(core, site->probe_at_ms);
}

/* A retry that the budget does not allow yet steps aside for first tries. */
static bool turn_budget_allows(struct writer_core *core, struct site *site, struct lane *lane)
{
        int64_t at_ms = bulkhead_retry_at_ms(&site->bulkhead, core->now_ms);

        if (lane->failures == 0 || at_ms <= core->now_ms)
                return true;
        writer_site_unqueue(site, lane);
        lane->retry_ms = at_ms;
        lane->resume = RESUME_NEXT;
        agenda_set(&core->agenda, &lane->due, at_ms);
        return false;
}

static unsigned turn_transfers(const struct writer_core *core)
{
        return (unsigned)core->config->writer.max_transfers;
}

static bool turn_is_full(const struct writer_core *core)
{
        return core->in_flight >= turn_transfers(core) + turn_transfers(core) / AHEAD_SHARE;
}

/* Ahead of the transfers go only those of whom none is under way: they hold no slot that another
 * site could use, and caps and shares stay what they are. */
static bool turn_has_slot(const struct writer_core *core, const struct site *site)
{
        if (core->in_flight < turn_transfers(core))
                return bulkhead_has_slot(&site->bulkhead, core->in_flight, turn_transfers(core));
        return !turn_is_full(core) && site->bulkhead.in_flight == 0;
}

static bool turn_send_one(struct writer_core *core, struct site *site)
{
        turn_probe_if_due(core, site);
        if (site->queued == 0 || !turn_has_slot(core, site) || !catchup_ready(core, site))
                return false;

        int64_t at_ms = writer_site_at_ms(site, core->now_ms);

        if (at_ms > core->now_ms) {
                turn_wake(core, at_ms);
                return false;
        }

        struct lane *lane = writer_site_turn(site);

        if (turn_budget_allows(core, site, lane))
                attempt_claim(core, lane);
        return true;
}

void turn_join(struct writer_core *core, struct site *site)
{
        if (site->in_round)
                return;
        site->in_round = true;
        core->round_count++;
        DL_APPEND2(core->round, site, round_prev, round_next);
}

void turn_leave(struct writer_core *core, struct site *site)
{
        if (!site->in_round)
                return;
        if (core->turn == site)
                core->turn = site->round_next;
        site->in_round = false;
        core->round_count--;
        DL_DELETE2(core->round, site, round_prev, round_next);
}

/* The next one's; who has nothing to do leaves. False: nothing came of it. */
static bool turn_give(struct writer_core *core)
{
        struct site *site = core->turn ? core->turn : core->round;
        bool sent = turn_send_one(core, site);

        core->turn = site->round_next;
        if (site->queued == 0 && site->login != LOGIN_REJECTED)
                turn_leave(core, site);
        return sent;
}

/* Until nobody can send, or the slots are taken: then the next one that ends goes on from here. */
void turn_pump(struct writer_core *core)
{
        size_t idle = 0, count = core->round_count;

        if (core->now_ms < core->pump_ms)
                return;
        core->pump_ms = INT64_MAX;
        if (!core->redis_up || core->draining || core->failed)
                return;
        while (core->round && idle < count && !turn_is_full(core))
                idle = turn_give(core) ? 0 : idle + 1;
}
