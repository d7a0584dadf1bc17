/* services/operator/invocation.h
 *
 * What was asked for on the command line: a command and its options. Reading it does nothing else;
 * whatever is wrong is one sentence that says what would be right.
 */
#ifndef OPERATOR_INVOCATION_H
#define OPERATOR_INVOCATION_H

#include <stdint.h>

#include "operator/command.h"

enum {
        INVOCATION_DRY_RUN = 1,
        INVOCATION_REPLICATION = 2
}; /* options that not every command has */

struct invocation {
        const struct command *command;
        const char *config_path;
        bool help;
        bool version;
        bool json;
        bool dry_run;
        int32_t replication; /* 0: not given */
};

/* `arguments` without the program's name. -1 and a reason on wrong use. With `help` or `version`
 * set, `command` may be NULL. */
int invocation_read(struct invocation *invocation, int count, char *const *arguments,
                    struct error *error);

/* The lines of --help about the options of a command, or (NULL) of all commands. */
void invocation_help(const struct command *command, struct buffer *out);

#endif
