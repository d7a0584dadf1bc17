/* services/reconciler/shell.h
 *
 * The core's hands: turns Kafka records, Redis replies and the clock into inputs, and actions into
 * calls. It decides nothing.
 */
#ifndef RECONCILER_SHELL_H
#define RECONCILER_SHELL_H

#include "io/links.h"
#include "reconciler/core.h"

enum { SHELL_SOURCE_BYTES = 128 };

/* Of a partition of `changes`, for a rebuild. */
struct shell_reading {
        bool on;
        int64_t records; /* read so far */
        int64_t begun_ms;
        int64_t said_ms; /* when its progress was logged last */
};

struct shell {
        struct links links; /* first: io/links.h */
        struct reconciler_core *core;
        struct reconciler_actions actions;
        struct kafka_consumer *reader; /* of `changes`, while something is rebuilt; else NULL */
        struct shell_reading *readings; /* by partition */
        size_t reading_count;
        struct loop_timer timer;
        char source[SHELL_SOURCE_BYTES];
        /* Calls that failed at once: their replies are given when the actions at hand are done. */
        struct reconciler_input *later;
        size_t later_count;
        size_t later_capacity;
        bool busy;
};

void *shell_start(struct daemon *daemon, struct error *error);
void shell_reloaded(void *state, const struct config *old,
                    const struct credentials *old_credentials);
bool shell_ready(void *state, struct error *why);
void shell_collect(void *state);
void shell_drain(void *state);
void shell_stop(void *state);

/* For the files of the shell alone */

/* Hands an input to the core and does what it wants done. */
void shell_handle(struct shell *shell, const struct reconciler_input *input);
/* The same, once the actions at hand are done. Only for inputs that borrow nothing. */
void shell_handle_later(struct shell *shell, const struct reconciler_input *input);

/* shell_act.c */
void shell_act(struct shell *shell, const struct reconciler_action *action);

/* shell_redis.c */
void shell_load(struct shell *shell, const struct reconciler_action *action);
void shell_apply(struct shell *shell, const struct apply *apply);
void shell_put_status(struct shell *shell, const struct status *status);

/* shell_log.c: the reading of `changes` */
int shell_read_log(struct shell *shell, int32_t partition, struct error *error);
void shell_leave_log(struct shell *shell, int32_t partition);
void shell_collect_log(struct shell *shell);
void shell_rest_log(struct shell *shell); /* gives the reader back when nothing is read; not from
                                             its callbacks */

/* shell_report.c */
void shell_report(struct shell *shell, const struct report *report);

/* shell_trace.c */
void shell_trace(struct shell *shell, const struct report *report);

#endif
