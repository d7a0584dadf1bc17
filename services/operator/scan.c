/* services/operator/scan.c
 *
 * Where the reading of a partition is to end is told by its own end event, so that what a vendor's
 * transaction left there (marks without records) does not keep anybody waiting.
 */
#include "operator/scan.h"

#include "operator/kafka_view.h"

#include "base/memory.h"

enum { TIMES_TIMEOUT_MS = 10000, SILENCE_MS = 30000 };

struct run {
        const struct scan *scan;
        struct desk *desk;
        struct kafka_consumer *reader;
        bool *open; /* by topic and partition: its end is still to come */
        size_t open_count;
        int64_t read; /* records */
        int64_t all;  /* that there were at the beginning */
        int64_t silent_at_read;
        bool enough;
        struct error error;
};

static size_t place_of(const struct run *run, enum topic topic, int32_t partition)
{
        return (size_t)topic * (size_t)run->desk->topics.partitions + (size_t)partition;
}

/* ---- what comes ---- */

static void on_record(void *context, const struct kafka_record *record)
{
        struct run *run = context;
        const struct record view = kafka_view(record);

        if (run->enough)
                return;
        run->read++;
        run->enough = !run->scan->take(run->scan->context, &view);
        if (run->scan->progress)
                run->scan->progress(run->scan->progress_context, run->read, run->all);
}

/* It is not stopped: that would assign all others anew, and fetch them again. */
static void on_end(void *context, enum topic topic, int32_t partition, int64_t offset)
{
        struct run *run = context;
        bool *open = &run->open[place_of(run, topic, partition)];

        (void)offset;
        run->open_count -= *open;
        *open = false;
}

/* Retention took what was to be read between the asking and the reading. */
static void on_out_of_range(void *context, enum topic topic, int32_t partition, int64_t low,
                            int64_t high)
{
        struct run *run = context;

        (void)high;
        kafka_start(run->reader, topic, partition, low);
}

static void on_failed(void *context, const char *reason, bool fatal)
{
        struct run *run = context;

        desk_kafka_failed(run->desk, reason, fatal);
        if (fatal)
                error_set(&run->error, "kafka: %s", reason);
}

static bool is_over(void *context)
{
        struct run *run = context;

        return run->enough || run->error.text[0] || (run->open_count == 0 && !run->scan->follow);
}

/* ---- where to begin ---- */

static void start(struct run *run, enum topic topic, int32_t partition, int64_t from)
{
        bool *open = &run->open[place_of(run, topic, partition)];

        if (from == KAFKA_END) /* nothing was written since */
                return;
        run->open_count += !*open;
        *open = true;
        kafka_start(run->reader, topic, partition, from);
}

static bool covers(const struct scan_range *range, int32_t partition)
{
        return range->partition == SCAN_ALL || range->partition == partition;
}

static void count_records(struct run *run, const struct scan_range *range, const int64_t *from,
                          const int64_t *ends)
{
        for (int32_t i = 0; i < run->desk->topics.partitions; i++)
                if (covers(range, i) && from[i] >= 0 && ends[i] > from[i])
                        run->all += ends[i] - from[i];
}

/* A follower must be told the end in numbers: what comes while it is looked for must not be lost.
 */
static void begin_at_ends(const struct scan *scan, int64_t *from, const int64_t *ends,
                          int32_t count)
{
        for (int32_t i = 0; i < count; i++)
                if (scan->follow && from[i] == KAFKA_END)
                        from[i] = ends[i];
}

static int start_range(struct run *run, const struct scan_range *range)
{
        int32_t count = run->desk->topics.partitions;
        size_t bytes = (size_t)count * sizeof(int64_t);
        _cleanup_(freep) int64_t *from = memory_new(bytes);
        _cleanup_(freep) int64_t *ends = memory_new(bytes);
        int64_t from_ms = range->from_ms > 0 ? range->from_ms : KAFKA_BEGIN;

        if (kafka_offsets_at(&run->desk->cluster, range->topic, from_ms, TIMES_TIMEOUT_MS, from,
                             &run->error) < 0 ||
            kafka_offsets_at(&run->desk->cluster, range->topic, KAFKA_END, TIMES_TIMEOUT_MS, ends,
                             &run->error) < 0)
                return -1;
        count_records(run, range, from, ends);
        begin_at_ends(run->scan, from, ends, count);
        for (int32_t i = 0; i < count; i++)
                if (covers(range, i))
                        start(run, range->topic, i, from[i]);
        return 0;
}

static int start_all(struct run *run)
{
        for (size_t i = 0; i < run->scan->count; i++)
                if (start_range(run, &run->scan->ranges[i]) < 0)
                        return -1;
        return 0;
}

/* As long as something comes it may take its time; a silence is a failure. */
static int await(struct run *run)
{
        do {
                run->silent_at_read = run->read;
                run->desk->trouble.text[0] = '\0';
                if (desk_wait(run->desk, is_over, run, run->scan->follow ? 0 : SILENCE_MS,
                              "Kafka's records", &run->error) == 0)
                        return run->error.text[0] ? -1 : 0;
        } while (!run->desk->interrupted && run->read > run->silent_at_read);
        return -1;
}

int scan_run(struct desk *desk, const struct scan *scan, struct error *error)
{
        static const struct kafka_handlers handlers = { .record = on_record,
                                                        .end = on_end,
                                                        .out_of_range = on_out_of_range,
                                                        .failed = on_failed };
        size_t places = TOPIC_COUNT * (size_t)desk->topics.partitions;
        _cleanup_(freep) bool *open = memory_new(places);
        struct run run = { .scan = scan, .desk = desk, .open = open };
        int result = -1;

        run.reader = kafka_reader_new(desk->loop, &desk->cluster, &handlers, &run, error);
        if (!run.reader)
                return -1;
        if (start_all(&run) == 0)
                result = await(&run);
        kafka_consumer_free(run.reader);
        return result == 0 ? 0 : error_set(error, "%s", run.error.text);
}
