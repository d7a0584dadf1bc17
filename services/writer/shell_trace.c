/* services/writer/shell_trace.c
 *
 * Spans of what the writer does (DEPLOY.md 4.4): the handling of an update, from the vendor's
 * record to its end, and each PATCH. An address is told without its path: there is one for every
 * event.
 */
#include <stdio.h>

#include "writer/shell.h"

static void record(struct shell *shell, const struct writer_report *report, struct span *span)
{
        span->trace = report->tracing.own;
        memcpy(span->parent, report->tracing.parent, sizeof(span->parent));
        span->links = report->tracing.links;
        span->link_count = report->tracing.link_count;
        span->error = report->detail;
        span->end_ms = loop_now_ms(shell->links.daemon->loop);
        tracer_record(shell->links.daemon->tracer, span);
}

static void trace_update(struct shell *shell, const struct writer_report *report)
{
        const char *topic = shell->links.daemon->topics.names[TOPIC_UPDATES];
        char name[TOPIC_NAME_BYTES + sizeof("process ")];
        const struct log_field attributes[] = {
                FIELD_TEXT("messaging.system", "kafka"),
                FIELD_TEXT("messaging.operation.name", "process"),
                FIELD_TEXT("messaging.operation.type", "process"),
                FIELD_TEXT("messaging.destination.name", topic),
                FIELD_TEXT("error.type", report->reason),
                FIELD_TEXT("dplsync.municipality", report->municipality),
                FIELD_TEXT("dplsync.event.uuid", report->uuid),
                FIELD_TEXT("dplsync.outcome", report->outcome),
                FIELD_NUMBER("dplsync.attempts", report->attempts),
                FIELD_END,
        };
        int64_t now_ms = loop_now_ms(shell->links.daemon->loop);
        struct span span = {
                .name = name,
                .kind = SPAN_CONSUMER,
                .start_ms = report->latency_ms >= 0 ? now_ms - report->latency_ms : now_ms,
                .failed = report->reason[0] != '\0',
                .attributes = attributes,
        };

        snprintf(name, sizeof(name), "process %s", topic);
        record(shell, report, &span);
}

static void trace_patch(struct shell *shell, const struct writer_report *report)
{
        const struct municipality *municipality =
                config_municipality(shell->links.daemon->config, report->municipality);
        bool failed = report->status < 200 || report->status >= 300;
        struct municipality_server server = { .port = 0 };

        if (municipality)
                municipality_server(municipality, &server);

        const struct log_field attributes[] = {
                FIELD_TEXT("http.request.method", "PATCH"),
                FIELD_POSITIVE("http.response.status_code", report->status),
                FIELD_TEXT("server.address", server.address),
                FIELD_POSITIVE("server.port", server.port),
                FIELD_TEXT("url.full", municipality ? municipality->base_url : ""),
                FIELD_TEXT("error.type", failed ? report->outcome : ""),
                FIELD_TEXT("dplsync.municipality", report->municipality),
                FIELD_TEXT("dplsync.event.uuid", report->uuid),
                FIELD_TEXT("dplsync.outcome", report->outcome),
                FIELD_END,
        };
        struct span span = {
                .name = "PATCH",
                .kind = SPAN_CLIENT,
                .start_ms = loop_now_ms(shell->links.daemon->loop) - report->duration_ms,
                .failed = failed,
                .attributes = attributes,
        };

        record(shell, report, &span);
}

void shell_trace(struct shell *shell, const struct writer_report *report)
{
        if (!shell->links.daemon->tracer)
                return;
        if (report->type == REPORT_OUTCOME)
                trace_update(shell, report);
        else if (report->type == REPORT_ATTEMPT)
                trace_patch(shell, report);
}
