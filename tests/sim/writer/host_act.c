/* tests/sim/writer/host_act.c
 *
 * Actions as what they become outside: a record on its way to Kafka, a command on its way to Redis.
 * Each arrives after a while, and its answer after another; either may be lost.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "sim/writer/host.h"
#include "sim/writer/script.h"
#include "sim/writer/without.h"

#define MESSAGE_MS (8 * SIM_SECOND) /* message.timeout.ms */

enum { SAID_BYTES = 160 };

/* -- Kafka --------------------------------------------------------------------------------------
 */

struct delivery {
        struct process_errand errand;
        uint64_t token;
        int64_t offset; /* -1: it failed */
};

static void run_delivery(struct errand *errand)
{
        const struct delivery *delivery = (const struct delivery *)errand;
        struct host *host = host_of_errand(errand);

        if (host && host->core)
                host_feed(host,
                          &(struct writer_input){ .type = INPUT_DELIVERED,
                                                  .token = delivery->token,
                                                  .delivered = { .ok = delivery->offset >= 0,
                                                                 .offset = delivery->offset } });
}

static void answer_delivery(struct host *host, uint64_t token, int64_t offset)
{
        struct delivery *delivery = memory_new(sizeof(*delivery));
        int64_t at_ms = process_in_order(&host->process, &host->process.acknowledged_ms);

        delivery->token = token;
        delivery->offset = offset;
        process_add_errand(&host->process, &delivery->errand, run_delivery, sim_drop,
                           offset < 0 ? at_ms + MESSAGE_MS : at_ms);
}

struct sending {
        struct process_errand errand;
        enum topic topic;
        int32_t partition;
        uint64_t token;
        int64_t made_ms;
        struct buffer key, value;
        struct headers headers; /* borrows from `bytes` */
        struct buffer bytes;
};

static void drop_sending(struct errand *errand)
{
        struct sending *sending = (struct sending *)errand;

        buffer_deinit(&sending->key);
        buffer_deinit(&sending->value);
        buffer_deinit(&sending->bytes);
        free(sending);
}

static void run_sending(struct errand *errand)
{
        struct sending *sending = (struct sending *)errand;
        struct host *host = host_of_errand(errand);
        int64_t offset = -1;
        bool late, lost;

        if (!host)
                return;
        /* A record that is too old is never sent: no zombie's comes late. */
        late = sim_now(host->sim) - sending->made_ms >= MESSAGE_MS;
        lost = late || !host->broker->up || sim_chance(host->sim, host->process.lost_per_mille);
        /* One whose acknowledgement is lost may stand in the log all the same. */
        if (host->broker->up && !late && (!lost || sim_chance(host->sim, 500)))
                offset = broker_append(host->broker, sending->topic, sending->partition,
                                       sending->key.data, buffer_slice(&sending->value),
                                       &sending->headers, &host->process);
        answer_delivery(host, sending->token, lost ? -1 : offset);
}

/* What the record borrows is the core's, and may be gone with its next input. */
static void copy_headers(struct sending *sending, const struct headers *headers)
{
        size_t at = 0;

        for (size_t i = 0; i < headers->count; i++) {
                const struct header *header = &headers->items[i];

                buffer_append(&sending->bytes, header->name, strlen(header->name) + 1);
                buffer_append(&sending->bytes, header->value.data, header->value.length);
        }
        headers_clear(&sending->headers);
        for (size_t i = 0; i < headers->count; i++) {
                const char *name = sending->bytes.data + at;
                struct slice value = { name + strlen(name) + 1, headers->items[i].value.length };

                headers_borrow(&sending->headers, name, value);
                at += strlen(name) + 1 + value.length;
        }
}

static void produce(struct host *host, const struct writer_action *action)
{
        const struct action_produce *produce = &action->produce;
        struct slice value =
                produce->text.length > 0 ? buffer_slice(&produce->text) : produce->value;
        struct sending *sending = memory_new(sizeof(*sending));

        sending->made_ms = sim_now(host->sim);
        sending->topic = produce->topic;
        sending->partition = produce->partition;
        sending->token = action->token;
        buffer_append_text(&sending->key,
                           produce->has_key && produce->key.data ? produce->key.data : "");
        buffer_append(&sending->value, value.data, value.length);
        if (produce->headers)
                copy_headers(sending, produce->headers);
        if (sim_listens(host->sim))
                sim_say(host->sim, "host %d: %s %s %.*s", host->process.number,
                        topic_suffix(produce->topic), sending->key.data,
                        (int)(value.length > SAID_BYTES ? SAID_BYTES : value.length), value.data);
        process_add_errand(&host->process, &sending->errand, run_sending, drop_sending,
                           process_in_order(&host->process, &host->process.sent_ms));
}

/* -- Redis --------------------------------------------------------------------------------------
 */

/* A command on its way, and then its reply. */
struct asking {
        struct process_errand errand;
        struct writer_actions action; /* the one */
        struct script_reply reply;
        unsigned connection;
        int64_t lease_until_ms;
};

static void drop_asking(struct errand *errand)
{
        struct asking *asking = (struct asking *)errand;

        writer_actions_deinit(&asking->action);
        script_reply_deinit(&asking->reply);
        free(asking);
}

static void lose(struct asking *asking)
{
        script_reply_deinit(&asking->reply);
        script_lose(&asking->action.items[0], &asking->reply);
}

