/* common/base/metrics.h
 *
 * Metrics are one table a program: the registry, HELP lines and documentation come from it. Names
 * follow DEPLOY.md 4.1 (dplsync_<service>_<thing>_<unit>[_total], base units). Up to two labels.
 *
 * A counter without labels exists from the start, at zero, so that its first event is seen as one; any
 * other series exists once it was touched. Series with the label `municipality` exist only on the pod
 * that owns it: metrics_drop_municipality takes them away when it is handed over.
 * Histograms have the bounds below and never a municipality.
 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include "base/buffer.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
enum { METRIC_LABELS_MAX = 2 };

struct metric {
        const char *name;
        enum metric_type type;
        const char *labels[METRIC_LABELS_MAX]; /* NULL where there is none */
        const char *help;
};

/* Seconds: 1 ms to 1 h. */
extern const double metrics_bounds[];
extern const size_t metrics_bounds_count;

struct metrics;

/* `table` must live as long as the registry; a metric is named by its index in it. Never NULL. */
struct metrics *metrics_new(const struct metric *table, size_t count);
void metrics_free(struct metrics *metrics);

/* Label values in the order of the table; unused ones are NULL. `metrics` may be NULL (nothing
 * happens). */
void metrics_add(struct metrics *metrics, size_t metric, const char *a, const char *b,
                 double amount);
void metrics_set(struct metrics *metrics, size_t metric, const char *a, const char *b,
                 double value);
void metrics_observe(struct metrics *metrics, size_t metric, const char *a, double seconds);
void metrics_drop(struct metrics *metrics, size_t metric); /* all its series */
void metrics_drop_municipality(struct metrics *metrics, const char *municipality);

/* Prometheus text format 0.0.4, label values escaped. A family is a row of the table with all its
 * series: what has thousands is rendered family by family, with other work in between. */
void metrics_render(const struct metrics *metrics, struct buffer *out);
size_t metrics_families(const struct metrics *metrics);
void metrics_render_family(const struct metrics *metrics, size_t family, struct buffer *out);

/* A Markdown table of the metrics, for --help=metrics and the documentation. */
void metrics_document(const struct metric *table, size_t count, struct buffer *out);

#endif
