/* tests/sim/reconciler/host_act.c
 *
 * Actions as what they become outside: a record on its way to Kafka, a command on its way to Redis.
 * Each arrives after a while, and its answer after another; either may be lost.
 */
#include "sim/reconciler/host.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/memory.h"
#include "sim/producer.h"
#include "sim/reconciler/without.h"

/* -- Kafka --------------------------------------------------------------------------------------
 */

static void take_delivery(struct process *process, uint64_t token, int64_t offset)
{
        host_feed((struct host *)process,
                  &(struct reconciler_input){ .type = RECONCILER_DELIVERED,
                                              .token = token,
                                              .error = offset < 0 ? "timed out" : NULL });
}

static void produce(struct host *host, const struct record *record)
{
        producer_send(&host->process, &host->stage->broker,
                      &(struct producing){ .topic = record->topic,
                                           .partition = record->partition,
                                           .key = record->key,
                                           .value = buffer_slice(&record->value),
                                           .token = record->token },
                      take_delivery);
}

/* -- Redis --------------------------------------------------------------------------------------
 */

struct answer {
        struct process_errand errand;
        struct reconciler_input input;
        struct store_pairs pairs;
        unsigned connection;
};

static void drop_answer(struct errand *errand)
{
        struct answer *answer = (struct answer *)errand;

        store_pairs_deinit(&answer->pairs);
        free(answer);
}

static void fail_answer(struct answer *answer)
{
        answer->input.reply.ok = false;
        answer->input.reply.count = 0;
        if (answer->input.type == RECONCILER_APPLIED)
                answer->input.applied = APPLY_LOST;
}

static void run_answer(struct errand *errand)
{
        struct answer *answer = (struct answer *)errand;
        struct host *host = host_of_errand(errand);

        if (!host || !host->core)
                return;
        if (answer->connection != host->stage->store.life)
                fail_answer(answer);
        host_feed(host, &answer->input);
}

static struct answer *answer_new(enum reconciler_input_type type, uint64_t token)
{
        struct answer *answer = memory_new(sizeof(*answer));

        answer->input.type = type;
        answer->input.token = token;
        return answer;
}

struct asking_redis {
        struct process_errand errand;
        enum reconciler_action_type type;
        char municipality[MUNICIPALITY_ID_BYTES];
        uint64_t token;
        unsigned connection;
        struct uuid *uuids;
        size_t count;
        struct apply apply; /* with writes and meta of its own */
        struct write *writes;
        char *bytes;
};

static void drop_asking(struct errand *errand)
{
        struct asking_redis *asking = (struct asking_redis *)errand;

        free(asking->uuids);
        free(asking->writes);
        free(asking->bytes);
        free(asking->apply.meta);
        free(asking);
}

static void read_ledger(const struct host *host, const struct asking_redis *asking,
                        struct store_pairs *pairs)
{
        char key[STORE_KEY_BYTES], uuid[UUID_TEXT_BYTES];
        struct buffer bytes = BUFFER_NULL;

        store_key(key, asking->municipality, "w");
        pairs->items = memory_new((asking->count + 1) * sizeof(*pairs->items));
        for (int round = 0; round < 2;
             round++) { /* measure, then point into what no longer moves */
                size_t at = 0;

                for (size_t i = 0; i < asking->count; i++) {
                        uuid_format(&asking->uuids[i], uuid);

                        struct slice value = store_get(&host->stage->store, key, slice_of(uuid));

                        if (round == 0 && value.data)
                                buffer_append(&bytes, value.data, value.length);
                        else if (value.data)
                                pairs->items[i] = (struct slice){ bytes.data + at, value.length };
                        at += value.length;
                }
        }
        pairs->count = asking->count;
        pairs->bytes = bytes.data;
}

static void read_redis(const struct host *host, const struct asking_redis *asking,
                       struct answer *answer)
{
        char key[STORE_KEY_BYTES];

        if (asking->type == RECONCILER_LOAD_LEDGER) {
                read_ledger(host, asking, &answer->pairs);
        } else {
                store_key(key, asking->municipality,
                          asking->type == RECONCILER_LOAD_META ? "m" : "s");
                store_read(&host->stage->store, key, &answer->pairs);
        }
        answer->input.reply.ok = true;
        answer->input.reply.items = answer->pairs.items;
        answer->input.reply.count = answer->pairs.count;
}

static enum apply_reply write_redis(struct host *host, const struct apply *apply)
{
        bool expected = script_apply_expects(&host->stage->store, apply);

        if (!expected && host->sim->without != WITHOUT_COMPARE_AND_SET) {
                sim_say(host->sim, "host %d: %s: the compare-and-set finds another state",
                        host->process.number, apply->municipality);
                return APPLY_CONFLICT;
        }
        check_apply(host->check, apply);
        script_apply_write(&host->stage->store, apply);
        return APPLY_OK;
}

static enum reconciler_input_type answer_type(enum reconciler_action_type type)
{
        switch (type) {
        case RECONCILER_LOAD_META:
                return RECONCILER_META;
        case RECONCILER_LOAD_EVENTS:
                return RECONCILER_EVENTS;
        case RECONCILER_LOAD_LEDGER:
                return RECONCILER_LEDGER;
        default:
                return RECONCILER_APPLIED;
        }
}

static void run_asking(struct errand *errand)
{
        struct asking_redis *asking = (struct asking_redis *)errand;
        struct host *host = host_of_errand(errand);

        if (!host)
                return;

        struct answer *answer = answer_new(answer_type(asking->type), asking->token);
        bool connected = host->stage->store.up && asking->connection == host->stage->store.life;

        answer->connection = asking->connection;
        if (connected && asking->type == RECONCILER_APPLY)
                answer->input.applied = write_redis(host, &asking->apply);
        else if (connected)
                read_redis(host, asking, answer);
        if (!connected || sim_chance(host->sim, host->process.lost_per_mille))
                fail_answer(answer);
        process_add_errand(&host->process, &answer->errand, run_answer, drop_answer,
                           process_in_order(&host->process, &host->process.answered_ms));
}

