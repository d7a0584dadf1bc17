/* services/reconciler/main.c
 *
 * dplsync-reconciler: compares every list with what is known and tells the vendor what changed.
 */
#include "reconciler/metrics.h"
#include "reconciler/shell.h"

/* The parts of lists come one after the other: as large as the fetcher cuts them, and what they
 * become when they are fetched in one batch and decompressed. */
enum { KEPT_BYTES = 2 * 1024 * 1024 };

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
                .kept_bytes = KEPT_BYTES,
                .start = shell_start,
                .reloaded = shell_reloaded,
                .ready = shell_ready,
                .collect = shell_collect,
                .drain = shell_drain,
                .stop = shell_stop,
        };

        return daemon_main(&program, argc, argv);
}
