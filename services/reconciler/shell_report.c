/* services/reconciler/shell_report.c
 *
 * What happened, as one log line an outcome, and counted.
 */
#include "reconciler/metrics.h"
#include "reconciler/shell.h"

static const struct {
        enum log_level level;
        const char *message;
} lines[REPORT_COUNT] = {
        [REPORT_OWNED] = { LOG_DEBUG, "municipality is ours" },
        [REPORT_APPLIED] = { LOG_INFO, "snapshot applied" },
        [REPORT_CONFIRMED] = { LOG_INFO, "snapshot confirmed" },
        [REPORT_DRIFT] = { LOG_WARN, "site shows other links or states than the vendor wishes" },
        [REPORT_SKIPPED] = { LOG_INFO, "snapshot skipped" },
        [REPORT_FOREIGN] = { LOG_WARN, "snapshot held: it has none of the events that are known; "
                                       "is base_url right?" },
        [REPORT_REFUSED] = { LOG_WARN, "record cannot be used: it is among the dead letters" },
        [REPORT_UNREADABLE] = { LOG_WARN, "what is known of a municipality cannot be read" },
        [REPORT_ABANDONED] = { LOG_WARN, "snapshot abandoned" },
        [REPORT_FAILED] = { LOG_WARN, "attempt failed, it is made again" },
        [REPORT_REBUILDING] = { LOG_INFO, "state is rebuilt from the changes" },
        [REPORT_REBUILT] = { LOG_INFO, "state rebuilt" },
        [REPORT_COMMAND] = { LOG_INFO, "command handled" },
        [REPORT_ASKED] = { LOG_DEBUG, "list asked for" },
};

static void log_counts(struct shell *shell, const struct report *report)
{
        logger_say(shell->links.daemon->logger, lines[report->what].level,
                   lines[report->what].message, FIELD_TEXT("municipality", report->municipality),
                   FIELD_NUMBER("version", (int64_t)report->version),
                   FIELD_NUMBER("known", report->known), FIELD_NUMBER("created", report->created),
                   FIELD_NUMBER("updated", report->updated),
                   FIELD_NUMBER("reasserted", report->reasserted),
                   FIELD_NUMBER("deleted", report->deleted), FIELD_NUMBER("held", report->held),
                   FIELD_NUMBER("candidates", report->candidates),
                   FIELD_TEXT("trace_id", report->trace.id),
                   FIELD_TEXT("span_id", report->trace.span));
}

static void log_text(struct shell *shell, const struct report *report)
{
        const char *name = lines[report->what].level >= LOG_WARN ? "error.message" : "outcome";

        logger_say(shell->links.daemon->logger, lines[report->what].level,
                   lines[report->what].message, FIELD_TEXT("municipality", report->municipality),
                   FIELD_TEXT(name, report->text), FIELD_TEXT("trace_id", report->trace.id),
                   FIELD_TEXT("span_id", report->trace.span));
}

static void log_drift(struct shell *shell, const struct report *report)
{
        logger_say(shell->links.daemon->logger, lines[report->what].level,
                   lines[report->what].message, FIELD_TEXT("municipality", report->municipality),
                   FIELD_NUMBER("events", report->drifting),
                   FIELD_TEXT("event_uuids", report->text));
}

void shell_report(struct shell *shell, const struct report *report)
{
        reconciler_metrics_count(shell->links.daemon->metrics, report);
        shell_trace(shell, report);
        switch (report->what) {
        case REPORT_APPLIED:
        case REPORT_FOREIGN:
        case REPORT_REBUILT:
        case REPORT_OWNED:
                log_counts(shell, report);
                break;
        case REPORT_DRIFT:
                log_drift(shell, report);
                break;
        default:
                log_text(shell, report);
                break;
        }
}
