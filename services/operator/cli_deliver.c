/* services/operator/cli_deliver.c
 *
 * Waits without an end of its own: each record has one (message.timeout.ms), and then the delivery
 * says why.
 */
#include "operator/cli_deliver.h"

#include <stdio.h>

#include "operator/cli_progress.h"

struct run {
        const struct cli_batch *batch;
        struct cli_progress progress;
        size_t sent;
        bool done;
        struct error reason;
};

static bool on_next(void *context, struct delivery_item *item)
{
        struct run *run = context;

        return run->batch->next(run->batch->context, item);
}

static void on_placed(void *context, int64_t offset)
{
        struct run *run = context;

        if (run->batch->placed)
                run->batch->placed(run->batch->context, offset);
}

static void on_progress(void *context, size_t count)
{
        struct run *run = context;

        run->sent = count;
        cli_progress_at(&run->progress, (int64_t)count, (int64_t)run->batch->all);
}

static void on_done(void *context, size_t count, const char *reason)
{
        struct run *run = context;

        run->sent = count;
        run->done = true;
        if (reason)
                error_set(&run->reason, "kafka: %s", reason);
}

static bool is_done(void *context)
{
        return ((const struct run *)context)->done;
}

int cli_deliver(struct desk *desk, const struct cli_batch *batch, size_t *sent, struct error *error)
{
        static const struct delivery_handlers handlers = {
                .next = on_next, .placed = on_placed, .progress = on_progress, .done = on_done
        };
        struct run run = { .batch = batch };
        struct delivery *delivery =
                delivery_start(desk->loop, &desk->cluster, batch->rate, &handlers, &run, error);

        *sent = 0;
        if (!delivery)
                return -1;
        cli_progress_begin(&run.progress, batch->what);
        if (desk_wait(desk, is_done, &run, 0, "Kafka", NULL) < 0)
                delivery_cancel(delivery, "interrupted");
        cli_progress_end(&run.progress);
        *sent = run.sent;
        return run.reason.text[0] ? error_set(error, "%s", run.reason.text) : 0;
}

void cli_print(const struct buffer *text)
{
        fwrite(text->data, 1, text->length, stdout);
}

void cli_time(int64_t ms, char text[TIMESTAMP_TEXT_BYTES])
{
        if (ms > 0)
                timestamp_format(ms, text);
        else
                snprintf(text, TIMESTAMP_TEXT_BYTES, "-");
}
