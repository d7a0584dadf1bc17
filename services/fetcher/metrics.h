/* services/fetcher/metrics.h
 *
 * The fetcher's metrics, as one table (DEPLOY.md 4.1), and what each report of the core counts.
 */
#ifndef FETCHER_METRICS_H
#define FETCHER_METRICS_H

#include "fetcher/actions.h"
#include "io/daemon.h"

enum {
        METRIC_LAST_SUCCESS = DAEMON_METRICS_COUNT,
        METRIC_FETCHES,
        METRIC_FAILURES,
        METRIC_REQUEST_DURATION,
        METRIC_START_DELAY,
        METRIC_INTERVAL,
        METRIC_EVENTS,
        METRIC_UNREADABLE,
        METRIC_SNAPSHOT_AGE,
        METRIC_READS,
        METRIC_LIST_BYTES,
        METRIC_CLOCK_AHEAD,
        METRIC_DEAD_LETTERS,
        FETCHER_METRICS_COUNT,
};

extern const struct metric fetcher_metrics[];

/* Series that alerts look at begin at zero, so that the first of a kind is seen as one. */
void fetcher_metrics_begin(struct metrics *metrics);

void fetcher_metrics_count(struct metrics *metrics, const struct fetcher_report *report);

#endif
