/* services/writer/catchup.c
 *
 * The ledger is a view of `results` (DESIGN.md "Ledger"). Before anything of a partition is sent,
 * `results` is read from what its municipalities' ledgers reflect to its end, and every wish found
 * is merged in; so a ledger that was lost, rolled back or never there is whole again. Merging is a
 * join, so what is read twice, or read while others write, does no harm.
 *
 *     NONE ─▶ POSITIONS (read every "@") ─▶ READING (fold) ─▶ NOTING (set every "@") ─▶ READY
 *
 * While READY, "@" follows our own results once they are in the ledger, a lease behind: so the next
 * owner still reads what a zombie wrote late.
 */
#include "writer/inside.h"

#include <stdio.h>

enum { CATCHUP_AGAIN_MS = 500 };

static bool catchup_wants(const struct partition *partition)
{
        return partition->assigned || partition->needed;
}

static bool site_is_of(const struct site *site, const struct partition *partition)
{
        return site->municipality && site->partition == partition->number;
}

static void catchup_tear_tickets(struct writer_core *core, const struct partition *partition)
{
        struct ticket *ticket, *other;

        HASH_ITER(hh, core->tickets, ticket, other)
                if (ticket->partition == partition)
                        catchup_drop(core, ticket);
}

void catchup_drop(struct writer_core *core, struct ticket *ticket)
{
        if (ticket->fold) {
                ledger_entry_deinit(&ticket->fold->entry);
                free(ticket->fold);
                ticket->fold = NULL;
                core->folding--;
        }
        core_ticket_drop(core, ticket);
}

static struct ticket *catchup_ticket(struct writer_core *core, enum ticket_kind kind,
                                     struct partition *partition, struct site *site)
{
        struct ticket *ticket = core_ticket(core, kind);

        ticket->partition = partition;
        ticket->site = site;
        partition->outstanding++;
        return ticket;
}

static void catchup_forget(struct writer_core *core, struct partition *partition)
{
        if (partition->view == VIEW_READING)
                core_act(core, ACTION_STOP_RESULTS, NULL)->place.partition = partition->number;
        catchup_tear_tickets(core, partition);
        agenda_drop(&core->agenda, &partition->due);
        watermark_deinit(&partition->results);
        partition->view = VIEW_NONE;
        partition->outstanding = 0;
        partition->note_offset = -1;
}

void catchup_stop(struct writer_core *core, struct partition *partition)
{
        catchup_forget(core, partition);
        partition->needed = false;
}

/* Something was lost on the way: once more from the start, a little later. */
static void catchup_again(struct writer_core *core, struct partition *partition)
{
        catchup_forget(core, partition);
        agenda_set(&core->agenda, &partition->due, core->now_ms + CATCHUP_AGAIN_MS);
}

/* ---- positions ---- */

static void catchup_ready_now(struct writer_core *core, struct partition *partition)
{
        struct writer_report *report = core_report(core, REPORT_CAUGHT_UP, "", NULL);

        report->partition = partition->number;
        report->count = partition->reflected + 1;
        partition->view = VIEW_READY;
        partition->note_offset = -1;
        agenda_set(&core->agenda, &partition->due, core->now_ms + core->config->writer.lease_ms);
        if (!partition->assigned || partition->reading)
                return;

        struct writer_action *action = core_act(core, ACTION_READ_UPDATES, NULL);

        partition->reading = true;
        action->place.partition = partition->number;
        action->place.offset = partition->next_offset >= 0 ? partition->next_offset : READ_BEGIN;
}

static void catchup_read(struct writer_core *core, struct partition *partition)
{
        struct writer_action *action = core_act(core, ACTION_READ_RESULTS, NULL);

        partition->view = VIEW_READING;
        partition->read_to_end = false;
        action->place.partition = partition->number;
        action->place.offset = partition->from >= 0 ? partition->from + 1 : READ_BEGIN;
}

static void catchup_mark(const struct writer_core *core, const struct partition *partition,
                         char mark[LEDGER_TOKEN_BYTES])
{
        snprintf(mark, LEDGER_TOKEN_BYTES, "%s-%llu", core->instance,
                 (unsigned long long)partition->mark);
}

void catchup_start(struct writer_core *core, struct partition *partition)
{
        struct site *site, *other;

        catchup_forget(core, partition);
        if (!core->redis_up || core->failed)
                return;
        partition->view = VIEW_POSITIONS;
        partition->mark = ++core->last_mark;
        partition->from = INT64_MAX;
        HASH_ITER(hh, core->sites, site, other) {
                if (!site_is_of(site, partition))
                        continue;

                struct writer_action *action = core_act(core, ACTION_POSITION, site);

                catchup_mark(core, partition, action->position.mark);
                action->token = catchup_ticket(core, TICKET_POSITION, partition, site)->token;
        }
        if (partition->outstanding > 0)
                return;
        partition->reflected = -1; /* no municipality, no ledger */
        catchup_ready_now(core, partition);
}

