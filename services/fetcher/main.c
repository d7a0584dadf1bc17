/* services/fetcher/main.c
 *
 * dplsync-fetcher: reads every site's list on its schedule and publishes it to `snapshots`.
 */
#include "fetcher/metrics.h"
#include "fetcher/shell.h"

int main(int argc, char **argv)
{
        static const enum topic topics[] = { TOPIC_CONTROL, TOPIC_SNAPSHOTS, TOPIC_DEAD_LETTERS };
        static const struct daemon_program program = {
                .name = "fetcher",
                .summary = "Reads the event lists of the libraries' sites and publishes them to Kafka.",
                .metrics = fetcher_metrics,
                .metric_count = FETCHER_METRICS_COUNT,
                .topics = topics,
                .topic_count = ARRAY_LENGTH(topics),
                .needs_credentials_to_read = true,
                .start = shell_start,
                .reloaded = shell_reloaded,
                .ready = shell_ready,
                .collect = shell_collect,
                .drain = shell_drain,
                .stop = shell_stop,
        };

        return daemon_main(&program, argc, argv);
}
