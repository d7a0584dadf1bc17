/* services/writer/metrics.c
 *
 * See the header. Latency and duration have no municipality: two histograms of 98 sites would be
 * half of all series (DEPLOY.md 4.1, "Cardinality").
 */
#include "writer/metrics.h"

#include <string.h>

#include "base/decimal.h"

const struct metric writer_metrics[WRITER_METRICS_COUNT] = {
        DAEMON_METRICS,
        { "dplsync_writer_updates_total",
          METRIC_COUNTER,
          { "municipality", "outcome" },
          "Updates that ended, by outcome: applied, unchanged, superseded, ended, gone, dead; and "
          "records that needed none: duplicate, carried (put at the end of the topic)" },
        { "dplsync_writer_received_updates_total",
          METRIC_COUNTER,
          { "municipality", "partition" },
          "Updates of the vendor's, by the partition they came in: one is right for a "
          "municipality" },
        { "dplsync_writer_requests_total",
          METRIC_COUNTER,
          { "municipality", "code_class" },
          "PATCHes by the answer's class: 2xx, 3xx, 4xx, 5xx, or none" },
        { "dplsync_writer_request_duration_seconds",
          METRIC_HISTOGRAM,
          { NULL, NULL },
          "Duration of a PATCH" },
        { "dplsync_writer_end_to_end_seconds",
          METRIC_HISTOGRAM,
          { NULL, NULL },
          "From the vendor's record to its event's PATCH having been applied" },
        { "dplsync_writer_ready_updates",
          METRIC_GAUGE,
          { "municipality", NULL },
          "Updates that wait for nothing but their turn" },
        { "dplsync_writer_waiting_updates",
          METRIC_GAUGE,
          { "municipality", NULL },
          "Updates without an end" },
        { "dplsync_writer_oldest_waiting_timestamp_seconds",
          METRIC_GAUGE,
          { "municipality", NULL },
          "Record time of the oldest update without an end; 0: there is none" },
        { "dplsync_writer_breaker_state",
          METRIC_GAUGE,
          { "municipality", NULL },
          "Circuit breaker: 0 closed, 1 half open, 2 open" },
        { "dplsync_writer_paused_until_timestamp_seconds",
          METRIC_GAUGE,
          { "municipality", NULL },
          "Until when the site asked not to be written to; 0: it did not" },
        { "dplsync_writer_auth_failed",
          METRIC_GAUGE,
          { "municipality", NULL },
          "1 while the site rejects the log-in, or none is configured" },
        { "dplsync_dead_letters_total",
          METRIC_COUNTER,
          { "reason", NULL },
          "Records given up, by reason" },
        { "dplsync_writer_catch_ups_total",
          METRIC_COUNTER,
          { NULL, NULL },
          "Partitions whose ledger was brought up to `results`" },
};

static const char *code_class(long status)
{
        static const char *const classes[] = { "2xx", "3xx", "4xx", "5xx" };

        return status >= 200 && status <= 599 ? classes[status / 100 - 2] : "none";
}

static void count_attempt(struct metrics *metrics, const struct writer_report *report)
{
        metrics_add(metrics, METRIC_REQUESTS, report->municipality, code_class(report->status), 1);
        metrics_observe(metrics, METRIC_REQUEST_DURATION, NULL, (double)report->duration_ms / 1000);
}

static void count_received(struct metrics *metrics, const struct writer_report *report)
{
        char partition[DECIMAL_BYTES];

        decimal_format(report->partition, partition);
        metrics_add(metrics, METRIC_RECEIVED, report->municipality, partition, 1);
}

static void count_outcome(struct metrics *metrics, const struct writer_report *report)
{
        metrics_add(metrics, METRIC_UPDATES, report->municipality, report->outcome, 1);
        if (report->reason[0])
                metrics_add(metrics, METRIC_DEAD_LETTERS, report->reason, NULL, 1);
        if (report->latency_ms >= 0 && strcmp(report->outcome, "applied") == 0)
                metrics_observe(metrics, METRIC_END_TO_END, NULL,
                                (double)report->latency_ms / 1000);
}

void writer_metrics_count(struct metrics *metrics, const struct writer_report *report)
{
        switch (report->type) {
        case REPORT_OUTCOME:
                count_outcome(metrics, report);
                break;
        case REPORT_ATTEMPT:
                count_attempt(metrics, report);
                break;
        case REPORT_RECEIVED:
                count_received(metrics, report);
                break;
        case REPORT_DEAD_LETTER:
                metrics_add(metrics, METRIC_DEAD_LETTERS, report->reason, NULL, 1);
                break;
        case REPORT_LEFT:
                metrics_drop_municipality(metrics, report->municipality);
                break;
        case REPORT_CAUGHT_UP:
                metrics_add(metrics, METRIC_CATCH_UPS, NULL, NULL, 1);
                break;
        default:
                break;
        }
}

static void begin_outcomes(struct metrics *metrics, const char *municipality)
{
        for (int i = OUTCOME_APPLIED; i <= OUTCOME_DEAD; i++)
                metrics_add(metrics, METRIC_UPDATES, municipality,
                            result_outcome_name((enum result_outcome)i), 0);
}

void writer_metrics_begin(struct metrics *metrics)
{
        static const char *const reasons[] = { "attempts-exhausted", "half-unknown",
                                               "invalid-origin",     "rejected-by-cms",
                                               "too-many-waiting",   "unknown-municipality" };

        for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++)
                metrics_add(metrics, METRIC_DEAD_LETTERS, reasons[i], NULL, 0);
        for (int i = UPDATE_NOT_JSON; i <= UPDATE_EMPTY; i++)
                metrics_add(metrics, METRIC_DEAD_LETTERS, update_fault_code((enum update_fault)i),
                            NULL, 0);
}

void writer_metrics_site(struct metrics *metrics, const char *municipality,
                         const struct site_status *status)
{
        bool failed = status->credentials_missing || status->credentials_rejected;

        begin_outcomes(metrics, municipality);
        metrics_set(metrics, METRIC_READY, municipality, NULL, (double)status->ready);
        metrics_set(metrics, METRIC_WAITING, municipality, NULL, (double)status->waiting);
        metrics_set(metrics, METRIC_OLDEST_WAITING, municipality, NULL,
                    (double)status->oldest_ms / 1000);
        metrics_set(metrics, METRIC_BREAKER, municipality, NULL, (double)status->breaker);
        metrics_set(metrics, METRIC_PAUSED_UNTIL, municipality, NULL,
                    (double)status->paused_until_ms / 1000);
        metrics_set(metrics, METRIC_AUTH_FAILED, municipality, NULL, failed);
}