bool catchup_ready(struct writer_core *core, const struct site *site)
{
        struct partition *partition = &core->partitions[site->partition];

        if (partition->view == VIEW_NONE && partition->due.place == 0) {
                partition->needed = true;
                catchup_start(core, partition);
        }
        return core->redis_up && partition->view == VIEW_READY;
}

/* A log-in that was rejected before a hand-over is not tried again before its time, unless it is
 * another one by now. */
static void catchup_take_login(struct writer_core *core, struct site *site, int64_t probe_at_ms,
                               bool changed)
{
        int64_t latest_ms =
                changed ? core->now_ms : core->now_ms + core->config->writer.probe_every_ms;

        if (probe_at_ms <= 0 || site->login != LOGIN_PRESENT || site->login_worked)
                return;
        site->login = LOGIN_REJECTED;
        turn_join(core, site);
        site->probe_at_ms = probe_at_ms < latest_ms ? probe_at_ms : latest_ms;
}

void catchup_position(struct writer_core *core, struct ticket *ticket,
                      const struct writer_input *input)
{
        struct partition *partition = ticket->partition;
        struct site *site = ticket->site;
        struct ledger_position position;

        catchup_drop(core, ticket);
        if (!input->position.ok) {
                catchup_again(core, partition);
                return;
        }
        catchup_take_login(core, site, input->position.probe_at_ms, input->position.login_changed);
        ledger_position_read(&position, input->position.position);
        if (position.epoch != core->topics->epoch)
                position.offset = -1;
        if (position.offset < partition->from)
                partition->from = position.offset;
        if (--partition->outstanding == 0)
                catchup_read(core, partition);
}

/* ---- results ---- */

static void catchup_merge(struct writer_core *core, struct ticket *ticket, struct slice expected,
                          const struct ledger_entry *entry)
{
        struct writer_action *action = core_act(core, ACTION_MERGE, ticket->site);

        action->token = ticket->token;
        action->ledger.uuid = ticket->fold->uuid;
        buffer_append(&action->ledger.expected, expected.data, expected.length);
        ledger_entry_write(entry, &action->ledger.fresh);
        if (entry->wish.sealed_at_ms > 0)
                action->ledger.seal_at_ms =
                        entry->wish.sealed_at_ms + core->config->writer.seal_after_ms;
}

static void catchup_fold(struct writer_core *core, struct partition *partition,
                         struct result *result)
{
        struct site *site = core_site(core, result->municipality);

        if (!site || !site_is_of(site, partition))
                return;

        struct ticket *ticket = catchup_ticket(core, TICKET_FOLD, partition, site);

        core->folding++;
        ticket->fold = memory_new(sizeof(*ticket->fold));
        ticket->fold->uuid = result->uuid;
        ticket->fold->entry = (struct ledger_entry){ .wish = result->wish,
                                                     .told = result->told,
                                                     .touched_ms = result->finished_at_ms };
        told_add(&ticket->fold->entry.told, result->version);
        wish_init(&result->wish);
        catchup_merge(core, ticket, SLICE_NULL, &ticket->fold->entry);
}

void catchup_result(struct writer_core *core, const struct record *record)
{
        struct partition *partition = core_partition(core, record->partition);
        struct result result;
        struct error error;

        if (!partition || partition->view != VIEW_READING || !record->value.data)
                return;
        if (result_read(&result, record->value, &error) < 0) {
                struct writer_report *report = core_report(core, REPORT_BAD_RESULT, "", NULL);

                report->partition = record->partition;
                report->count = record->offset;
                memcpy(report->detail, error.text, sizeof(report->detail));
        } else {
                catchup_fold(core, partition, &result);
        }
        result_deinit(&result);
}

static void catchup_note(struct writer_core *core, struct partition *partition, int64_t offset)
{
        struct site *site, *other;

        HASH_ITER(hh, core->sites, site, other) {
                if (!site_is_of(site, partition))
                        continue;

                struct writer_action *action = core_act(core, ACTION_NOTE, site);

                if (partition->view == VIEW_NOTING)
                        catchup_mark(core, partition, action->position.mark);
                action->position.place = (struct ledger_position){ core->topics->epoch, offset };
                action->token = catchup_ticket(core, TICKET_NOTE, partition, site)->token;
        }
}

