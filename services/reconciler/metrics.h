/* services/reconciler/metrics.h
 *
 * The reconciler's metrics, as one table (DEPLOY.md 4.1), and what each report of the core counts.
 */
#ifndef RECONCILER_METRICS_H
#define RECONCILER_METRICS_H

#include "io/daemon.h"
#include "reconciler/action.h"

enum {
        METRIC_KNOWN = DAEMON_METRICS_COUNT,
        METRIC_CHANGES,
        METRIC_HELD,
        METRIC_CANDIDATES,
        METRIC_DRIFT,
        METRIC_LAST_APPLIED,
        METRIC_SNAPSHOTS,
        METRIC_DEAD_LETTERS,
        METRIC_REBUILDS,
        METRIC_REBUILD_RECORDS,
        METRIC_REBUILD_LEFT,
        METRIC_FAILURES,
        RECONCILER_METRICS_COUNT,
};

extern const struct metric reconciler_metrics[];

/* What is no municipality's and has not happened yet is 0, so that the first time is a rise. */
void reconciler_metrics_begin(struct metrics *metrics);
void reconciler_metrics_count(struct metrics *metrics, const struct report *report);

#endif
