/* services/operator/command.h
 *
 * The commands of `dplsync` are one table: finding them, their operands and options, --help, shell
 * completion and the manual page come from it.
 */
#ifndef OPERATOR_COMMAND_H
#define OPERATOR_COMMAND_H

#include "base/buffer.h"
#include "base/error.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 }; /* EXIT_USAGE: the configuration, too */
enum { COMMAND_OPERANDS_MAX = 64 };

struct invocation;

struct command {
        const char *words;    /* "topics create" */
        const char *operands; /* "MUNICIPALITY..." for --help; NULL: none */
        size_t operands_min;
        size_t operands_max;
        unsigned options;    /* besides --config, --json and --help: INVOCATION_... */
        bool without_json;   /* what it writes has one form, so it has no --json */
        const char *summary; /* one line for --help */
        const char *text;    /* more, for its own --help */
        /* Returns an exit code. Results go to standard output; a failure is one sentence in
         * `error`, which the caller writes to standard error. */
        int (*run)(const struct invocation *invocation, struct error *error);
};

extern const struct command commands[];
extern const size_t commands_count;

/* The command that the first `count` words name; `used` tells how many of them. NULL and a reason
 * that names the nearest. */
const struct command *command_find(int count, char *const *words, int *used, struct error *error);

/* --help of all commands, and of one. */
void command_help_all(struct buffer *out);
void command_help(const struct command *command, struct buffer *out);

#endif
