/* services/writer/telling.c
 *
 * Results, dead letters and what else the writer produces. A record is built anew whenever it is
 * produced, so nothing is kept of it while Kafka has it; one that is not acknowledged is produced
 * again a second later. Readers take a repeat for what it is: the same version, the same outcome.
 */
#include "writer/inside.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/decimal.h"
#include "base/text.h"
#include "model/control.h"
#include "model/dead_letter.h"
#include "model/origin.h"
#include "model/version.h"

enum { TELL_AGAIN_MS = 1000, RESULT_BYTES = 1023 /* most are shorter */ };

static const enum result_outcome outcomes[] = {
        [END_APPLIED] = OUTCOME_APPLIED,
        [END_UNCHANGED] = OUTCOME_UNCHANGED,
        [END_SUPERSEDED] = OUTCOME_SUPERSEDED,
        [END_ENDED] = OUTCOME_ENDED,
        [END_GONE] = OUTCOME_GONE,
        [END_DEAD] = OUTCOME_DEAD,
};

static struct action_produce *telling_produce(struct writer_core *core, struct ticket *ticket,
                                              enum topic topic, int32_t partition)
{
        struct writer_action *action = writer_actions_add(core->actions, ACTION_PRODUCE);

        action->token = ticket->token;
        action->produce.topic = topic;
        action->produce.partition = partition;
        action->produce.has_key = true;
        action->produce.headers = memory_resize(NULL, 1, sizeof(struct headers)); /* large */
        headers_clear(action->produce.headers);
        return &action->produce;
}

/* ---- results ---- */

/* What it was about; the wanted's own values, as it came. */
static void result_of_wanted(struct result *result, const struct lane *lane,
                             const struct wanted *wanted, const struct update *update)
{
        result->version = wanted->version;
        result->outcome = outcomes[wanted->end];
        result->attempts = wanted->attempts;
        result->wished_at_ms = wanted->since_ms > 0 ? wanted->since_ms : 0;
        result->reason = wanted->reason;
        memcpy(result->present, update->present, sizeof(result->present));
        result->state = update->state;
        result->url = update->url;
        result->admin_url = update->admin_url;
        if (wanted->by_attempt) {
                result->status = lane->attempt->status;
                memcpy(result->idempotency_key, lane->attempt->request.key, IDEMPOTENCY_KEY_BYTES);
        }
}

static void result_of_seal(struct result *result, const struct lane *lane)
{
        const struct request *request = &lane->attempt->request;

        result->version = lane->attempt->telling;
        result->outcome = OUTCOME_APPLIED;
        result->attempts = 1;
        result->status = lane->attempt->status;
        memcpy(result->present, request->present, sizeof(result->present));
        result->state = request->state;
        result->url = request->url;
        result->admin_url = request->admin_url;
        memcpy(result->idempotency_key, request->key, IDEMPOTENCY_KEY_BYTES);
}

static void result_headers(const struct writer_core *core, const struct result *result,
                           const char *key, const struct ticket *ticket, struct headers *headers)
{
        struct tracing tracing =
                tracing_update(ticket->lane, ticket->wanted, core->config->tracing.sample_percent);
        char id[224], source[128], version[DECIMAL_BYTES], traceparent[TRACEPARENT_BYTES];

        decimal_format_unsigned(result->version, version);
        TEXT_JOIN(id, key, "/", version, "/", result_outcome_name(result->outcome));
        TEXT_JOIN(source, "/dplsync/writer/", core->instance);
        headers_clear(headers);
        headers_add_cloudevent(headers, id, source, "dk.dplsync.result", key, core->now_ms);
        trace_write(&tracing.own, traceparent);
        if (traceparent[0] != '\0')
                headers_add(headers, "traceparent", traceparent);
}

/* An update may exist twice in `updates`, if it waited for so long that it was carried forward. */
static bool may_come_again(const struct writer_core *core, const struct wanted *wanted)
{
        return wanted->carried ||
               (!wanted->has_origin &&
                core->now_ms - wanted->logged_ms >= core->config->writer.carry_every_ms);
}

