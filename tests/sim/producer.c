/* tests/sim/producer.c
 *
 * What a process has not yet sent when it crashes is lost with it.
 */
#include "sim/producer.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"

#define MESSAGE_MS (8 * SIM_SECOND) /* message.timeout.ms */

enum {
        SAID_BYTES = 160,
        WAITING_MAX = 3000, /* no core may have more under way, whatever comes */
};

static const struct author authors[] = { { .zombie = false }, { .zombie = true } };

struct delivery {
        struct process_errand errand;
        uint64_t token;
        int64_t offset; /* -1: it failed */
        producer_delivered_fn *delivered;
};

static void run_delivery(struct errand *errand)
{
        const struct delivery *delivery = (const struct delivery *)errand;
        struct process *process = process_of_errand(errand);

        if (!process || !process->runs)
                return;
        process->unacknowledged--;
        delivery->delivered(process, delivery->token, delivery->offset);
}

struct sending {
        struct process_errand errand;
        struct broker *broker;
        enum topic topic;
        int32_t partition;
        uint64_t token;
        producer_delivered_fn *delivered;
        int64_t made_ms;
        const struct author *author;
        struct buffer key, value;
        struct buffer headers; /* packed */
};

static void drop_sending(struct errand *errand)
{
        struct sending *sending = (struct sending *)errand;

        buffer_deinit(&sending->key);
        buffer_deinit(&sending->value);
        buffer_deinit(&sending->headers);
        free(sending);
}

static void answer(struct process *process, const struct sending *sending, int64_t offset)
{
        struct delivery *delivery = memory_new(sizeof(*delivery));
        int64_t at_ms = process_in_order(process, &process->acknowledged_ms);

        delivery->token = sending->token;
        delivery->offset = offset;
        delivery->delivered = sending->delivered;
        process_add_errand(process, &delivery->errand, run_delivery, sim_drop,
                           offset < 0 ? at_ms + MESSAGE_MS : at_ms);
}

static int64_t append(const struct sending *sending)
{
        struct headers headers;

        headers_unpack(buffer_slice(&sending->headers), &headers);
        return broker_append(sending->broker, sending->topic, sending->partition, sending->key.data,
                             buffer_slice(&sending->value), &headers, sending->author);
}

static void run_sending(struct errand *errand)
{
        struct sending *sending = (struct sending *)errand;
        struct process *process = process_of_errand(errand);
        int64_t offset = -1;
        bool late, lost;

        if (!process)
                return;
        late = sim_now(process->sim) - sending->made_ms >= MESSAGE_MS;
        lost = late || !sending->broker->up || sim_chance(process->sim, process->lost_per_mille);
        if (sending->broker->up && !late && (!lost || sim_chance(process->sim, 500)))
                offset = append(sending);
        if (sending->token)
                answer(process, sending, lost ? -1 : offset);
}

static void say(const struct process *process, const struct producing *producing)
{
        struct slice value = producing->value;

        if (sim_listens(process->sim))
                sim_say(process->sim, "host %d: %s %s %.*s", process->number,
                        topic_suffix(producing->topic), producing->key,
                        (int)(value.length > SAID_BYTES ? SAID_BYTES : value.length),
                        value.data ? value.data : "");
}

void producer_send(struct process *process, struct broker *broker,
                   const struct producing *producing, producer_delivered_fn *delivered)
{
        struct sending *sending = memory_new(sizeof(*sending));

        sending->broker = broker;
        sending->topic = producing->topic;
        sending->partition = producing->partition;
        sending->token = producing->token;
        sending->delivered = delivered;
        sending->made_ms = sim_now(process->sim);
        sending->author = &authors[process->zombie];
        buffer_append_text(&sending->key, producing->key);
        if (producing->value.length > 0)
                buffer_append(&sending->value, producing->value.data, producing->value.length);
        if (producing->headers)
                headers_pack(producing->headers, &sending->headers);
        say(process, producing);
        process->unacknowledged += producing->token != 0;
        if (process->unacknowledged > WAITING_MAX)
                sim_break(process->sim, 15, "host %d waits for %u records", process->number,
                          process->unacknowledged);
        process_add_errand(process, &sending->errand, run_sending, drop_sending,
                           process_in_order(process, &process->sent_ms));
}
