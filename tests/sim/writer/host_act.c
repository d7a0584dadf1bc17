/* tests/sim/writer/host_act.c
 *
 * Actions as what they become outside. A command reaches Redis after a while, and its reply comes
 * after another; either may be lost.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "sim/producer.h"
#include "sim/writer/host.h"
#include "sim/writer/script.h"
#include "sim/writer/without.h"

/* -- Kafka --------------------------------------------------------------------------------------
 */

static void take_delivery(struct process *process, uint64_t token, int64_t offset)
{
        host_feed((struct host *)process,
                  &(struct writer_input){ .type = INPUT_DELIVERED,
                                          .token = token,
                                          .delivered = { .ok = offset >= 0, .offset = offset } });
}

static void produce(struct host *host, const struct writer_action *action)
{
        const struct action_produce *produce = &action->produce;
        struct slice text = buffer_slice(&produce->text);

        producer_send(&host->process, &host->stage->broker,
                      &(struct producing){
                              .topic = produce->topic,
                              .partition = produce->partition,
                              .key = produce->has_key && produce->key.data ? produce->key.data : "",
                              .value = text.length > 0 ? text : produce->value,
                              .headers = produce->headers,
                              .token = action->token },
                      take_delivery);
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
        if (asking->connection != host->stage->store.life)
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
        if (host->stage->store.up && replying->connection == host->stage->store.life)
                script_run(&host->stage->store, &replying->action.items[0], sim_now(host->sim),
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
        asking->connection = host->stage->store.life;
        asking->lease_until_ms = sim_now(host->sim) + action->ledger.lease_ms;
        action->type = ACTION_REPORT; /* it holds nothing any more */
        process_add_errand(&host->process, &asking->errand, run_asking, drop_asking,
                           process_in_order(&host->process, &host->process.asked_ms));
}

/* What the next owner has to know. */
static void put_status(struct host *host, const struct writer_action *action)
{
        char key[STORE_KEY_BYTES], number[24];

        if (!host->stage->store.up)
                return;
        store_key(key, action->municipality, "status");
        snprintf(number, sizeof(number), "%" PRId64, action->status.probe_at_ms);
        store_put(&host->stage->store, key, slice_of("writer_probe_at"), slice_of(number));
        store_end_command(&host->stage->store);
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
                [REPORT_STRAY] = "stray",
                [REPORT_RECEIVED] = "received",
                [REPORT_SCATTERED] = "no order",
                [REPORT_UNKNOWN_MUNICIPALITY] = "unknown municipality",
                [REPORT_LEFT] = "left",
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
                consumer_start(&host->consumer, TOPIC_UPDATES, action->place.partition,
                               action->place.offset);
                break;
        case ACTION_READ_RESULTS:
                consumer_start(&host->consumer, TOPIC_RESULTS, action->place.partition,
                               action->place.offset);
                break;
        case ACTION_STOP_RESULTS:
                consumer_stop(&host->consumer, TOPIC_RESULTS, action->place.partition);
                break;
        case ACTION_WANT_UPDATES:
        case ACTION_WANT_RESULTS:
                host->wants[action->type == ACTION_WANT_UPDATES ? TOPIC_UPDATES : TOPIC_RESULTS] =
                        action->room;
                consumer_wake(&host->consumer);
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