static void produce_result(struct writer_core *core, struct ticket *ticket)
{
        struct lane *lane = ticket->lane;
        struct action_produce *produce =
                telling_produce(core, ticket, TOPIC_RESULTS, lane->site->partition);
        struct result result = { .finished_at_ms = core->now_ms, .uuid = lane->uuid };
        char uuid[UUID_TEXT_BYTES];
        struct update update = { 0 };

        memcpy(result.municipality, lane->site->id, sizeof(result.municipality));
        if (ticket->wanted) {
                update_read(&update, record_copy_value(ticket->wanted->original), NULL);
                if (ticket->wanted->refused) /* what could be read of it is not what it says */
                        memset(update.present, 0, sizeof(update.present));
                result_of_wanted(&result, lane, ticket->wanted, &update);
        } else {
                result_of_seal(&result, lane);
        }
        result.wish = lane->wish; /* borrowed: not released */
        result.told = lane_told(lane);
        if (ticket->wanted && may_come_again(core, ticket->wanted))
                told_list(&result.told, result.version);
        else
                told_add(&result.told, result.version);
        buffer_reserve(&produce->text, RESULT_BYTES);
        result_write(&result, &produce->text);
        produce->value = buffer_slice(&produce->text);
        uuid_format(&lane->uuid, uuid);
        buffer_append_text(&produce->key, lane->site->id);
        buffer_append_byte(&produce->key, '/');
        buffer_append_text(&produce->key, uuid);
        result_headers(core, &result, produce->key.data, ticket, produce->headers);
        update_deinit(&update);
}

/* ---- dead letters ---- */

static void produce_dead_letter(struct writer_core *core, struct ticket *ticket,
                                const struct record_copy *original,
                                const struct dead_letter *letter, int32_t partition)
{
        struct action_produce *produce =
                telling_produce(core, ticket, TOPIC_DEAD_LETTERS, partition);
        struct headers headers;
        struct record record;

        record_copy_view(original, &record, &headers);
        produce->has_key = record.key.data != NULL;
        buffer_append(&produce->key, record.key.data, record.key.length);
        produce->value = record.value;
        dead_letter_headers(letter, &headers, produce->headers);
}

static const char *dead_detail(const struct wanted *wanted, const struct attempt *attempt)
{
        if (wanted->refused)
                return wanted->refused;
        return attempt ? attempt->detail
                       : "external_data: one half is missing, and neither an earlier update nor a "
                         "snapshot has it";
}

static void produce_dead_wanted(struct writer_core *core, struct ticket *ticket)
{
        const struct wanted *wanted = ticket->wanted;
        const struct lane *lane = ticket->lane;
        const struct attempt *attempt = wanted->by_attempt ? lane->attempt : NULL;
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&lane->uuid, uuid);
        produce_dead_letter(core, ticket, wanted->original,
                            &(struct dead_letter){
                                    .reason = wanted->reason,
                                    .detail = dead_detail(wanted, attempt),
                                    .topic = core->topics->names[TOPIC_UPDATES],
                                    .partition = record_copy_partition(wanted->original),
                                    .offset = record_copy_offset(wanted->original),
                                    .municipality = lane->site->id,
                                    .uuid = uuid,
                                    .version = wanted->version,
                                    .attempts = wanted->attempts,
                                    .status = attempt ? attempt->status : 0,
                                    .first_failed_ms = wanted->first_failed_ms
                                                               ? wanted->first_failed_ms
                                                               : core->now_ms,
                                    .last_failed_ms = core->now_ms,
                                    .answer = attempt ? buffer_slice(&attempt->answer) : SLICE_NULL,
                            },
                            lane->site->partition);
}

