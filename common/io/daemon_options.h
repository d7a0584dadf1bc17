/* common/io/daemon_options.h
 *
 * The arguments of a service. Internal to io/daemon.
 */
#ifndef IO_DAEMON_OPTIONS_H
#define IO_DAEMON_OPTIONS_H

#include "io/daemon.h"

#define DAEMON_CONFIG_PATH "/etc/dplsync/config.json"

enum daemon_task {
        DAEMON_RUN,
        DAEMON_CHECK,
        DAEMON_SAID,  /* --help and --version: written, nothing is left to do */
        DAEMON_WRONG, /* a sentence was written to standard error */
};

struct daemon_options {
        enum daemon_task task;
        const char *config_path;
};

void daemon_options_read(struct daemon_options *options, const struct daemon_program *program,
                         int argc, char **argv);

#endif
