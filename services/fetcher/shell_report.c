/* services/fetcher/shell_report.c
 *
 * What happened, as one log line an outcome, and counted.
 */
#include "fetcher/metrics.h"
#include "fetcher/shell.h"

static void log_read(struct shell *shell, const struct fetcher_report *report, enum log_level level,
                     const char *outcome)
{
        logger_say(shell->links.daemon->logger, level, "list fetched",
                   FIELD_TEXT("municipality", report->municipality), FIELD_TEXT("outcome", outcome),
                   FIELD_NUMBER("events", report->events),
                   FIELD_NUMBER("unreadable", report->unreadable),
                   FIELD_NUMBER("bytes", report->bytes),
                   FIELD_NUMBER("http.response.status_code", report->status),
                   FIELD_NUMBER("fresh", report->fresh),
                   FIELD_NUMBER("age_s", report->age_ms / 1000),
                   FIELD_NUMBER("duration_ms", report->duration_ms),
                   FIELD_TEXT("trace_id", report->trace.id),
                   FIELD_TEXT("span_id", report->trace.span));
}

static void log_failure(struct shell *shell, const struct fetcher_report *report)
{
        logger_say(shell->links.daemon->logger, LOG_WARN, "list fetched",
                   FIELD_TEXT("municipality", report->municipality),
                   FIELD_TEXT("outcome", "failed"), FIELD_TEXT("error.type", report->reason),
                   FIELD_TEXT("error.message", report->error.text),
                   FIELD_NUMBER("http.response.status_code", report->status),
                   FIELD_NUMBER("fresh", report->fresh),
                   FIELD_NUMBER("duration_ms", report->duration_ms),
                   FIELD_TEXT("trace_id", report->trace.id),
                   FIELD_TEXT("span_id", report->trace.span));
}

static void log_about(struct shell *shell, const struct fetcher_report *report,
                      enum log_level level, const char *message)
{
        logger_say(shell->links.daemon->logger, level, message,
                   FIELD_TEXT("municipality", report->municipality),
                   FIELD_TEXT("error.type", report->reason),
                   FIELD_TEXT("error.message", report->error.text));
}

static void log_aside(struct shell *shell, const struct fetcher_report *report)
{
        logger_say(shell->links.daemon->logger, LOG_WARN,
                   "events cannot be told: too large, twice in the list, or without a uuid",
                   FIELD_TEXT("municipality", report->municipality),
                   FIELD_NUMBER("unreadable", report->unreadable),
                   FIELD_TEXT("uuids", report->error.text));
}

static void log_clock(struct shell *shell, const struct fetcher_report *report)
{
        if (report->reason[0] == '\0')
                logger_say(shell->links.daemon->logger, LOG_INFO, "the clock is right again");
        else
                logger_say(shell->links.daemon->logger, LOG_ERROR, "the clock is wrong",
                           FIELD_TEXT("error.message", report->error.text));
}

void shell_report(struct shell *shell, const struct fetcher_report *report)
{
        fetcher_metrics_count(shell->links.daemon->metrics, report);
        shell_trace(shell, report);
        switch (report->type) {
        case FETCHER_OWNED:
                log_about(shell, report, LOG_DEBUG, "municipality is ours");
                break;
        case FETCHER_RELEASED:
                log_about(shell, report, LOG_DEBUG, "municipality is handed over");
                break;
        case FETCHER_RECONFIGURED:
                log_about(shell, report, LOG_DEBUG, "municipality has other settings");
                break;
        case FETCHER_READ_BEGAN:
                log_about(shell, report, LOG_DEBUG, "list requested");
                break;
        case FETCHER_READ_PUBLISHED:
                log_read(shell, report, LOG_INFO, "published");
                break;
        case FETCHER_READ_UNCHANGED:
                log_read(shell, report, LOG_INFO, "unchanged");
                break;
        case FETCHER_READ_FAILED:
                log_failure(shell, report);
                break;
        case FETCHER_READ_POSTPONED:
                log_about(shell, report, LOG_INFO, "list postponed");
                break;
        case FETCHER_EVENTS_ASIDE:
                log_aside(shell, report);
                break;
        case FETCHER_CONTROL_REFUSED:
                log_about(shell, report, LOG_WARN, "command refused");
                break;
        case FETCHER_CLOCK:
                log_clock(shell, report);
                break;
        case FETCHER_REDIS_SILENT:
                log_about(shell, report, LOG_WARN,
                          "redis does not tell where we were, starting anew");
                break;
        }
}
