/* services/reconciler/shell_log.c
 *
 * The reading of `changes` for rebuilds: a reader without a group, there only while it is needed.
 */
#include "reconciler/metrics.h"
#include "reconciler/shell.h"

enum { SAY_EVERY_MS = 5000 };

static void say_progress(struct shell *shell, int32_t partition, const char *message)
{
        struct shell_reading *reading = &shell->readings[partition];
        int64_t now_ms = loop_now_ms(shell->links.daemon->loop);
        int64_t left = kafka_lag(shell->reader, TOPIC_CHANGES, partition);

        reading->said_ms = now_ms;
        logger_say(shell->links.daemon->logger, LOG_INFO, message,
                   FIELD_NUMBER("partition", partition), FIELD_NUMBER("records", reading->records),
                   FIELD_NUMBER("left", left < 0 ? 0 : left),
                   FIELD_NUMBER("ms", now_ms - reading->begun_ms));
}

static void count_record(struct shell *shell, int32_t partition)
{
        struct shell_reading *reading = &shell->readings[partition];

        reading->records++;
        metrics_add(shell->links.daemon->metrics, METRIC_REBUILD_RECORDS, NULL, NULL, 1);
        if (loop_now_ms(shell->links.daemon->loop) - reading->said_ms >= SAY_EVERY_MS)
                say_progress(shell, partition, "changes are read for a rebuild");
}

void shell_collect_log(struct shell *shell)
{
        int64_t left = 0;

        for (int32_t i = 0; shell->reader && i < shell->links.daemon->topics.partitions; i++) {
                int64_t more =
                        shell->readings[i].on ? kafka_lag(shell->reader, TOPIC_CHANGES, i) : 0;

                left += more > 0 ? more : 0;
        }
        metrics_set(shell->links.daemon->metrics, METRIC_REBUILD_LEFT, NULL, NULL, (double)left);
}

static void on_log_record(void *context, const struct kafka_record *record)
{
        struct shell *shell = context;
        struct reconciler_input input = {
                .type = RECONCILER_LOG,
                .record = {
                        .topic = record->topic,
                        .partition = record->partition,
                        .offset = record->offset,
                        .appended_ms = record->timestamp_ms,
                        .key = record->key,
                        .value = record->value,
                        .headers = record->headers,
                },
        };

        if (!shell->readings[record->partition].on)
                return;
        count_record(shell, record->partition);
        shell_handle(shell, &input);
}

static void on_log_end(void *context, enum topic topic, int32_t partition, int64_t offset)
{
        struct shell *shell = context;
        struct reconciler_input input = {
                .type = RECONCILER_LOG_END,
                .range = { .topic = topic, .partition = partition, .high = offset },
        };

        if (!shell->readings[partition].on)
                return;
        say_progress(shell, partition, "changes were read for a rebuild");
        shell_leave_log(shell, partition);
        shell_handle(shell, &input);
}

/* The oldest records went while it was being read. */
static void on_log_out_of_range(void *context, enum topic topic, int32_t partition, int64_t low,
                                int64_t high)
{
        struct shell *shell = context;

        (void)high;
        kafka_start(shell->reader, topic, partition, low);
}

static void on_log_failed(void *context, const char *reason, bool fatal)
{
        struct shell *shell = context;

        if (fatal)
                daemon_fail(shell->links.daemon, reason);
        else
                logger_say(shell->links.daemon->logger, LOG_WARN, "kafka",
                           FIELD_TEXT("error.message", reason));
}

int shell_read_log(struct shell *shell, int32_t partition, struct error *error)
{
        static const struct kafka_handlers handlers = {
                .record = on_log_record,
                .end = on_log_end,
                .out_of_range = on_log_out_of_range,
                .failed = on_log_failed,
        };
        struct daemon *daemon = shell->links.daemon;
        int64_t now_ms = loop_now_ms(daemon->loop);

        if (!shell->reader)
                shell->reader =
                        kafka_reader_new(daemon->loop, &daemon->cluster, &handlers, shell, error);
        if (!shell->reader)
                return -1;
        shell->reading_count += !shell->readings[partition].on;
        shell->readings[partition] =
                (struct shell_reading){ .on = true, .begun_ms = now_ms, .said_ms = now_ms };
        /* Not KAFKA_BEGIN: librdkafka asks a broker where that is, and again after half a second
         * where it has not met the leader yet. Where the log begins later, that is told. */
        kafka_start(shell->reader, TOPIC_CHANGES, partition, 0);
        return 0;
}

void shell_leave_log(struct shell *shell, int32_t partition)
{
        if (!shell->readings[partition].on)
                return;
        shell->readings[partition].on = false;
        shell->reading_count--;
        kafka_stop(shell->reader, TOPIC_CHANGES, partition);
}

void shell_rest_log(struct shell *shell)
{
        if (!shell->reader || shell->reading_count > 0)
                return;
        kafka_consumer_free(shell->reader);
        shell->reader = NULL;
}
