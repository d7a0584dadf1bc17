/* services/writer/core.c
 *
 * Dispatch: which input goes to whom, who sends next, what is due, when to read on. The rules are
 * in the files that core.h names.
 */
#include "writer/core.h"

#include <assert.h>
#include <stdlib.h>

#include "base/text.h"
#include "writer/inside.h"

/* ---- tickets ---- */

struct ticket *core_ticket(struct writer_core *core, enum ticket_kind kind)
{
        struct ticket *ticket = memory_new(sizeof(*ticket));

        ticket->kind = kind;
        ticket->due.kind = DUE_TICKET;
        ticket->token = ++core->last_token;
        HASH_ADD(hh, core->tickets, token, sizeof(ticket->token), ticket);
        return ticket;
}

void core_ticket_drop(struct writer_core *core, struct ticket *ticket)
{
        if (ticket->loads)
                core->loading--;
        if (ticket->telling)
                core->telling--;
        if (ticket->burial)
                buffer_deinit(&ticket->burial->entry);
        free(ticket->burial);
        agenda_drop(&core->agenda, &ticket->due);
        HASH_DELETE(hh, core->tickets, ticket);
        free(ticket);
}

static struct ticket *core_find_ticket(const struct writer_core *core, uint64_t token)
{
        struct ticket *ticket;

        HASH_FIND(hh, core->tickets, &token, sizeof(token), ticket);
        return ticket;
}

/* ---- shared by the files of the core ---- */

struct partition *core_partition(struct writer_core *core, int32_t number)
{
        return number >= 0 && number < core->partition_count ? &core->partitions[number] : NULL;
}

struct site *core_site(struct writer_core *core, const char *municipality)
{
        struct site *site;

        HASH_FIND_STR(core->sites, municipality, site);
        return site;
}

struct writer_action *core_act(struct writer_core *core, enum writer_action_type type,
                               const struct site *site)
{
        struct writer_action *action = writer_actions_add(core->actions, type);

        if (site)
                memcpy(action->municipality, site->id, sizeof(action->municipality));
        return action;
}

struct writer_report *core_report(struct writer_core *core, enum writer_report_type type,
                                  const char *municipality, const struct uuid *uuid)
{
        struct writer_report *report = &writer_actions_add(core->actions, ACTION_REPORT)->report;

        report->type = type;
        report->latency_ms = -1;
        report->partition = -1;
        text_copy(report->municipality, sizeof(report->municipality), municipality);
        if (uuid)
                uuid_format(uuid, report->uuid);
        return report;
}

void core_done(struct writer_core *core, const struct record_copy *original)
{
        struct partition *partition = &core->partitions[record_copy_partition(original)];
        int64_t before = watermark_next(&partition->updates);
        int64_t next = watermark_done(&partition->updates, record_copy_offset(original));

        if (!partition->assigned || next == before)
                return;

        struct writer_action *action = core_act(core, ACTION_STORE, NULL);

        action->place.partition = partition->number;
        action->place.offset = next;
}

/* ---- intake ---- */

/* One more update without an end, or (-1) one less. */
void core_waits(struct writer_core *core, struct site *site, const struct wanted *wanted, int more)
{
        size_t one = (size_t)more; /* of -1 it wraps, and so do the sums */

        site->waiting += one;
        site->bytes += one * record_copy_bytes(wanted->original);
        site->status_due = true;
        if (!wanted->refused)
                return;
        site->refused += one;
        core->refused += one;
}

/* Once an hour of a municipality: a vendor that changed its partitioner did so for all events. */
void core_look_for_order(struct writer_core *core, const struct lane *lane)
{
        if (!lane->mixed || core->now_ms < lane->site->scattered_said_ms)
                return;
        lane->site->scattered_said_ms = core->now_ms + SCATTERED_EVERY_MS;
        core_report(core, REPORT_SCATTERED, lane->site->id, &lane->uuid)->partition =
                lane->told.partition;
}

/* One that is dead already, at the door or because its site has no room, gets a lane all the same:
 * its result carries the event's standing wish, which is in the ledger. It goes at once. */
void core_accept(struct writer_core *core, const struct intake *intake, const struct record *record)
{
        struct site *site = core_site(core, intake->update.municipality);
        struct intake full = *intake;

        if (!intake->reason &&
            !writer_site_has_room(site, writer_site_lane(site, &intake->update.uuid),
                                  record->key.length + record->value.length)) {
                full.reason = "too-many-waiting";
                error_set(&full.detail,
                          "municipality: '%s' has %zu updates waiting, which is its bound "
                          "(write_queue_events)",
                          site->id, site->waiting);
        }
        course_add(core, site, &full, record);
}

