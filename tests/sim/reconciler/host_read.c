/* tests/sim/reconciler/host_read.c
 *
 * `changes` is read beside the group and in bites, with everything else in between.
 */
#include "sim/reconciler/host.h"

#include "base/memory.h"
#include "sim/reconciler/without.h"

enum { LOG_RECORDS = 64 };

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

static void feed_range(struct host *host, enum reconciler_input_type type, enum topic topic,
                       int32_t partition)
{
        const struct broker *broker = &host->stage->broker;

        host_feed(host,
                  &(struct reconciler_input){ .type = type,
                                              .range = {
                                                      .topic = topic,
                                                      .partition = partition,
                                                      .low = broker_low(broker, topic, partition),
                                                      .high = broker_end(broker, topic, partition),
                                              } });
}

/* -- what the group reads ------------------------------------------------------------------------
 */

static bool wants(const struct process *process, enum topic topic)
{
        (void)topic;
        return ((const struct host *)process)->want;
}

static void take_record(struct process *process, enum topic topic, int32_t partition,
                        const struct broker_record *record)
{
        feed_record((struct host *)process, RECONCILER_RECORD, topic, partition, record);
}

static bool take_end(struct process *process, enum topic topic, int32_t partition)
{
        feed_range((struct host *)process, RECONCILER_END, topic, partition);
        return true;
}

static void take_out_of_range(struct process *process, enum topic topic, int32_t partition)
{
        feed_range((struct host *)process, RECONCILER_OUT_OF_RANGE, topic, partition);
}

static const enum topic topics_read[] = { TOPIC_SNAPSHOTS, TOPIC_CONTROL };

const struct consumer_kind host_reads = {
        .topics = topics_read,
        .topic_count = ARRAY_LENGTH(topics_read),
        .wants = wants,
        .record = take_record,
        .end = take_end,
        .out_of_range = take_out_of_range,
};

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
                                : broker_next(&host->stage->broker, TOPIC_CHANGES, partition,
                                              log->position);

                if (!record) {
                        host_leave_log(host, partition);
                        feed_range(host, RECONCILER_LOG_END, TOPIC_CHANGES, partition);
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