static void produce_letter(struct writer_core *core, struct ticket *ticket)
{
        const struct letter *letter = ticket->letter;
        int32_t partition = letter->municipality[0]
                                    ? topics_partition(core->topics, letter->municipality)
                                    : record_copy_partition(letter->original);

        produce_dead_letter(core, ticket, letter->original,
                            &(struct dead_letter){
                                    .reason = letter->reason,
                                    .detail = letter->detail,
                                    .topic = core->topics->names[TOPIC_UPDATES],
                                    .partition = record_copy_partition(letter->original),
                                    .offset = record_copy_offset(letter->original),
                                    .municipality = letter->municipality,
                                    .uuid = letter->uuid,
                                    .version = letter->version,
                                    .first_failed_ms = letter->since_ms,
                                    .last_failed_ms = core->now_ms,
                            },
                            partition);
}

/* ---- carried forward ---- */

static void carry_origin(const struct writer_core *core, const struct wanted *wanted,
                         struct headers *headers)
{
        _cleanup_(buffer_deinit) struct buffer text = BUFFER_NULL;
        struct origin origin = {
                .epoch = core->topics->epoch,
                .partition = record_copy_partition(wanted->original),
                .offset = record_copy_offset(wanted->original),
                .first_record_ms = wanted->since_ms >= 0 ? wanted->since_ms : wanted->logged_ms,
                .cause = ORIGIN_CARRIED,
        };

        memcpy(origin.versions, wanted->versions, sizeof(origin.versions));
        origin_write(&origin, &text);
        headers_add(headers, "dplsync-origin", text.data);
}

/* Key, value and headers as they came. What has an origin already keeps it. */
static void produce_carried(struct writer_core *core, struct ticket *ticket)
{
        const struct wanted *wanted = ticket->wanted;
        struct action_produce *produce = telling_produce(core, ticket, TOPIC_UPDATES,
                                                         record_copy_partition(wanted->original));
        struct headers headers;
        struct record record;

        record_copy_view(wanted->original, &record, &headers);
        produce->has_key = record.key.data != NULL;
        buffer_append(&produce->key, record.key.data, record.key.length);
        produce->value = record.value;
        headers_clear(produce->headers);
        if (!wanted->has_origin)
                carry_origin(core, wanted, produce->headers);
        for (size_t i = 0; i < headers.count; i++)
                headers_borrow(produce->headers, headers.items[i].name, headers.items[i].value);
}

/* ---- requests for a read ---- */

static void produce_refresh(struct writer_core *core, struct ticket *ticket)
{
        struct action_produce *produce =
                telling_produce(core, ticket, TOPIC_CONTROL, ticket->site->partition);
        struct control control = { .command = CONTROL_REFRESH, .full = true };

        snprintf(control.id, sizeof(control.id), "writer-%" PRIu64 "-%" PRId64, ticket->token,
                 core->now_ms);
        control_write(&control, &produce->text);
        produce->value = buffer_slice(&produce->text);
        buffer_append_text(&produce->key, ticket->site->id);
        headers_clear(produce->headers);
}

/* ---- nulls ---- */

static void produce_null(struct writer_core *core, struct ticket *ticket)
{
        struct action_produce *produce =
                telling_produce(core, ticket, TOPIC_RESULTS, ticket->site->partition);
        char uuid[UUID_TEXT_BYTES];

        uuid_format(&ticket->burial->uuid, uuid);
        buffer_append_format(&produce->key, "%s/%s", ticket->site->id, uuid);
}

/* ---- all of them ---- */

static void produce(struct writer_core *core, struct ticket *ticket)
{
        switch (ticket->kind) {
        case TICKET_RESULT:
                produce_result(core, ticket);
                break;
        case TICKET_DEAD:
                produce_dead_wanted(core, ticket);
                break;
        case TICKET_LETTER:
                produce_letter(core, ticket);
                break;
        case TICKET_CARRY:
                produce_carried(core, ticket);
                break;
        case TICKET_BURIAL:
                produce_null(core, ticket);
                break;
        default:
                produce_refresh(core, ticket);
                break;
        }
        core->telling += !ticket->telling;
        ticket->telling = true;
}

static void tell(struct writer_core *core, enum ticket_kind kind, struct lane *lane,
                 struct wanted *wanted)
{
        struct ticket *ticket = core_ticket(core, kind);