static void ask_redis(struct host *host, struct asking_redis *asking)
{
        asking->connection = host->stage->store.life;
        process_add_errand(&host->process, &asking->errand, run_asking, drop_asking,
                           process_in_order(&host->process, &host->process.asked_ms));
}

static void load(struct host *host, const struct reconciler_action *action)
{
        struct asking_redis *asking = memory_new(sizeof(*asking));

        asking->type = action->type;
        asking->token = action->load.token;
        asking->count = action->load.count;
        memcpy(asking->municipality, action->load.municipality, sizeof(asking->municipality));
        if (asking->count > 0)
                asking->uuids =
                        memory_copy(action->load.uuids, asking->count * sizeof(*asking->uuids));
        ask_redis(host, asking);
}

/* The action's writes are the core's, and gone with its next input. */
static void copy_writes(struct asking_redis *asking, const struct apply *apply)
{
        struct buffer bytes = BUFFER_NULL;
        size_t at = 0;

        for (size_t i = 0; i < apply->write_count; i++)
                if (apply->writes[i].packed.data)
                        buffer_append(&bytes, apply->writes[i].packed.data,
                                      apply->writes[i].packed.length);
        asking->bytes = bytes.data;
        asking->writes = memory_new((apply->write_count + 1) * sizeof(*asking->writes));
        for (size_t i = 0; i < apply->write_count; i++) {
                asking->writes[i] = apply->writes[i];
                if (!apply->writes[i].packed.data)
                        continue;
                asking->writes[i].packed.data = bytes.data + at;
                at += apply->writes[i].packed.length;
        }
        asking->apply.writes = asking->writes;
}

static void apply_state(struct host *host, const struct apply *apply)
{
        struct asking_redis *asking = memory_new(sizeof(*asking));

        asking->type = RECONCILER_APPLY;
        asking->token = apply->token;
        asking->apply = *apply;
        copy_writes(asking, apply);
        if (apply->meta)
                asking->apply.meta = memory_copy(apply->meta, sizeof(*apply->meta));
        sim_say(host->sim, "host %d: %s: applies %zu entries%s%s on offset %" PRId64,
                host->process.number, apply->municipality, apply->write_count,
                apply->wipe ? ", from nothing" : "", apply->meta ? " and the rest" : "",
                apply->exists ? apply->offset : -1);
        ask_redis(host, asking);
}

/* -- the rest -------------------------------------------------------------------------------------
 */

static void say_report(const struct host *host, const struct report *report)
{
        static const char *const names[REPORT_COUNT] = {
                [REPORT_OWNED] = "owned",         [REPORT_APPLIED] = "applied",
                [REPORT_CONFIRMED] = "confirmed", [REPORT_SKIPPED] = "skipped",
                [REPORT_FOREIGN] = "foreign",     [REPORT_UNREADABLE] = "unreadable",
                [REPORT_ABANDONED] = "abandoned", [REPORT_FAILED] = "failed",
                [REPORT_REBUILDING] = "rebuilds", [REPORT_REBUILT] = "rebuilt",
                [REPORT_COMMAND] = "command",     [REPORT_ASKED] = "asks for",
        };

        sim_say(host->sim,
                "host %d: %s: %s %s version %" PRIu64 " known %" PRId64 " +%" PRId64 " ~%" PRId64
                " =%" PRId64 " -%" PRId64 " held %" PRId64 " candidates %" PRId64,
                host->process.number, report->municipality, names[report->what], report->text,
                report->version, report->known, report->created, report->updated,
                report->reasserted, report->deleted, report->held, report->candidates);
}

static void put_status(struct host *host, const struct status *status)
{
        char key[STORE_KEY_BYTES];

        if (!host->stage->store.up)
                return;
        store_key(key, status->municipality, "status");
        for (size_t i = 0; i < status->count; i++)
                store_put(&host->stage->store, key, slice_of(status->fields[i].name),
                          slice_of(status->fields[i].value));
        store_end_command(&host->stage->store);
}

void host_act(struct host *host, const struct reconciler_action *action)
{
        switch (action->type) {
        case RECONCILER_START:
                consumer_start(&host->consumer, action->place.topic, action->place.partition,
                               action->place.offset);
                break;
        case RECONCILER_STORE:
                host->stored[action->place.topic][action->place.partition] = action->place.offset;
                break;
        case RECONCILER_WANT:
                host->want = action->want;
                consumer_wake(&host->consumer);
                break;
        case RECONCILER_LOAD_META:
        case RECONCILER_LOAD_EVENTS:
        case RECONCILER_LOAD_LEDGER:
                load(host, action);
                break;
        case RECONCILER_PRODUCE:
                produce(host, action->record);
                break;
        case RECONCILER_APPLY:
                apply_state(host, &action->apply);
                break;
        case RECONCILER_STATUS:
                put_status(host, action->status);
                break;
        case RECONCILER_READ_LOG:
                host_read_log(host, action->partition);
                break;
        case RECONCILER_LEAVE_LOG:
                host_leave_log(host, action->partition);
                break;
        case RECONCILER_REPORT:
                say_report(host, action->report);
                break;
        case RECONCILER_GONE:
                break;
        case RECONCILER_STOP:
                sim_break(host->sim, 15, "host %d stops: %s", host->process.number,
                          action->reason->text);
                break;
        case RECONCILER_DRAINED:
                host->process.drained = true;
                break;
        }
}
