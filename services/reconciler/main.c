/* services/reconciler/main.c
 *
 * dplsync-reconciler: compares every list with what is known and tells the vendor what changed.
 */
#include "reconciler/metrics.h"
#include "reconciler/shell.h"

int main(int argc, char **argv)
{
        static const enum topic topics[] = { TOPIC_SNAPSHOTS, TOPIC_CONTROL, TOPIC_CHANGES,
                                             TOPIC_DEAD_LETTERS };
        static const struct daemon_program program = {
                .name = "reconciler",
                .summary = "Compares the sites' lists with what the vendor knows and tells it what "
                           "changed.",
                .metrics = reconciler_metrics,
                .metric_count = RECONCILER_METRICS_COUNT,
                .topics = topics,
                .topic_count = ARRAY_LENGTH(topics),
                .start = shell_start,
                .reloaded = shell_reloaded,
                .ready = shell_ready,
                .collect = shell_collect,
                .drain = shell_drain,
                .stop = shell_stop,
        };

        return daemon_main(&program, argc, argv);
}