/* Which of its updates the vendor put where: a municipality belongs into one partition. What we
 * wrote ourselves is where its origin was. */
static void core_received(struct writer_core *core, const struct intake *intake,
                          const struct record *record)
{
        if (!intake->has_origin)
                core_report(core, REPORT_RECEIVED, intake->update.municipality,
                            &intake->update.uuid)
                        ->partition = record->partition;
}

static void core_update(struct writer_core *core, const struct record *record)
{
        struct partition *partition = core_partition(core, record->partition);
        struct intake intake;

        if (!partition || !partition->assigned ||
            record->offset < watermark_next(&partition->updates))
                return;
        watermark_add(&partition->updates, record->offset);
        switch (intake_read(&intake, record, core->topics->epoch, core->config)) {
        case INTAKE_ACCEPT:
        case INTAKE_DEAD:
                core_received(core, &intake, record);
                core_accept(core, &intake, record);
                break;
        case INTAKE_WAIT:
                anteroom_wait(core, &intake, record);
                break;
        case INTAKE_REFUSE:
                anteroom_refuse(core, &intake, record);
                break;
        }
        intake_deinit(&intake);
}

/* ---- assignment ---- */

static void core_revoke(struct writer_core *core)
{
        leave_revoked(core);

        struct ticket *ticket, *other;

        HASH_ITER(hh, core->tickets, ticket, other)
                if (ticket->letter)
                        core_ticket_drop(core, ticket);
        anteroom_clear(core);
        for (int32_t i = 0; i < core->partition_count; i++) {
                struct partition *partition = &core->partitions[i];

                catchup_stop(core, partition);
                watermark_deinit(&partition->updates);
                partition->assigned = false;
                partition->reading = false;
        }
}

static void core_assign(struct writer_core *core, const struct writer_input *input)
{
        core_revoke(core);
        for (size_t i = 0; i < input->assigned.count; i++) {
                struct partition *partition =
                        core_partition(core, input->assigned.partitions[i].partition);

                if (!partition)
                        continue;
                partition->assigned = true;
                partition->next_offset = input->assigned.partitions[i].next_offset;
                catchup_start(core, partition);
        }
}

static void core_redis(struct writer_core *core, bool up)
{
        core->redis_up = up;
        for (int32_t i = 0; i < core->partition_count; i++) {
                struct partition *partition = &core->partitions[i];

                if (partition->assigned || partition->needed)
                        catchup_start(core, partition);
        }
}

/* What was handled lies behind the log's end: its offsets, and with them the versions, begin anew,
 * and new updates would be taken for those that are done. */
static void core_fail_of_updates(struct writer_core *core, int32_t number, int64_t handled,
                                 int64_t high)
{
        core->failed = true;
        error_set(&core_act(core, ACTION_FAIL, NULL)->reason,
                  "%s, partition %d ends at offset %lld, but it was handled up to offset %lld: the "
                  "topic was created anew; raise topics.epoch in the configuration of all programs "
                  "and start them again",
                  core->topics->names[TOPIC_UPDATES], number, (long long)high,
                  (long long)handled - 1);
}

/* Else the log begins later than what was committed: retention took what nobody had handled. */
static void core_out_of_range(struct writer_core *core, int32_t number, int64_t low, int64_t high)
{
        struct partition *partition = core_partition(core, number);

        if (!partition || !partition->assigned)
                return;

        int64_t handled = watermark_next(&partition->updates);

        if (partition->next_offset > handled)
                handled = partition->next_offset;
        if (handled > high) {
                core_fail_of_updates(core, number, handled, high);
                return;
        }

        struct writer_report *report = core_report(core, REPORT_UPDATES_LOST, "", NULL);
        struct writer_action *action;

        report->partition = number;
        report->count = low;
        action = core_act(core, ACTION_READ_UPDATES, NULL);
        action->place.partition = number;
        action->place.offset = low;
}

bool core_site_is_ours(const struct writer_core *core, const struct site *site)
{
        return site->municipality && (core->partitions[site->partition].assigned || site->lanes);
}

/* ---- time ---- */

static void core_due(struct writer_core *core)
{
        struct due *due;

        while ((due = agenda_take(&core->agenda, core->now_ms))) {
                switch (due->kind) {
                case DUE_LANE:
                        course_due(core, (struct lane *)due);
                        break;
                case DUE_LETTER:
                        anteroom_due(core, (struct letter *)due);
                        break;
                case DUE_VIEW:
                        catchup_due(core, (struct partition *)due);
                        break;
                case DUE_TICKET:
                        telling_due(core, (struct ticket *)due);
                        break;
                }
        }
}

