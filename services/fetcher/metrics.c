/* services/fetcher/metrics.c
 *
 * See the header. A municipality's series begin when it becomes ours, with what its bookmark knows, so
 * that a hand-over does not look like a silence.
 */
#include "fetcher/metrics.h"

const struct metric fetcher_metrics[FETCHER_METRICS_COUNT] = {
        DAEMON_METRICS,
        { "dplsync_fetcher_last_success_timestamp_seconds", METRIC_GAUGE, { "municipality", NULL },
          "When the list was last read and published, or found unchanged" },
        { "dplsync_fetcher_fetches_total", METRIC_COUNTER, { "municipality", "outcome" },
          "Reads by outcome: published, unchanged, failed" },
        { "dplsync_fetcher_failures_total", METRIC_COUNTER, { "municipality", "reason" },
          "Failed reads by reason" },
        { "dplsync_fetcher_request_duration_seconds", METRIC_HISTOGRAM, { NULL, NULL },
          "From the request to the end of the answer" },
        { "dplsync_fetcher_start_delay_seconds", METRIC_HISTOGRAM, { NULL, NULL },
          "How much later than its moment a read began" },
        { "dplsync_fetcher_interval_seconds", METRIC_GAUGE, { "municipality", NULL },
          "The configured poll_interval" },
        { "dplsync_fetcher_events", METRIC_GAUGE, { "municipality", NULL },
          "Events in the list last published" },
        { "dplsync_fetcher_unreadable_events", METRIC_GAUGE, { "municipality", NULL },
          "Events of that list that are too large or too deep, stand twice or have no uuid" },
        { "dplsync_fetcher_snapshot_age_seconds", METRIC_GAUGE, { "municipality", NULL },
          "How long the site's cache had held the copy that answered last" },
        { "dplsync_fetcher_reads", METRIC_GAUGE, { NULL, NULL }, "Sites being read now" },
        { "dplsync_fetcher_list_bytes", METRIC_GAUGE, { NULL, NULL },
          "Memory held by lists being read or published" },
        { "dplsync_fetcher_clock_ahead_seconds", METRIC_GAUGE, { NULL, NULL },
          "How much this clock is ahead of Kafka's, at least; beyond 5 s either way it is not ready" },
        { "dplsync_fetcher_dead_letters_total", METRIC_COUNTER, { "reason", NULL },
          "Records that went to the dead letters" },
};

static void count_read(struct metrics *metrics, const struct fetcher_report *report,
                       const char *outcome)
{
        const char *id = report->municipality;

        metrics_add(metrics, METRIC_FETCHES, id, outcome, 1);
        metrics_observe(metrics, METRIC_REQUEST_DURATION, NULL, (double)report->duration_ms / 1000);
}

static void count_success(struct metrics *metrics, const struct fetcher_report *report,
                          const char *outcome)
{
        const char *id = report->municipality;

        count_read(metrics, report, outcome);
        metrics_set(metrics, METRIC_LAST_SUCCESS, id, NULL, (double)report->success_ms / 1000);
        metrics_set(metrics, METRIC_EVENTS, id, NULL, (double)report->events);
        metrics_set(metrics, METRIC_UNREADABLE, id, NULL, (double)report->unreadable);
        metrics_set(metrics, METRIC_SNAPSHOT_AGE, id, NULL, (double)report->age_ms / 1000);
}

static void set_interval(struct metrics *metrics, const struct fetcher_report *report)
{
        metrics_set(metrics, METRIC_INTERVAL, report->municipality, NULL,
                    (double)report->interval_ms / 1000);
}

static void begin_series(struct metrics *metrics, const struct fetcher_report *report)
{
        static const char *const outcomes[] = { "published", "unchanged", "failed" };
        const char *id = report->municipality;

        for (size_t i = 0; i < ARRAY_LENGTH(outcomes); i++)
                metrics_add(metrics, METRIC_FETCHES, id, outcomes[i], 0);
        set_interval(metrics, report);
        if (report->success_ms == 0)
                return;
        metrics_set(metrics, METRIC_LAST_SUCCESS, id, NULL, (double)report->success_ms / 1000);
        metrics_set(metrics, METRIC_EVENTS, id, NULL, (double)report->events);
        metrics_set(metrics, METRIC_UNREADABLE, id, NULL, (double)report->unreadable);
}

void fetcher_metrics_begin(struct metrics *metrics)
{
        metrics_add(metrics, METRIC_DEAD_LETTERS, "invalid-control", NULL, 0);
        metrics_add(metrics, METRIC_DEAD_LETTERS, "unknown-municipality", NULL, 0);
}

void fetcher_metrics_count(struct metrics *metrics, const struct fetcher_report *report)
{
        switch (report->type) {
        case FETCHER_OWNED:
                begin_series(metrics, report);
                break;
        case FETCHER_RECONFIGURED:
                set_interval(metrics, report);
                break;
        case FETCHER_RELEASED:
                metrics_drop_municipality(metrics, report->municipality);
                break;
        case FETCHER_READ_BEGAN:
                metrics_observe(metrics, METRIC_START_DELAY, NULL, (double)report->delay_ms / 1000);
                break;
        case FETCHER_READ_PUBLISHED:
                count_success(metrics, report, "published");
                break;
        case FETCHER_READ_UNCHANGED:
                count_success(metrics, report, "unchanged");
                break;
        case FETCHER_READ_FAILED:
                count_read(metrics, report, "failed");
                metrics_add(metrics, METRIC_FAILURES, report->municipality, report->reason, 1);
                break;
        case FETCHER_CONTROL_REFUSED:
                metrics_add(metrics, METRIC_DEAD_LETTERS, report->reason, NULL, 1);
                break;
        default:
                break;
        }
}
