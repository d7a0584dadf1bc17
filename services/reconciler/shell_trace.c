/* services/reconciler/shell_trace.c
 *
 * A span of each snapshot, from Kafka's record to its end. The changes that come of it hang under
 * it.
 */
#include <stdio.h>

#include "reconciler/shell.h"

static const char *outcome_of(const struct report *report)
{
        static const char *const outcomes[REPORT_COUNT] = {
                [REPORT_APPLIED] = "applied",
                [REPORT_CONFIRMED] = "confirmed",
                [REPORT_SKIPPED] = "skipped",
                [REPORT_FOREIGN] = "foreign",
        };

        return outcomes[report->what];
}

void shell_trace(struct shell *shell, const struct report *report)
{
        const struct daemon *daemon = shell->links.daemon;
        const char *topic = daemon->topics.names[TOPIC_SNAPSHOTS];
        char name[TOPIC_NAME_BYTES + sizeof("process ")];
        const struct log_field attributes[] = {
                FIELD_TEXT("messaging.system", "kafka"),
                FIELD_TEXT("messaging.operation.name", "process"),
                FIELD_TEXT("messaging.operation.type", "process"),
                FIELD_TEXT("messaging.destination.name", topic),
                FIELD_TEXT("dplsync.municipality", report->municipality),
                FIELD_TEXT("dplsync.outcome", outcome_of(report)),
                FIELD_NUMBER("dplsync.created", report->created),
                FIELD_NUMBER("dplsync.updated", report->updated),
                FIELD_NUMBER("dplsync.deleted", report->deleted),
                FIELD_END,
        };
        struct span span = {
                .trace = report->trace,
                .name = name,
                .kind = SPAN_CONSUMER,
                .start_ms = report->appended_ms,
                .end_ms = loop_now_ms(daemon->loop),
                .attributes = attributes,
        };

        if (!outcome_of(report))
                return;
        memcpy(span.parent, report->sent.span, sizeof(span.parent));
        snprintf(name, sizeof(name), "process %s", topic);
        tracer_record(daemon->tracer, &span);
}