/* Also of one whose last lane has just gone, though its partition is another's: a vendor may put
 * its updates elsewhere. */
static bool core_may_tell_status(const struct writer_core *core, const struct site *site)
{
        return core_site_is_ours(core, site) || site->told_waiting;
}

/* Nobody says whether it arrives: what was told at once is told again with the next round. */
void core_tell_status(struct writer_core *core, struct site *site)
{
        site->status_due = true;
        if (!core_may_tell_status(core, site))
                return;
        site->told_waiting = site->waiting > 0;
        writer_site_status(site, core->now_ms, &core_act(core, ACTION_STATUS, site)->status);
}

static void core_statuses(struct writer_core *core)
{
        struct site *site, *other;

        if (core->now_ms < core->status_ms)
                return;
        core->status_ms = core->now_ms + STATUS_EVERY_MS;
        HASH_ITER(hh, core->sites, site, other) {
                if (!site->municipality) {
                        roster_drop(core, site);
                        continue;
                }
                sweep_look(core, site);
                if (!site->status_due || !core_may_tell_status(core, site))
                        continue;
                core_tell_status(core, site);
                site->status_due = false;
        }
}

static void core_say_room(struct writer_core *core, enum writer_action_type type, bool *said,
                          bool room)
{
        if (*said == room)
                return;
        *said = room;
        core_act(core, type, NULL)->room = room;
}

/* Until the ledger is up to date nothing is sent or told: what came meanwhile would only pile up.
 */
static bool core_is_caught_up(const struct writer_core *core)
{
        for (int32_t i = 0; i < core->partition_count; i++)
                if (core->partitions[i].assigned && core->partitions[i].view != VIEW_READY)
                        return false;
        return true;
}

static void core_rooms(struct writer_core *core)
{
        core_say_room(
                core, ACTION_WANT_UPDATES, &core->wants_updates,
                core->redis_up && !core->draining && !core->failed && core->loading < LOADING_MAX &&
                        core->telling + core->refused < TELLING_MAX && core_is_caught_up(core));
        core_say_room(core, ACTION_WANT_RESULTS, &core->wants_results, core->folding < FOLDING_MAX);
}

static void core_drain_step(struct writer_core *core)
{
        if (!core->draining || core->drained || !leave_is_done(core))
                return;
        core->drained = true;
        core_act(core, ACTION_DRAINED, NULL);
}

/* ---- replies ---- */

static void core_lane_reply(struct writer_core *core, struct ticket *ticket,
                            const struct writer_input *input)
{
        struct lane *lane = ticket->lane;

        core_ticket_drop(core, ticket);
        if (input->type == INPUT_LOADED)
                upkeep_loaded(core, lane, input);
        else if (input->type == INPUT_LEDGER)
                attempt_ledger(core, lane, input);
        else
                attempt_answered(core, lane, input);
}

static void core_reply(struct writer_core *core, const struct writer_input *input)
{
        struct ticket *ticket = core_find_ticket(core, input->token);
        struct site *site;

        if (!ticket)
                return;
        switch (ticket->kind) {
        case TICKET_LANE:
                core_lane_reply(core, ticket, input);
                return;
        case TICKET_RESULT:
        case TICKET_DEAD:
        case TICKET_CARRY:
        case TICKET_LETTER:
        case TICKET_CONTROL:
        case TICKET_BURIAL:
                telling_delivered(core, ticket, input);
                return;
        case TICKET_FOLD:
                catchup_folded(core, ticket, input);
                return;
        case TICKET_POSITION:
                catchup_position(core, ticket, input);
                return;
        case TICKET_NOTE:
                catchup_noted(core, ticket, input->ok);
                return;
        case TICKET_SEALS:
                catchup_seals(core, ticket, input);
                return;
        case TICKET_SWEEP:
                sweep_swept(core, ticket, input);
                return;
        case TICKET_FORGET:
                core_ticket_drop(core, ticket);
                return;
        case TICKET_PROBE:
                site = ticket->site;
                core_ticket_drop(core, ticket);
                judge_probe(core, site, &input->answered.answer);
                return;
        }
}

