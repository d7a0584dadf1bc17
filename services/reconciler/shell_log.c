/* services/reconciler/shell_log.c
 *
 * The reading of `changes` for rebuilds: a reader without a group, there only while it is needed.
 */
#include "reconciler/shell.h"

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

        if (shell->reading[record->partition])
                shell_handle(shell, &input);
}

static void on_log_end(void *context, enum topic topic, int32_t partition, int64_t offset)
{
        struct shell *shell = context;
        struct reconciler_input input = {
                .type = RECONCILER_LOG_END,
                .range = { .topic = topic, .partition = partition, .high = offset },
        };

        if (!shell->reading[partition])
                return;
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

        if (!shell->reader)
                shell->reader =
                        kafka_reader_new(daemon->loop, &daemon->cluster, &handlers, shell, error);
        if (!shell->reader)
                return -1;
        shell->reading_count += !shell->reading[partition];
        shell->reading[partition] = true;
        kafka_start(shell->reader, TOPIC_CHANGES, partition, KAFKA_BEGIN);
        return 0;
}

void shell_leave_log(struct shell *shell, int32_t partition)
{
        if (!shell->reading[partition])
                return;
        shell->reading[partition] = false;
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
