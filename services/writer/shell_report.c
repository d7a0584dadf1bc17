/* services/writer/shell_report.c
 *
 * What happened, as one log line an outcome (DEPLOY.md 4.5), and counted.
 */
#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"
#include "writer/metrics.h"
#include "writer/shell.h"

static const struct {
        enum log_level level;
        const char *message;
} lines[] = {
        [REPORT_OUTCOME] = { LOG_INFO, "update ended" },
        [REPORT_ATTEMPT] = { LOG_DEBUG, "patch attempted" },
        [REPORT_DEAD_LETTER] = { LOG_WARN, "update given up as a dead letter" },
        [REPORT_SITE_PAUSED] = { LOG_WARN, "site asked to be left alone" },
        [REPORT_BREAKER] = { LOG_WARN, "circuit breaker" },
        [REPORT_CREDENTIALS_MISSING] = { LOG_WARN, "no log-in is configured, updates wait" },
        [REPORT_CREDENTIALS_REJECTED] = { LOG_ERROR, "site rejects the log-in, updates wait" },
        [REPORT_CREDENTIALS_WORK] = { LOG_INFO, "site accepts the log-in again" },
        [REPORT_HALF_UNKNOWN] = { LOG_WARN,
                                  "one half of the links is unknown, a full list was asked for" },
        [REPORT_STRAY] = { LOG_WARN,
                           "site answers 404 for an event of its last list, its updates wait for "
                           "the next" },
        [REPORT_RECEIVED] = { LOG_DEBUG, "update received" },
        [REPORT_SCATTERED] = { LOG_WARN,
                               "updates of one event come in two partitions, so nobody can tell "
                               "which is the newer; let the vendor's producer put all of a "
                               "municipality into one" },
        [REPORT_UNKNOWN_MUNICIPALITY] = { LOG_WARN, "update for a municipality that is not "
                                                    "configured waits" },
        [REPORT_LEFT] = { LOG_INFO, "municipality is not configured any more" },
        [REPORT_CAUGHT_UP] = { LOG_DEBUG, "ledger reflects results" },
        [REPORT_UPDATES_LOST] = { LOG_ERROR,
                                  "updates were deleted from the topic before they were handled" },
        [REPORT_BAD_LEDGER] = { LOG_WARN, "ledger entry cannot be read and counts as absent" },
        [REPORT_BAD_RESULT] = { LOG_WARN, "record of results cannot be read and is left out" },
};

static const char *breaker_word(const struct writer_report *report)
{
        static const char *const words[] = { "closed", "half open", "open" };

        return report->type == REPORT_BREAKER ? words[report->breaker] : "";
}

/* Only an end as a dead letter has a reason: somebody has to look. */
static enum log_level level_of(const struct writer_report *report)
{
        bool dead = report->type == REPORT_OUTCOME && report->reason[0];

        return dead ? LOG_WARN : lines[report->type].level;
}

/* Numbers that say nothing are left out. */
static void add_number(struct log_field *fields, size_t *count, const char *name, int64_t number)
{
        if (number > 0)
                fields[(*count)++] = FIELD_NUMBER(name, number);
}

void shell_report(struct shell *shell, const struct writer_report *report)
{
        char until[TIMESTAMP_TEXT_BYTES] = "";
        struct log_field fields[LOG_FIELDS_MAX];
        size_t count = 0;

        writer_metrics_count(shell->links.daemon->metrics, report);
        shell_trace(shell, report);
        if (report->until_ms > 0)
                timestamp_format(report->until_ms, until);
        fields[count++] = FIELD_TEXT("municipality", report->municipality);
        fields[count++] = FIELD_TEXT("event_uuid", report->uuid);
        fields[count++] = FIELD_TEXT("outcome", report->outcome);
        fields[count++] = FIELD_TEXT("state", breaker_word(report));
        fields[count++] = FIELD_TEXT("until", until);
        fields[count++] = FIELD_TEXT("error.type", report->reason);
        fields[count++] = FIELD_TEXT("error.message", report->detail);
        fields[count++] = FIELD_TEXT("trace_id", report->tracing.own.id);
        fields[count++] = FIELD_TEXT("span_id", report->tracing.own.span);
        add_number(fields, &count, "http.response.status_code", report->status);
        add_number(fields, &count, "attempts", report->attempts);
        add_number(fields, &count, "latency_ms", report->latency_ms);
        add_number(fields, &count, "duration_ms", report->duration_ms);
        if (report->partition >= 0)
                fields[count++] = FIELD_NUMBER("partition", report->partition);
        add_number(fields, &count, "count", report->count);
        fields[count] = FIELD_END;
        logger_write(shell->links.daemon->logger, level_of(report), lines[report->type].message,
                     fields);
}