static void core_dispatch(struct writer_core *core, const struct writer_input *input)
{
        switch (input->type) {
        case INPUT_TICK:
                break;
        case INPUT_CONFIG:
                roster_configure(core, input->config);
                break;
        case INPUT_CREDENTIALS:
                roster_credentials(core, input);
                break;
        case INPUT_ASSIGNED:
                core_assign(core, input);
                break;
        case INPUT_REVOKED:
                core_revoke(core);
                break;
        case INPUT_UPDATE:
                core_update(core, &input->record);
                break;
        case INPUT_UPDATES_OUT_OF_RANGE:
                core_out_of_range(core, input->range.partition, input->range.low,
                                  input->range.high);
                break;
        case INPUT_REDIS:
                core_redis(core, input->up);
                break;
        case INPUT_RESULT:
                catchup_result(core, &input->record);
                break;
        case INPUT_RESULTS_END:
                catchup_end(core, input->place.partition, input->place.offset);
                break;
        case INPUT_RESULTS_OUT_OF_RANGE:
                catchup_out_of_range(core, input->range.partition, input->range.low,
                                     input->range.high);
                break;
        case INPUT_DRAIN:
                core->draining = true;
                break;
        default:
                core_reply(core, input);
                break;
        }
}

/* The frequent ones that do not: what they free or queue, they say by pump_ms. */
static bool core_may_change_turns(enum writer_input_type type)
{
        return type != INPUT_UPDATE && type != INPUT_LOADED && type != INPUT_LEDGER &&
               type != INPUT_DELIVERED && type != INPUT_RESULT;
}

void writer_core_handle(struct writer_core *core, const struct writer_input *input, int64_t now_ms,
                        struct writer_actions *actions)
{
        core->now_ms = now_ms;
        core->actions = actions;
        if (core_may_change_turns(input->type))
                core->pump_ms = now_ms;
        core_dispatch(core, input);
        core_due(core);
        carry_look(core);
        gate_look(core);
        turn_pump(core);
        core_statuses(core);
        core_rooms(core);
        core_drain_step(core);
        core->actions = NULL;
}

int64_t writer_core_next_ms(const struct writer_core *core)
{
        int64_t next_ms = agenda_next_ms(&core->agenda);

        if (core->pump_ms < next_ms)
                next_ms = core->pump_ms;
        if (core->carry_ms < next_ms && !core->draining && !core->failed)
                next_ms = core->carry_ms;
        return core->status_ms < next_ms ? core->status_ms : next_ms;
}

/* ---- life ---- */

struct writer_core *writer_core_new(const struct writer_settings *settings, int64_t now_ms)
{
        struct writer_core *core = memory_new(sizeof(*core));

        core->topics = settings->topics;
        core->dice.state = settings->seed;
        core->now_ms = now_ms;
        core->pump_ms = INT64_MAX;
        core->status_ms = now_ms + STATUS_EVERY_MS;
        core->carry_ms = now_ms;
        core->wants_updates = true; /* as a consumer is at first */
        core->wants_results = true;
        text_copy(core->instance, sizeof(core->instance), settings->instance);
        core->partition_count = settings->topics->partitions;
        core->partitions = memory_new((size_t)core->partition_count * sizeof(*core->partitions));
        for (int32_t i = 0; i < core->partition_count; i++)
                core->partitions[i] = (struct partition){ .due.kind = DUE_VIEW,
                                                          .number = i,
                                                          .note_offset = -1,
                                                          .updates = WATERMARK_NULL,
                                                          .results = WATERMARK_NULL };
        roster_configure(core, settings->config);
        return core;
}

void writer_core_free(struct writer_core *core)
{
        if (!core)
                return;

        struct writer_actions actions = ACTIONS_NULL;
        struct site *site, *other;

        core->actions = &actions;
        core_revoke(core);
        while (core->orphans) {
                course_tear_tickets(core, core->orphans);
                attempt_drop(core, core->orphans);
                course_go(core, core->orphans);
        }
        while (core->tickets)
                core_ticket_drop(core, core->tickets);
        HASH_ITER(hh, core->sites, site, other) {
                HASH_DELETE(hh, core->sites, site);
                writer_site_free(site);
        }
        for (int32_t i = 0; i < core->partition_count; i++)
                watermark_deinit(&core->partitions[i].results);
        agenda_deinit(&core->agenda);
        writer_actions_deinit(&actions);
        free(core->partitions);
        free(core);
}

/* ---- to be looked at ---- */

size_t writer_core_site_count(const struct writer_core *core)
{
        return HASH_COUNT(core->sites);
}

bool writer_core_site(const struct writer_core *core, size_t index, int64_t now_ms,
                      const char **municipality, struct site_status *status)
{
        const struct site *site = core->sites;

        while (index-- > 0 && site)
                site = site->hh.next;
        if (!site)
                return false;
        *municipality = site->id;
        if (!core_site_is_ours(core, site))
                return false;
        writer_site_status(site, now_ms, status);
        return true;
}
