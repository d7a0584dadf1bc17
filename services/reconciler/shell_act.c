/* services/reconciler/shell_act.c
 *
 * The way out: actions as calls. A call that fails at once is answered like one that fails later.
 */
#include "reconciler/letters.h"
#include "reconciler/shell.h"

static void fill_headers(const struct shell *shell, const struct record *record,
                         struct headers *headers)
{
        headers_clear(headers);
        headers_add_cloudevent(headers, record->id, shell->source, record->type, record->key,
                               record->time_ms);
        if (record->trace[0])
                headers_add(headers, "traceparent", record->trace);
}

static int produce_own(struct shell *shell, const struct record *record)
{
        struct headers headers;

        fill_headers(shell, record, &headers);
        return kafka_produce(shell->links.producer, record->topic, record->partition,
                             slice_of(record->key), buffer_slice(&record->value), &headers,
                             record->token);
}

static struct slice kept(bool present, const struct buffer *buffer)
{
        return !present ? SLICE_NULL : buffer->data ? buffer_slice(buffer) : slice_of("");
}

static int produce_letter(struct shell *shell, const struct record *record)
{
        const struct letter *letter = record->letter;
        struct headers headers;

        headers_unpack(buffer_slice(&letter->headers), &headers);
        return kafka_produce(shell->links.producer, record->topic, record->partition,
                             kept(letter->has_key, &letter->key),
                             kept(letter->has_value, &letter->value), &headers, record->token);
}

static void produce(struct shell *shell, const struct record *record)
{
        struct reconciler_input refused = {
                .type = RECONCILER_DELIVERED,
                .token = record->token,
                .error = "the producer's queue is full",
        };

        if ((record->letter ? produce_letter(shell, record) : produce_own(shell, record)) < 0)
                shell_handle_later(shell, &refused);
}

static void read_log(struct shell *shell, int32_t partition)
{
        struct error error = ERROR_NULL;

        if (shell_read_log(shell, partition, &error) < 0)
                daemon_fail(shell->links.daemon, error.text);
}

void shell_act(struct shell *shell, const struct reconciler_action *action)
{
        switch (action->type) {
        case RECONCILER_START:
                kafka_start(shell->links.consumer, action->place.topic, action->place.partition,
                            action->place.offset);
                break;
        case RECONCILER_STORE:
                kafka_store(shell->links.consumer, action->place.topic, action->place.partition,
                            action->place.offset);
                break;
        case RECONCILER_WANT:
                kafka_want(shell->links.consumer, action->want);
                break;
        case RECONCILER_LOAD_META:
        case RECONCILER_LOAD_EVENTS:
        case RECONCILER_LOAD_LEDGER:
                shell_load(shell, action);
                break;
        case RECONCILER_PRODUCE:
                produce(shell, action->record);
                break;
        case RECONCILER_APPLY:
                shell_apply(shell, &action->apply);
                break;
        case RECONCILER_STATUS:
                shell_put_status(shell, action->status);
                break;
        case RECONCILER_READ_LOG:
                read_log(shell, action->partition);
                break;
        case RECONCILER_LEAVE_LOG:
                shell_leave_log(shell, action->partition);
                break;
        case RECONCILER_REPORT:
                shell_report(shell, action->report);
                break;
        case RECONCILER_GONE:
                metrics_drop_municipality(shell->links.daemon->metrics, action->municipality);
                break;
        case RECONCILER_STOP:
                daemon_fail(shell->links.daemon, action->reason->text);
                break;
        case RECONCILER_DRAINED:
                daemon_drained(shell->links.daemon);
                break;
        }
}