static void run_reply(struct errand *errand)
{
        struct asking *asking = (struct asking *)errand;
        struct host *host = host_of_errand(errand);

        if (!host || !host->core)
                return;
        if (asking->connection != host->store->life)
                lose(asking);
        if (asking->reply.input.type == INPUT_LEDGER)
                asking->reply.input.ledger.lease_until_boot_ms = asking->lease_until_ms;
        host_feed(host, &asking->reply.input);
}

static void run_asking(struct errand *errand)
{
        struct asking *asking = (struct asking *)errand;
        struct host *host = host_of_errand(errand);
        struct asking *replying;

        if (!host)
                return;
        replying = memory_copy(asking, sizeof(*asking));
        asking->action = (struct writer_actions)ACTIONS_NULL;
        script_lose(&replying->action.items[0], &replying->reply);
        if (host->store->up && replying->connection == host->store->life)
                script_run(host->store, &replying->action.items[0], sim_now(host->sim),
                           host->sim->without != WITHOUT_LEASE, &replying->reply);
        if (sim_chance(host->sim, host->process.lost_per_mille))
                lose(replying);
        process_add_errand(&host->process, &replying->errand, run_reply, drop_asking,
                           process_in_order(&host->process, &host->process.answered_ms));
}

static void ask(struct host *host, struct writer_action *action)
{
        struct asking *asking = memory_new(sizeof(*asking));

        sim_say(host->sim, "host %d: %s: %s event %u", host->process.number, action->municipality,
                writer_action_name(action->type), action->ledger.uuid.bytes[15]);
        *writer_actions_add(&asking->action, action->type) = *action;
        asking->connection = host->store->life;
        asking->lease_until_ms = sim_now(host->sim) + action->ledger.lease_ms;
        action->type = ACTION_REPORT; /* it holds nothing any more */
        process_add_errand(&host->process, &asking->errand, run_asking, drop_asking,
                           process_in_order(&host->process, &host->process.asked_ms));
}

/* What the next owner has to know. */
static void put_status(struct host *host, const struct writer_action *action)
{
        char key[STORE_KEY_BYTES], number[24];

        if (!host->store->up)
                return;
        store_key(key, action->municipality, "status");
        snprintf(number, sizeof(number), "%" PRId64, action->status.probe_at_ms);
        store_put(host->store, key, slice_of("writer_probe_at"), slice_of(number));
        store_end_command(host->store);
}

/* -- the rest -------------------------------------------------------------------------------------
 */

static void say_report(const struct host *host, const struct writer_report *report)
{
        static const char *const names[] = {
                [REPORT_OUTCOME] = "outcome",
                [REPORT_ATTEMPT] = "attempt",
                [REPORT_DEAD_LETTER] = "dead letter",
                [REPORT_SITE_PAUSED] = "paused",
                [REPORT_BREAKER] = "breaker",
                [REPORT_CREDENTIALS_MISSING] = "no log-in",
                [REPORT_CREDENTIALS_REJECTED] = "log-in rejected",
                [REPORT_CREDENTIALS_WORK] = "log-in works",
                [REPORT_HALF_UNKNOWN] = "half unknown",
                [REPORT_UNKNOWN_MUNICIPALITY] = "unknown municipality",
                [REPORT_CAUGHT_UP] = "caught up",
                [REPORT_UPDATES_LOST] = "updates lost",
                [REPORT_BAD_LEDGER] = "bad ledger",
                [REPORT_BAD_RESULT] = "bad result",
        };

        if (report->type < ARRAY_LENGTH(names) && names[report->type])
                sim_say(host->sim, "host %d: %s/%s: %s %s %s %ld %s", host->process.number,
                        report->municipality, report->uuid, names[report->type], report->outcome,
                        report->reason, report->status, report->detail);
}

void host_act(struct host *host, struct writer_action *action)
{
        switch (action->type) {
        case ACTION_READ_UPDATES:
                host_start_reading(host, TOPIC_UPDATES, action->place.partition,
                                   action->place.offset);
                break;
        case ACTION_READ_RESULTS:
                host_start_reading(host, TOPIC_RESULTS, action->place.partition,
                                   action->place.offset);
                break;
        case ACTION_STOP_RESULTS:
                host_stop_reading(host, TOPIC_RESULTS, action->place.partition);
                break;
        case ACTION_WANT_UPDATES:
        case ACTION_WANT_RESULTS:
                host->wants[action->type == ACTION_WANT_UPDATES ? TOPIC_UPDATES : TOPIC_RESULTS] =
                        action->room;
                host_pump_soon(host);
                break;
        case ACTION_STORE:
                host->stored[action->place.partition] = action->place.offset;
                break;
        case ACTION_PRODUCE:
                produce(host, action);
                break;
        case ACTION_STATUS:
                put_status(host, action);
                break;
        case ACTION_PATCH:
                host_patch(host, action);
                break;
        case ACTION_REPORT:
                say_report(host, &action->report);
                break;
        case ACTION_DRAINED:
                host->process.drained = true;
                break;
        case ACTION_FAIL:
                sim_break(host->sim, 15, "host %d stops: %s", host->process.number,
                          action->reason.text);
                break;
        default:
                ask(host, action);
                break;
        }
}
