/* services/writer/main.c
 *
 * dplsync-writer: writes the vendor's links and states to the right site, and tells what became of
 * them.
 */
#include "writer/metrics.h"
#include "writer/shell.h"

int main(int argc, char **argv)
{
        static const enum topic topics[] = { TOPIC_UPDATES, TOPIC_RESULTS, TOPIC_DEAD_LETTERS,
                                             TOPIC_CONTROL };
        static const struct daemon_program program = {
                .name = "writer",
                .summary = "Writes the vendor's links and states to the libraries' sites and tells "
                           "what became of them.",
                .metrics = writer_metrics,
                .metric_count = WRITER_METRICS_COUNT,
                .topics = topics,
                .topic_count = ARRAY_LENGTH(topics),
                .needs_credentials = true,
                .start = shell_start,
                .reloaded = shell_reloaded,
                .ready = shell_ready,
                .collect = shell_collect,
                .drain = shell_drain,
                .stop = shell_stop,
        };

        return daemon_main(&program, argc, argv);
}
