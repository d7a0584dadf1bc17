/* common/io/daemon.h
 *
 * What the three services have in common: arguments, configuration and its reload, logger, metrics,
 * admin port, signals, drain, exit codes (0 drained, 1 failed, 2 usage or configuration). A service
 * fills in struct daemon_program and calls daemon_main from main().
 *
 * Options: --config FILE (default /etc/dplsync/config.json), --check (configuration and credentials,
 * Kafka, Redis; says what is wrong; exits), --help (from the tables), --version.
 *
 * SIGTERM or SIGINT calls drain, which ends by calling daemon_drained within 65 s; later, or with a
 * second signal, the exit code is 1.
 * SIGHUP, and a change of the configuration, the municipalities' file or the credentials directory,
 * reads all of them anew; a bad version is refused with the reason and the old one stays.
 */
#ifndef IO_DAEMON_H
#define IO_DAEMON_H

#include "base/metrics.h"
#include "io/credentials.h"
#include "io/kafka.h"
#include "io/logger.h"
#include "io/loop.h"
#include "io/tracer.h"
#include "model/config.h"

struct daemon {
        struct loop *loop;
        struct logger *logger;
        struct metrics *metrics;
        struct tracer *tracer;                  /* NULL: spans are not exported */
        const struct config *config;            /* replaced as a whole by a reload, before `reloaded` */
        const struct credentials *credentials;  /* never NULL; likewise */
        struct kafka_cluster cluster;
        struct topics topics;
        char instance[96];                      /* host name and pid, for ce_source, leases and logs */
};

struct daemon_program {
        const char *name;               /* "fetcher" */
        const char *summary;            /* one sentence for --help */
        const struct metric *metrics;   /* the program's table; daemon's own are added in front by
                                           DAEMON_METRICS, see below */
        size_t metric_count;
        const enum topic *topics;       /* those that must exist, checked at start and by --check */
        size_t topic_count;
        bool needs_credentials;         /* --check and start list the municipalities that have none */
        bool needs_credentials_to_read; /* likewise, but only of those with read_auth "basic" */
        size_t kept_bytes;              /* freed buffers up to this size are kept; 0: io/heap.h */

        /* Build everything. Return NULL and a reason on failure (exit 1). */
        void *(*start)(struct daemon *daemon, struct error *error);
        /* After a reload; the old configuration and credentials are freed when it returns. */
        void (*reloaded)(void *state, const struct config *old, const struct credentials *old_credentials);
        bool (*ready)(void *state, struct error *why);
        void (*collect)(void *state);   /* before /metrics; may be NULL */
        void (*drain)(void *state);     /* stop taking work; call daemon_drained when the rest is done */
        void (*stop)(void *state);      /* free everything; the loop no longer runs */
};

/* Metrics that every service has; a service's table begins with them:
 *         static const struct metric table[] = { DAEMON_METRICS, { "dplsync_fetcher_...", ... } };
 */
enum {
        METRIC_BUILD_INFO,
        METRIC_LOOP_LONGEST_TURN,
        METRIC_CONFIG_MUNICIPALITIES,
        METRIC_CONFIG_LAST_RELOAD,
        METRIC_CONFIG_RELOAD_FAILURES,
        METRIC_CONFIG_REFUSED,
        METRIC_KAFKA_ASSIGNED_PARTITIONS,
        METRIC_KAFKA_REBALANCES,
        METRIC_KAFKA_CONSUMER_LAG,
        METRIC_KAFKA_POSITION,
        METRIC_KAFKA_PRODUCE_ERRORS,
        METRIC_REDIS_UP,
        METRIC_TRACE_DROPPED,
        DAEMON_METRICS_COUNT,
};
#define DAEMON_METRICS                                                                             \
        { "dplsync_build_info", METRIC_GAUGE, { "version", NULL }, "Always 1; the version is a label" }, \
        { "dplsync_loop_longest_turn_seconds", METRIC_GAUGE, { NULL, NULL },                       \
          "Longest time the event loop was held since the last scrape" },                          \
        { "dplsync_config_municipalities", METRIC_GAUGE, { NULL, NULL }, "Municipalities in the configuration" }, \
        { "dplsync_config_last_reload_success_timestamp_seconds", METRIC_GAUGE, { NULL, NULL },    \
          "When the configuration was last read without error" },                                  \
        { "dplsync_config_reload_failures_total", METRIC_COUNTER, { NULL, NULL },                  \
          "Configurations that were refused" },                                                    \
        { "dplsync_config_refused", METRIC_GAUGE, { NULL, NULL },                                  \
          "1 while the configuration that is there was refused, and an older one is in force" },   \
        { "dplsync_kafka_assigned_partitions", METRIC_GAUGE, { NULL, NULL }, "Partitions that this process owns" }, \
        { "dplsync_kafka_rebalances_total", METRIC_COUNTER, { NULL, NULL }, "Assignments received" }, \
        { "dplsync_kafka_consumer_lag", METRIC_GAUGE, { "topic", "partition" }, "Records not yet read" }, \
        { "dplsync_kafka_position", METRIC_GAUGE, { "topic", "partition" }, "The offset to be read next" }, \
        { "dplsync_kafka_produce_errors_total", METRIC_COUNTER, { NULL, NULL },                    \
          "Records that Kafka did not acknowledge" },                                              \
        { "dplsync_redis_up", METRIC_GAUGE, { NULL, NULL }, "1 while Redis can be used" }, \
        { "dplsync_trace_dropped_total", METRIC_COUNTER, { NULL, NULL },                           \
          "Spans that the collector did not take, or that found no room" }

int daemon_main(const struct daemon_program *program, int argc, char **argv);
void daemon_drained(struct daemon *daemon);
/* Something that cannot be mended from inside: logs the reason, ends the loop, exit code 1. */
void daemon_fail(struct daemon *daemon, const char *reason);

#endif
