/* tests/sim/consumer.c
 *
 * Places take turns, so that no partition waits for the end of another.
 */
#include "sim/consumer.h"

#include "base/memory.h"

static bool is_out_of_range(const struct consumer *consumer, enum topic topic, int32_t partition)
{
        int64_t position = consumer->places[topic][partition].position;

        return position >= 0 && (position < broker_low(consumer->broker, topic, partition) ||
                                 position > broker_end(consumer->broker, topic, partition));
}

/* True if there was something to do. */
static bool read_place(struct consumer *consumer, enum topic topic, int32_t partition)
{
        struct consumer_place *place = &consumer->places[topic][partition];
        const struct broker_record *record;

        if (!place->reading || !consumer->kind->wants(consumer->process, topic))
                return false;
        if (is_out_of_range(consumer, topic, partition)) {
                place->reading = false;
                consumer->kind->out_of_range(consumer->process, topic, partition);
                return true;
        }
        record = broker_next(consumer->broker, topic, partition, place->position);
        if (record) {
                place->position = record->offset + 1;
                place->ended = false;
                consumer->kind->record(consumer->process, topic, partition, record);
                return true;
        }
        if (place->ended)
                return false;
        place->ended = true;
        return consumer->kind->end(consumer->process, topic, partition);
}

static bool read_one(struct consumer *consumer)
{
        const struct consumer_kind *kind = consumer->kind;
        unsigned topics = (unsigned)kind->topic_count;
        unsigned count = topics * (unsigned)consumer->broker->partitions;

        for (unsigned i = 0; i < count; i++) {
                unsigned at = consumer->turn++ % count;

                if (read_place(consumer, kind->topics[at % topics], (int32_t)(at / topics)))
                        return true;
        }
        return false;
}

/* -- one record after the other ---------------------------------------------------------------- */

struct pumping {
        struct process_errand errand;
        struct consumer *consumer;
};

static void pump(struct errand *errand);

static void pump_in(struct consumer *consumer, int64_t wait_ms)
{
        struct pumping *pumping;

        if (consumer->pumping)
                return;
        consumer->pumping = true;
        pumping = memory_new(sizeof(*pumping));
        pumping->consumer = consumer;
        process_add_errand(consumer->process, &pumping->errand, pump, sim_drop,
                           sim_now(consumer->process->sim) + wait_ms);
}

static void pump(struct errand *errand)
{
        struct consumer *consumer = ((const struct pumping *)errand)->consumer;
        const struct process *process = process_of_errand(errand);

        if (!process || !process->runs)
                return;
        consumer->pumping = false;
        if (!consumer->broker->up)
                pump_in(consumer, SIM_SECOND);
        else if (read_one(consumer) && process->runs)
                pump_in(consumer, sim_between(process->sim, 0, 3));
}

void consumer_wake(struct consumer *consumer)
{
        if (consumer->process->runs)
                pump_in(consumer, sim_between(consumer->process->sim, 1, 100));
}

static void on_append(void *context, enum topic topic, int32_t partition,
                      const struct broker_record *record)
{
        struct consumer *consumer = context;

        (void)record;
        if (consumer->places[topic][partition].reading)
                consumer_wake(consumer);
}

/* -- from where to where ----------------------------------------------------------------------- */

void consumer_init(struct consumer *consumer, const struct consumer_kind *kind,
                   struct process *process, struct broker *broker)
{
        *consumer = (struct consumer){ .process = process, .broker = broker, .kind = kind };
        broker_watch(broker, on_append, consumer);
}

void consumer_begin(struct consumer *consumer)
{
        consumer->pumping = false;
}

void consumer_start(struct consumer *consumer, enum topic topic, int32_t partition, int64_t offset)
{
        consumer->places[topic][partition] = (struct consumer_place){ true, false, offset };
        consumer_wake(consumer);
}

void consumer_stop(struct consumer *consumer, enum topic topic, int32_t partition)
{
        consumer->places[topic][partition].reading = false;
}

void consumer_stop_all(struct consumer *consumer)
{
        for (int topic = 0; topic < TOPIC_COUNT; topic++)
                for (int32_t p = 0; p < GROUP_PARTITIONS_MAX; p++)
                        consumer->places[topic][p].reading = false;
}
