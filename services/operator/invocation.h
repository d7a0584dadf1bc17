/* services/operator/invocation.h
 *
 * What was asked for on the command line: a command, its operands and its options. Reading it does
 * nothing else; whatever is wrong is one sentence that says what would be right. One table has all
 * options: reading, --help, completion and the manual page come from it.
 */
#ifndef OPERATOR_INVOCATION_H
#define OPERATOR_INVOCATION_H

#include <stdint.h>

#include "base/uuid.h"
#include "operator/command.h"

/* Options that not every command has: a bit each, in struct command's `options`. */
enum {
        INVOCATION_DRY_RUN = 1 << 0,
        INVOCATION_REPLICATION = 1 << 1,
        INVOCATION_ALL = 1 << 2,
        INVOCATION_FULL = 1 << 3,
        INVOCATION_FRESH = 1 << 4,
        INVOCATION_MUNICIPALITY = 1 << 5,
        INVOCATION_REASON = 1 << 6,
        INVOCATION_UUID = 1 << 7,
        INVOCATION_FROM = 1 << 8,
        INVOCATION_HANDLED = 1 << 9,
        INVOCATION_RATE = 1 << 10,
        INVOCATION_RUN = 1 << 11,
        INVOCATION_UNDO = 1 << 12,
        INVOCATION_LIMIT = 1 << 13,
        INVOCATION_MESSAGE = 1 << 14,
        INVOCATION_FORCE = 1 << 15,
        INVOCATION_TO = 1 << 16,
        INVOCATION_EVENT = 1 << 17,
        INVOCATION_JSON = 1 << 18, /* of every command that is not without_json */

        INVOCATION_TIMES = INVOCATION_FROM | INVOCATION_TO,
        INVOCATION_REPLAY = INVOCATION_MUNICIPALITY | INVOCATION_UUID | INVOCATION_TIMES |
                            INVOCATION_ALL | INVOCATION_RATE | INVOCATION_RUN | INVOCATION_DRY_RUN,

        /* which dead letters are meant */
        INVOCATION_LETTERS =
                INVOCATION_MUNICIPALITY | INVOCATION_REASON | INVOCATION_UUID | INVOCATION_TIMES,
};

/* A moment as it was given: a time, or how long ago. */
struct moment {
        bool given;
        bool ago;   /* `ms` counts back from now */
        int64_t ms; /* since 1970, or a duration */
};

struct invocation {
        const struct command *command;
        const char *operands[COMMAND_OPERANDS_MAX];
        size_t operand_count;
        unsigned given; /* which of the bits above */

        const char *config_path;
        bool help;
        bool version;
        bool json;
        bool dry_run;
        bool all;
        bool full;
        bool fresh;
        bool handled;
        bool undo;
        bool force;
        int32_t replication;      /* 0: not given */
        const char *municipality; /* NULL: not given, like the next three */
        const char *reason;
        const char *uuid_text;
        const char *message;
        struct uuid uuid; /* of uuid_text */
        struct moment from;
        struct moment to;
        int64_t rate;  /* 0: not given */
        int64_t run;   /* 0: not given */
        int64_t limit; /* 0: not given */
};

/* `arguments` without the program's name. -1 and a reason on wrong use. With `help` or `version`
 * set, `command` may be NULL. */
int invocation_read(struct invocation *invocation, int count, char *const *arguments,
                    struct error *error);

/* Milliseconds since 1970; `otherwise` where the moment was not given. */
int64_t moment_ms(const struct moment *moment, int64_t now_ms, int64_t otherwise);

/* The options of a command, or (NULL) those that every command has, in the table's order. False: no
 * more. */
struct invocation_option {
        const char *name;  /* "--from" */
        const char *value; /* "TIME"; NULL: takes none */
        const char *text;  /* for --help */
};
bool invocation_option_at(const struct command *command, size_t *at,
                          struct invocation_option *option);

/* The lines of --help about them. */
void invocation_help(const struct command *command, struct buffer *out);

#endif
