/* tests/sim/reconciler/host_read.c
 *
 * Records come one at a time, so that everything else can come in between.
 */
#include "sim/reconciler/host.h"

#include "base/memory.h"
#include "sim/reconciler/without.h"

enum { LOG_RECORDS = 64 };

static const enum topic topics_read[] = { TOPIC_SNAPSHOTS, TOPIC_CONTROL };

static void feed_record(struct host *host, enum reconciler_input_type type, enum topic topic,
                        int32_t partition, const struct broker_record *record)
{
        struct headers headers;
        struct reconciler_input input = {
                .type = type,
                .record = {
                        .topic = topic,
                        .partition = partition,
                        .offset = record->offset,
                        .appended_ms = record->appended_ms,
                        .key = slice_of(record->key),
                        .value = { record->value, record->value_length },
                        .headers = &headers,
                },
        };

        broker_headers(record, &headers);
        host_feed(host, &input);
}

/* -- what the group reads ------------------------------------------------------------------------
 */

static void feed_out_of_range(struct host *host, enum topic topic, int32_t partition)
{
        struct reconciler_input input = {
                .type = RECONCILER_OUT_OF_RANGE,
                .range = { .topic = topic,
                           .partition = partition,
                           .low = broker_low(host->broker, topic, partition),
                           .high = broker_end(host->broker, topic, partition) },
        };

        host->places[topic][partition].reading = false;
        host_feed(host, &input);
}

static bool is_out_of_range(const struct host *host, enum topic topic, int32_t partition)
{
        const struct host_place *place = &host->places[topic][partition];

        return place->position != PLACE_BEGIN &&
               (place->position < broker_low(host->broker, topic, partition) ||
                place->position > broker_end(host->broker, topic, partition));
}

static void feed_end(struct host *host, enum topic topic, int32_t partition)
{
        struct reconciler_input input = {
                .type = RECONCILER_END,
                .range = { .topic = topic,
                           .partition = partition,
                           .high = broker_end(host->broker, topic, partition) },
        };

        host->places[topic][partition].ended = true;
        host_feed(host, &input);
}

/* True if there was something to do. */
static bool read_place(struct host *host, enum topic topic, int32_t partition)
{
        struct host_place *place = &host->places[topic][partition];

        if (!place->reading)
                return false;
        if (is_out_of_range(host, topic, partition)) {
                feed_out_of_range(host, topic, partition);
                return true;
        }

        const struct broker_record *record =
                broker_next(host->broker, topic, partition, place->position);

        if (record) {
                place->position = record->offset + 1;
                place->ended = false;
                feed_record(host, RECONCILER_RECORD, topic, partition, record);
                return true;
        }
        if (place->ended)
                return false;
        feed_end(host, topic, partition);
        return true;
}

static bool read_one(struct host *host)
{
        unsigned count = (unsigned)ARRAY_LENGTH(topics_read) * (unsigned)host->topics.partitions;

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
        if (!host->want)
                return;
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
        host->places[topic][partition] = (struct host_place){ true, false, offset };
        host_pump_soon(host);
}

void host_stop_reading(struct host *host)
{
        for (int topic = 0; topic < TOPIC_COUNT; topic++)
                for (int32_t p = 0; p < GROUP_PARTITIONS_MAX; p++)
                        host->places[topic][p].reading = false;
        for (int32_t p = 0; p < GROUP_PARTITIONS_MAX; p++)
                host->logs[p].reading = false;
}

/* -- `changes`, for a rebuild ---------------------------------------------------------------------
 */

struct log_errand {
        struct process_errand errand;
        int32_t partition;
        unsigned turn;
};

static void read_log(struct errand *errand);

static void read_log_on(struct host *host, int32_t partition)
{
        struct log_errand *errand = memory_new(sizeof(*errand));

        errand->partition = partition;
        errand->turn = host->logs[partition].turn;
        process_add_errand(&host->process, &errand->errand, read_log, sim_drop,
                           sim_now(host->sim) + process_delay_ms(&host->process));
}

static void end_log(struct host *host, int32_t partition)
{
        struct reconciler_input input = {
                .type = RECONCILER_LOG_END,
                .range = { .topic = TOPIC_CHANGES,
                           .partition = partition,
                           .high = broker_end(host->broker, TOPIC_CHANGES, partition) },
        };

        host->logs[partition].reading = false;
        host_feed(host, &input);
}

static bool is_this_turn(const struct host *host, int32_t partition, unsigned turn)
{
        return host->core && host->logs[partition].reading && host->logs[partition].turn == turn;
}

static void read_log(struct errand *errand)
{
        const struct log_errand *mine = (const struct log_errand *)errand;
        struct host *host = host_of_errand(errand);
        int32_t partition = mine->partition;

        if (!host)
                return;
        for (int i = 0; i < LOG_RECORDS && is_this_turn(host, partition, mine->turn); i++) {
                struct host_log *log = &host->logs[partition];
                const struct broker_record *record =
                        host->sim->without == WITHOUT_REBUILD
                                ? NULL
                                : broker_next(host->broker, TOPIC_CHANGES, partition,
                                              log->position);

                if (!record) {
                        end_log(host, partition);
                        return;
                }
                log->position = record->offset + 1;
                feed_record(host, RECONCILER_LOG, TOPIC_CHANGES, partition, record);
        }
        if (is_this_turn(host, partition, mine->turn))
                read_log_on(host, partition);
}

void host_read_log(struct host *host, int32_t partition)
{
        host->logs[partition].reading = true;
        host->logs[partition].turn++;
        host->logs[partition].position = 0;
        read_log_on(host, partition);
}

void host_leave_log(struct host *host, int32_t partition)
{
        host->logs[partition].reading = false;
}
