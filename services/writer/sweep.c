/* services/writer/sweep.c
 *
 * Results and ledger entries of events that are long gone (CONTRACT.md "A result's key gets its
 * null with its event's"). Twice a day (`writer.sweep_every`) each municipality's ledger is looked
 * through, a page at a time. Where the reconciler's entry says that the event was deleted 29 days
 * ago, and nobody has wished anything since yesterday, the result's key gets its null; once that is
 * acknowledged the ledger's field goes, if it is still the same. A day before the event's own null,
 * since the entry that says so goes with that. What is merely absent from a snapshot proves
 * nothing, and stays.
 */
#include "writer/inside.h"

#define SWEEP_GONE_MS  (29 * 24 * 3600 * INT64_C(1000))
#define SWEEP_QUIET_MS (24 * 3600 * INT64_C(1000))

void sweep_later(struct writer_core *core, struct site *site)
{
        site->sweep_ms =
                core->now_ms + dice_below(&core->dice, core->config->writer.sweep_every_ms);
}

void sweep_look(struct writer_core *core, struct site *site)
{
        if (core->now_ms < site->sweep_ms || site->sweeping || core->draining ||
            !core_site_is_ours(core, site) || !catchup_ready(core, site))
                return;

        struct writer_action *action = core_act(core, ACTION_SWEEP, site);
        struct ticket *ticket = core_ticket(core, TICKET_SWEEP);

        ticket->site = site;
        site->sweeping = true;
        action->cursor = site->sweep_cursor;
        action->token = ticket->token;
}

static bool known_is_long_gone(const struct writer_core *core, struct slice bytes)
{
        struct known known;

        if (!upkeep_known(bytes, &known))
                return false;

        bool gone = (known.flags & KNOWN_DELETED) && known.since_ms > 0 &&
                    core->now_ms - known.since_ms >= SWEEP_GONE_MS;

        known_deinit(&known);
        return gone;
}

static bool entry_is_quiet(const struct writer_core *core, struct slice bytes)
{
        struct ledger_entry entry;
        bool quiet = ledger_entry_read(&entry, bytes, NULL) == 0 && !entry.token[0] &&
                     core->now_ms - entry.touched_ms >= SWEEP_QUIET_MS;

        ledger_entry_deinit(&entry);
        return quiet;
}

static void sweep_one(struct writer_core *core, struct site *site, const struct input_swept *swept)
{
        if (writer_site_lane(site, &swept->uuid) || !known_is_long_gone(core, swept->known) ||
            !entry_is_quiet(core, swept->entry))
                return;

        struct burial *burial = memory_new(sizeof(*burial));

        burial->uuid = swept->uuid;
        buffer_append(&burial->entry, swept->entry.data, swept->entry.length);
        telling_burial(core, site, burial);
}

void sweep_swept(struct writer_core *core, struct ticket *ticket, const struct writer_input *input)
{
        struct site *site = ticket->site;

        core_ticket_drop(core, ticket);
        site->sweeping = false;
        if (!input->swept.ok || !core_site_is_ours(core, site))
                return;
        for (size_t i = 0; i < input->swept.count; i++)
                sweep_one(core, site, &input->swept.entries[i]);
        site->sweep_cursor = input->swept.cursor;
        if (site->sweep_cursor == 0)
                site->sweep_ms = core->now_ms + core->config->writer.sweep_every_ms;
}

void sweep_buried(struct writer_core *core, struct ticket *ticket)
{
        struct writer_action *action = core_act(core, ACTION_FORGET, ticket->site);
        struct ticket *forget = core_ticket(core, TICKET_FORGET);

        forget->site = ticket->site;
        action->token = forget->token;
        action->ledger.uuid = ticket->burial->uuid;
        buffer_append(&action->ledger.expected, ticket->burial->entry.data,
                      ticket->burial->entry.length);
        core_ticket_drop(core, ticket);
}