        ticket->lane = lane;
        ticket->wanted = wanted;
        lane->unacked++;
        if (wanted)
                wanted->unacked++;
        produce(core, ticket);
}

/* A dead letter goes first, its result when Kafka has it: what a result was written of counts as
 * told, and the letter would be lost in a crash between the two. */
void telling_start(struct writer_core *core, struct lane *lane)
{
        for (struct wanted *wanted = lane->ending; wanted; wanted = wanted->next) {
                if (wanted->told || wanted->end == END_DUPLICATE)
                        continue;
                wanted->told = true;
                tell(core, wanted->end == END_DEAD ? TICKET_DEAD : TICKET_RESULT, lane, wanted);
        }
}

void telling_carry(struct writer_core *core, struct lane *lane, struct wanted *wanted)
{
        wanted->carrying = true;
        tell(core, TICKET_CARRY, lane, wanted);
}

void telling_seal_result(struct writer_core *core, struct lane *lane, uint64_t version)
{
        lane->attempt->telling = version;
        tell(core, TICKET_RESULT, lane, NULL);
}

void telling_letter(struct writer_core *core, struct letter *letter)
{
        struct ticket *ticket = core_ticket(core, TICKET_LETTER);

        letter->state = LETTER_TELLING;
        ticket->letter = letter;
        produce(core, ticket);
}

void telling_burial(struct writer_core *core, struct site *site, struct burial *burial)
{
        struct ticket *ticket = core_ticket(core, TICKET_BURIAL);

        ticket->site = site;
        ticket->burial = burial;
        produce(core, ticket);
}

void telling_refresh(struct writer_core *core, struct site *site)
{
        struct ticket *ticket = core_ticket(core, TICKET_CONTROL);

        ticket->site = site;
        produce(core, ticket);
}

/* By now its next owner may have told newer ones. What is not told will be delivered to him. */
static bool is_too_late(const struct writer_core *core, const struct lane *lane)
{
        return lane->orphan && lane->state == LANE_TELLING &&
               core->now_ms >= lane->attempt->lease_until_ms;
}

void telling_due(struct writer_core *core, struct ticket *ticket)
{
        if (ticket->lane && is_too_late(core, ticket->lane))
                course_go(core, ticket->lane);
        else
                produce(core, ticket);
}

static void take_result(struct writer_core *core, struct lane *lane, struct wanted *wanted,
                        int64_t offset)
{
        upkeep_owe(core, lane, offset);
        if (!wanted)
                lane->attempt->telling = VERSION_NONE;
        else if (may_come_again(core, wanted))
                told_list(&lane->told, wanted->version);
}

void telling_delivered(struct writer_core *core, struct ticket *ticket,
                       const struct writer_input *input)
{
        struct lane *lane = ticket->lane;
        struct wanted *wanted = ticket->wanted;
        struct letter *letter = ticket->letter;
        enum ticket_kind kind = ticket->kind;

        if (!input->delivered.ok && kind != TICKET_CONTROL && kind != TICKET_BURIAL) {
                agenda_set(&core->agenda, &ticket->due,
                           core->now_ms + TELL_AGAIN_MS + dice_below(&core->dice, TELL_AGAIN_MS));
                return;
        }
        if (kind == TICKET_BURIAL && input->delivered.ok) {
                sweep_buried(core, ticket);
                return;
        }
        core_ticket_drop(core, ticket);
        if (kind == TICKET_CONTROL || kind == TICKET_BURIAL)
                return;
        if (letter) {
                anteroom_told(core, letter);
                return;
        }
        lane->unacked--;
        if (wanted)
                wanted->unacked--;
        if (kind == TICKET_DEAD)
                tell(core, TICKET_RESULT, lane, wanted);
        if (kind == TICKET_RESULT)
                take_result(core, lane, wanted, input->delivered.offset);
        if (kind == TICKET_CARRY) {
                carry_done(core, lane, wanted);
                return;
        }
        attempt_told(core, lane, wanted);
}
