/* common/io/daemon_check.h
 *
 * --check: everything a service needs is tried once, each in a line that says ok or what to do.
 * Internal to io/daemon.
 */
#ifndef IO_DAEMON_CHECK_H
#define IO_DAEMON_CHECK_H

#include "io/daemon.h"

/* As kafka_check_topics, with patience for topics that were created a moment ago: not every broker
 * has heard of them yet. */
int daemon_check_topics(const struct daemon_program *program, const struct kafka_cluster *cluster,
                        int64_t timeout_ms, struct error *error);

/* The exit code: 0, 1 (Kafka or Redis), 2 (configuration or credentials). */
int daemon_check(const struct daemon_program *program, const char *config_path);

#endif
