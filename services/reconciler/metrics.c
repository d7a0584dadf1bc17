/* services/reconciler/metrics.c
 *
 * See the header. A municipality's series begin when it becomes ours, with what its state says, so
 * that a hand-over does not look like a silence.
 */
#include "reconciler/metrics.h"

#include "reconciler/letters.h"

const struct metric reconciler_metrics[RECONCILER_METRICS_COUNT] = {
        DAEMON_METRICS,
        { "dplsync_reconciler_known_events",
          METRIC_GAUGE,
          { "municipality", NULL },
          "Events that the vendor was told of, and that are not deleted" },
        { "dplsync_reconciler_changes_total",
          METRIC_COUNTER,
          { "municipality", "kind" },
          "Changes told, by kind: create, update, reassert, delete, tombstone" },
        { "dplsync_reconciler_held_deletions",
          METRIC_GAUGE,
          { "municipality", NULL },
          "Deletions that the guard holds" },
        { "dplsync_reconciler_candidates",
          METRIC_GAUGE,
          { "municipality", NULL },
          "Events absent from a cached list, until a fresh read decides" },
        { "dplsync_reconciler_drift_total",
          METRIC_COUNTER,
          { "municipality", NULL },
          "Events that a fresh list, and the one before it, showed with another link or state than "
          "the vendor's confirmed wish; once a list" },
        { "dplsync_reconciler_last_applied_timestamp_seconds",
          METRIC_GAUGE,
          { "municipality", NULL },
          "When the list that was applied or confirmed last was published" },
        { "dplsync_reconciler_snapshots_total",
          METRIC_COUNTER,
          { "municipality", "outcome" },
          "Snapshots by outcome: applied, confirmed, skipped, foreign, refused, abandoned" },
        { "dplsync_reconciler_dead_letters_total",
          METRIC_COUNTER,
          { "reason", NULL },
          "Records of `snapshots` that cannot be used" },
        { "dplsync_reconciler_rebuilds_total",
          METRIC_COUNTER,
          { "municipality", NULL },
          "States that were rebuilt from `changes`" },
        { "dplsync_reconciler_rebuild_records_total",
          METRIC_COUNTER,
          { NULL, NULL },
          "Records of `changes` that were read for rebuilds" },
        { "dplsync_reconciler_rebuild_records_left",
          METRIC_GAUGE,
          { NULL, NULL },
          "Records of `changes` that rebuilds under way still have to read" },
        { "dplsync_reconciler_failed_attempts_total",
          METRIC_COUNTER,
          { NULL, NULL },
          "Attempts that were thrown away and made again" },
};

static void show_state(struct metrics *metrics, const struct report *report)
{
        const char *id = report->municipality;

        metrics_set(metrics, METRIC_KNOWN, id, NULL, (double)report->known);
        metrics_set(metrics, METRIC_HELD, id, NULL, (double)report->held);
        metrics_set(metrics, METRIC_CANDIDATES, id, NULL, (double)report->candidates);
        if (report->applied_at_ms > 0)
                metrics_set(metrics, METRIC_LAST_APPLIED, id, NULL,
                            (double)report->applied_at_ms / 1000);
}

static void count_changes(struct metrics *metrics, const struct report *report)
{
        const char *id = report->municipality;

        metrics_add(metrics, METRIC_CHANGES, id, "create", (double)report->created);
        metrics_add(metrics, METRIC_CHANGES, id, "update", (double)report->updated);
        metrics_add(metrics, METRIC_CHANGES, id, "reassert", (double)report->reasserted);
        metrics_add(metrics, METRIC_CHANGES, id, "delete", (double)report->deleted);
        metrics_add(metrics, METRIC_CHANGES, id, "tombstone", (double)report->buried);
        metrics_add(metrics, METRIC_DRIFT, id, NULL, 0);
}

static void count_snapshot(struct metrics *metrics, const struct report *report,
                           const char *outcome)
{
        if (report->municipality[0])
                metrics_add(metrics, METRIC_SNAPSHOTS, report->municipality, outcome, 1);
}

void reconciler_metrics_begin(struct metrics *metrics)
{
        metrics_add(metrics, METRIC_DEAD_LETTERS, LETTERS_REASON, NULL, 0);
}

void reconciler_metrics_count(struct metrics *metrics, const struct report *report)
{
        switch (report->what) {
        case REPORT_OWNED:
                metrics_add(metrics, METRIC_REBUILDS, report->municipality, NULL, 0);
                count_changes(metrics, report);
                show_state(metrics, report);
                break;
        case REPORT_APPLIED:
                count_snapshot(metrics, report, "applied");
                count_changes(metrics, report);
                show_state(metrics, report);
                break;
        case REPORT_FOREIGN:
                count_snapshot(metrics, report, "foreign");
                show_state(metrics, report);
                break;
        case REPORT_CONFIRMED:
                count_snapshot(metrics, report, "confirmed");
                metrics_set(metrics, METRIC_LAST_APPLIED, report->municipality, NULL,
                            (double)report->applied_at_ms / 1000);
                break;
        case REPORT_COMMAND:
                show_state(metrics, report);
                break;
        case REPORT_DRIFT:
                metrics_add(metrics, METRIC_DRIFT, report->municipality, NULL,
                            (double)report->drifting);
                break;
        case REPORT_SKIPPED:
                count_snapshot(metrics, report, "skipped");
                break;
        case REPORT_REFUSED:
                metrics_add(metrics, METRIC_DEAD_LETTERS, LETTERS_REASON, NULL, 1);
                count_snapshot(metrics, report, "refused");
                break;
        case REPORT_ABANDONED:
                count_snapshot(metrics, report, "abandoned");
                break;
        case REPORT_REBUILDING: /* its first state may be a rebuilt one: that is counted from 0, too */
                metrics_add(metrics, METRIC_REBUILDS, report->municipality, NULL, 0);
                break;
        case REPORT_REBUILT:
                metrics_add(metrics, METRIC_REBUILDS, report->municipality, NULL, 1);
                break;
        case REPORT_FAILED:
                metrics_add(metrics, METRIC_FAILURES, NULL, NULL, 1);
                break;
        default:
                break;
        }
}
