/* services/writer/tracing.c
 *
 * Nothing is kept for it: the vendor's trace stands in the update's own record, and all else
 * follows from that, so that a redelivered update is handled in the same span.
 */
#include "writer/tracing.h"

#include <stdlib.h>
#include <string.h>

#include "writer/lane.h"
#include "model/record.h"

/* Where it came from; none if it does not say. */
static void trace_of(const struct wanted *wanted, struct trace *sent)
{
        struct headers headers;
        struct record record;

        record_copy_view(wanted->original, &record, &headers);
        trace_read(sent, headers_get(&headers, "traceparent"));
}

static void begin_of_key(const char *key, int64_t sample_percent, struct trace *trace)
{
        char half[17] = "";

        memcpy(half, key, 16);
        trace_begin(trace, strtoull(half, NULL, 16), strtoull(key + 16, NULL, 16), sample_percent);
}

struct tracing tracing_update(const struct lane *lane, const struct wanted *wanted,
                              int64_t sample_percent)
{
        struct tracing tracing = { .link_count = 0 };
        struct trace sent = { .id = "" };

        if (wanted)
                trace_of(wanted, &sent);
        memcpy(tracing.parent, sent.span, sizeof(tracing.parent));
        if (sent.id[0] != '\0')
                trace_child(&sent, "process", wanted->version, &tracing.own);
        else if (lane->attempt && (!wanted || wanted->in_attempt || wanted->by_attempt))
                begin_of_key(lane->attempt->request.key, sample_percent, &tracing.own);
        return tracing;
}

static void link_others(const struct lane *lane, const struct wanted *newest,
                        struct tracing *tracing)
{
        for (const struct wanted *other = lane->open; other; other = other->next) {
                struct tracing handled;

                if (!other->in_attempt || other == newest || tracing->link_count == TRACING_LINKS)
                        continue;
                handled = tracing_update(lane, other, 0);
                if (handled.parent[0] != '\0')
                        tracing->links[tracing->link_count++] = handled.own;
        }
}

struct tracing tracing_patch(const struct lane *lane, const struct wanted *newest,
                             int64_t sample_percent)
{
        struct tracing tracing = tracing_update(lane, newest, sample_percent);
        uint64_t number = newest ? newest->attempts : lane->attempt->request.serial;

        memcpy(tracing.parent, tracing.own.span, sizeof(tracing.parent));
        trace_child(&tracing.own, "PATCH", number, &tracing.own);
        link_others(lane, newest, &tracing);
        return tracing;
}
