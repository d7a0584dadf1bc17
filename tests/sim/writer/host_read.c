/* tests/sim/writer/host_read.c
 *
 * Updates are waited for; only of results the end is told, since with it the ledger is up to date.
 */
#include "base/memory.h"
#include "sim/writer/host.h"
#include "sim/writer/without.h"

static bool wants(const struct process *process, enum topic topic)
{
        return ((const struct host *)process)->wants[topic];
}

static void take_record(struct process *process, enum topic topic, int32_t partition,
                        const struct broker_record *record)
{
        struct host *host = (struct host *)process;
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

static bool take_end(struct process *process, enum topic topic, int32_t partition)
{
        struct host *host = (struct host *)process;
        int64_t end = broker_end(&host->stage->broker, topic, partition);

        if (topic != TOPIC_RESULTS)
                return false;
        host_feed(host,
                  &(struct writer_input){ .type = INPUT_RESULTS_END, .place = { partition, end } });
        return true;
}

static void take_out_of_range(struct process *process, enum topic topic, int32_t partition)
{
        struct host *host = (struct host *)process;
        int64_t low = broker_low(&host->stage->broker, topic, partition);
        int64_t high = broker_end(&host->stage->broker, topic, partition);

        if (topic == TOPIC_UPDATES)
                host_feed(host, &(struct writer_input){ .type = INPUT_UPDATES_OUT_OF_RANGE,
                                                        .range = { partition, low, high } });
        else
                host_feed(host, &(struct writer_input){ .type = INPUT_RESULTS_OUT_OF_RANGE,
                                                        .range = { partition, low, high } });
}

static const enum topic topics_read[] = { TOPIC_UPDATES, TOPIC_RESULTS };

const struct consumer_kind host_reads = {
        .topics = topics_read,
        .topic_count = ARRAY_LENGTH(topics_read),
        .wants = wants,
        .record = take_record,
        .end = take_end,
        .out_of_range = take_out_of_range,
};