static void catchup_ask_seals(struct writer_core *core, struct partition *partition)
{
        struct site *site, *other;

        HASH_ITER(hh, core->sites, site, other) {
                if (!site_is_of(site, partition))
                        continue;

                struct writer_action *action = core_act(core, ACTION_SEALS, site);

                action->token = catchup_ticket(core, TICKET_SEALS, partition, site)->token;
        }
}

static void catchup_step(struct writer_core *core, struct partition *partition)
{
        if (partition->outstanding > 0)
                return;
        if (partition->view == VIEW_READING && partition->read_to_end) {
                core_act(core, ACTION_STOP_RESULTS, NULL)->place.partition = partition->number;
                partition->view = VIEW_NOTING;
                catchup_note(core, partition, partition->reflected);
                catchup_ask_seals(core, partition);
        } else if (partition->view == VIEW_NOTING) {
                catchup_ready_now(core, partition);
        }
}

void catchup_end(struct writer_core *core, int32_t number, int64_t offset)
{
        struct partition *partition = core_partition(core, number);

        if (!partition || partition->view != VIEW_READING)
                return;
        partition->read_to_end = true;
        partition->reflected = offset - 1;
        catchup_step(core, partition);
}

/* A ledger ahead of the log: the topic was made anew. Anything sent now could be older than what
 * the sites have. */
static void catchup_fail(struct writer_core *core, const struct partition *partition, int64_t high)
{
        struct writer_action *action = core_act(core, ACTION_FAIL, NULL);

        core->failed = true;
        error_set(&action->reason,
                  "%s, partition %d ends at offset %lld, but the ledger in Redis reflects offset "
                  "%lld: the topic was "
                  "created anew; raise topics.epoch in the configuration of all programs and start "
                  "them again",
                  core->topics->names[TOPIC_RESULTS], partition->number, (long long)high,
                  (long long)partition->from);
}

void catchup_out_of_range(struct writer_core *core, int32_t number, int64_t low, int64_t high)
{
        struct partition *partition = core_partition(core, number);

        if (!partition || partition->view != VIEW_READING)
                return;
        if (partition->from + 1 > high) {
                catchup_fail(core, partition, high);
                return;
        }
        partition->from = low - 1;
        catchup_read(core, partition);
}

static void catchup_fold_done(struct writer_core *core, struct ticket *ticket)
{
        struct partition *partition = ticket->partition;

        catchup_drop(core, ticket);
        partition->outstanding--;
        catchup_step(core, partition);
}

/* Entries are written the same way every time: the same bytes say that nothing of it is new. */
static void catchup_fold_again(struct writer_core *core, struct ticket *ticket,
                               struct slice current)
{
        _cleanup_(buffer_deinit) struct buffer merged = BUFFER_NULL;
        struct ledger_entry entry;

        ledger_entry_read(&entry, current, NULL);
        ledger_entry_merge(&entry, &ticket->fold->entry);
        ledger_entry_write(&entry, &merged);
        if (slice_equal(buffer_slice(&merged), current))
                catchup_fold_done(core, ticket);
        else
                catchup_merge(core, ticket, current, &entry);
        ledger_entry_deinit(&entry);
}

void catchup_folded(struct writer_core *core, struct ticket *ticket,
                    const struct writer_input *input)
{
        switch (input->ledger.reply) {
        case LEDGER_OK:
                catchup_fold_done(core, ticket);
                return;
        case LEDGER_STALE:
                catchup_fold_again(core, ticket, input->ledger.current);
                return;
        default:
                catchup_again(core, ticket->partition);
                return;
        }
}

void catchup_noted(struct writer_core *core, struct ticket *ticket, bool ok)
{
        struct partition *partition = ticket->partition;

        catchup_drop(core, ticket);
        partition->outstanding--;
        if (!ok)
                catchup_again(core, partition);
        else if (partition->view == VIEW_NOTING)
                catchup_step(core, partition);
}

void catchup_seals(struct writer_core *core, struct ticket *ticket,
                   const struct writer_input *input)
{
        struct site *site = ticket->site;

        for (size_t i = 0; i < input->seals.count && input->seals.ok; i++)
                course_seal(core, site, &input->seals.seals[i]);
        catchup_noted(core, ticket, input->seals.ok);
}

/* ---- as time goes by ---- */

void catchup_due(struct writer_core *core, struct partition *partition)
{
        if (partition->view != VIEW_READY) {
                if (catchup_wants(partition))
                        catchup_start(core, partition);
                return;
        }

        int64_t finished = watermark_next(&partition->results);

        if (partition->note_offset > partition->reflected) {
                partition->reflected = partition->note_offset;
                catchup_note(core, partition, partition->reflected);
        }
        if (finished != WATERMARK_NONE)
                partition->note_offset = finished - 1;
        agenda_set(&core->agenda, &partition->due, core->now_ms + core->config->writer.lease_ms);
}
