/* tests/sim/writer/host_read.c
 *
 * Records come one at a time, so that everything else can come in between.
 */
#include "base/memory.h"
#include "sim/writer/host.h"
#include "sim/writer/without.h"

static const enum topic topics_read[] = { TOPIC_UPDATES, TOPIC_RESULTS };

static void feed_record(struct host *host, enum topic topic, int32_t partition,
                        const struct broker_record *record)
{
        struct headers headers;
        struct writer_input input = {
                .type = topic == TOPIC_UPDATES ? INPUT_UPDATE : INPUT_RESULT,
                .record = {
                        .partition = partition,
                        .offset = record->offset,
                        .timestamp_ms = record->appended_ms,
                        .key = slice_of(record->key),
                        .value = { record->value, record->value_length },
                        .headers = &headers,
                },
        };

        broker_headers(record, &headers);
        if (topic == TOPIC_UPDATES && host->sim->without == WITHOUT_ORDER)
                host->stored[partition] = record->offset + 1;
        host_feed(host, &input);
}

static void feed_end(struct host *host, int32_t partition)
{
        host->places[TOPIC_RESULTS][partition].ended = true;
        host_feed(host, &(struct writer_input){
                                .type = INPUT_RESULTS_END,
                                .place = { partition,
                                           broker_end(host->broker, TOPIC_RESULTS, partition) } });
}

/* True if there was something to do. */
static bool read_place(struct host *host, enum topic topic, int32_t partition)
{
        struct host_place *place = &host->places[topic][partition];

        if (!place->reading || !host->wants[topic])
                return false;

        const struct broker_record *record =
                broker_next(host->broker, topic, partition, place->position);

        if (record) {
                place->position = record->offset + 1;
                feed_record(host, topic, partition, record);
                return true;
        }
        if (topic != TOPIC_RESULTS || place->ended)
                return false;
        feed_end(host, partition);
        return true;
}

static bool read_one(struct host *host)
{
        unsigned count = (unsigned)ARRAY_LENGTH(topics_read) * (unsigned)host->broker->partitions;

        for (unsigned i = 0; i < count; i++) {
                unsigned at = host->turn++ % count;

                if (read_place(host, topics_read[at % ARRAY_LENGTH(topics_read)],
                               (int32_t)(at / ARRAY_LENGTH(topics_read))))
                        return true;
        }
        return false;
}

static void pump(struct errand *errand);

static void pump_in(struct host *host, int64_t wait_ms)
{
        if (host->pumping)
                return;
        host->pumping = true;
        process_add_errand(&host->process, memory_new(sizeof(struct process_errand)), pump,
                           sim_drop, sim_now(host->sim) + wait_ms);
}

static void pump(struct errand *errand)
{
        struct host *host = host_of_errand(errand);

        if (!host || !host->core)
                return;
        host->pumping = false;
        if (!host->broker->up)
                pump_in(host, SIM_SECOND);
        else if (read_one(host) && host->core)
                pump_in(host, sim_between(host->sim, 0, 3));
}

void host_pump_soon(struct host *host)
{
        if (host->core)
                pump_in(host, sim_between(host->sim, 1, 100));
}

static void on_append(void *context, enum topic topic, int32_t partition,
                      const struct broker_record *record)
{
        struct host *host = context;

        (void)record;
        if (host->core && host->places[topic][partition].reading)
                host_pump_soon(host);
}

void host_watch(struct host *host)
{
        broker_watch(host->broker, on_append, host);
}

void host_start_reading(struct host *host, enum topic topic, int32_t partition, int64_t offset)
{
        host->places[topic][partition] =
                (struct host_place){ true, false, offset > 0 ? offset : 0 };
        host_pump_soon(host);
}

void host_stop_reading(struct host *host, enum topic topic, int32_t partition)
{
        host->places[topic][partition].reading = false;
}
