/* services/writer/metrics.h
 *
 * The writer's metrics, as one table (DEPLOY.md 4.1), and what each report of the core counts.
 */
#ifndef WRITER_METRICS_H
#define WRITER_METRICS_H

#include "io/daemon.h"
#include "writer/actions.h"

enum {
        METRIC_UPDATES = DAEMON_METRICS_COUNT,
        METRIC_RECEIVED,
        METRIC_REQUESTS,
        METRIC_REQUEST_DURATION,
        METRIC_END_TO_END,
        METRIC_READY,
        METRIC_WAITING,
        METRIC_OLDEST_WAITING,
        METRIC_BREAKER,
        METRIC_PAUSED_UNTIL,
        METRIC_AUTH_FAILED,
        METRIC_DEAD_LETTERS,
        METRIC_CATCH_UPS,
        WRITER_METRICS_COUNT,
};

extern const struct metric writer_metrics[];

/* Series that alerts look at begin at zero, so that the first of a kind is seen as one. */
void writer_metrics_begin(struct metrics *metrics);

void writer_metrics_count(struct metrics *metrics, const struct writer_report *report);

/* The gauges of a municipality that is ours. */
void writer_metrics_site(struct metrics *metrics, const char *municipality,
                         const struct site_status *status);

#endif
