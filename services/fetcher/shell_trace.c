/* services/fetcher/shell_trace.c
 *
 * Two spans of each read: the GET, with which its trace begins, and the sending of what it brought.
 * Names and attributes are OpenTelemetry's (DEPLOY.md 4.4); a list's path and query are left out.
 */
#include <stdio.h>

#include "fetcher/shell.h"

static void record(struct shell *shell, struct span *span, const struct log_field *attributes)
{
        span->attributes = attributes;
        tracer_record(shell->links.daemon->tracer, span);
}

static int64_t answered_ms(const struct fetcher_report *report)
{
        return report->started_ms + report->duration_ms;
}

static void trace_get(struct shell *shell, const struct fetcher_report *report)
{
        const struct municipality *municipality =
                config_municipality(shell->links.daemon->config, report->municipality);
        const struct log_field attributes[] = {
                FIELD_TEXT("http.request.method", "GET"),
                FIELD_NUMBER("http.response.status_code", report->status),
                FIELD_TEXT("url.full", municipality ? municipality->base_url : ""),
                FIELD_TEXT("error.type", report->reason),
                FIELD_TEXT("dplsync.municipality", report->municipality),
                FIELD_NUMBER("dplsync.events", report->events),
                FIELD_END,
        };
        struct span span = {
                .trace = report->trace,
                .name = "GET",
                .kind = SPAN_CLIENT,
                .start_ms = report->started_ms,
                .end_ms = answered_ms(report),
                .failed = report->type == FETCHER_READ_FAILED,
                .error = report->error.text,
        };

        record(shell, &span, attributes);
}

static void trace_send(struct shell *shell, const struct fetcher_report *report)
{
        const char *topic = shell->links.daemon->topics.names[TOPIC_SNAPSHOTS];
        char name[TOPIC_NAME_BYTES + sizeof("send ")];
        const struct log_field attributes[] = {
                FIELD_TEXT("messaging.system", "kafka"),
                FIELD_TEXT("messaging.operation.name", "send"),
                FIELD_TEXT("messaging.operation.type", "send"),
                FIELD_TEXT("messaging.destination.name", topic),
                FIELD_TEXT("dplsync.municipality", report->municipality),
                FIELD_TEXT("dplsync.outcome",
                           report->type == FETCHER_READ_UNCHANGED ? "unchanged" : "published"),
                FIELD_END,
        };
        struct span span = {
                .name = name,
                .kind = SPAN_PRODUCER,
                .start_ms = answered_ms(report),
                .end_ms = loop_now_ms(shell->links.daemon->loop),
        };

        snprintf(name, sizeof(name), "send %s", topic);
        memcpy(span.parent, report->trace.span, sizeof(span.parent));
        trace_child(&report->trace, "send", 0, &span.trace);
        record(shell, &span, attributes);
}

void shell_trace(struct shell *shell, const struct fetcher_report *report)
{
        switch (report->type) {
        case FETCHER_READ_PUBLISHED:
        case FETCHER_READ_UNCHANGED:
                trace_get(shell, report);
                trace_send(shell, report);
                break;
        case FETCHER_READ_FAILED:
                trace_get(shell, report);
                break;
        default:
                break;
        }
}
