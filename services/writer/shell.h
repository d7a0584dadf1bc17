/* services/writer/shell.h
 *
 * The core's hands: turns Kafka records, Redis replies, HTTP answers and the clock into inputs, and
 * actions into calls. It decides nothing, but for one thing that only it can: a PATCH whose lease
 * is nearly over is refused at the last moment, by a clock that goes on while the machine sleeps.
 */
#ifndef WRITER_SHELL_H
#define WRITER_SHELL_H

#include "io/http.h"
#include "io/links.h"
#include "writer/core.h"

struct shell_patch;

struct shell {
        struct links links; /* first: io/links.h */
        struct writer_core *core;
        struct writer_actions actions;
        struct kafka_consumer *reader; /* of `results`, for the ledger */
        struct http *http;
        struct shell_patch *patches; /* under way */
        struct loop_timer timer;
        /* Calls that failed at once: their replies are given when the actions at hand are done. */
        struct writer_input *later;
        size_t later_count;
        size_t later_capacity;
        bool busy;
        bool stopping;
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
void shell_handle(struct shell *shell, const struct writer_input *input);
/* The same, once the actions at hand are done. Only for inputs that borrow nothing. */
void shell_handle_later(struct shell *shell, const struct writer_input *input);

/* shell_act.c */
void shell_act(struct shell *shell, const struct writer_action *action);

/* shell_redis.c */
void shell_redis(struct shell *shell, const struct writer_action *action);

/* shell_patch.c */
void shell_patch(struct shell *shell, const struct writer_action *action);
void shell_free_patches(struct shell *shell);
int64_t shell_boot_ms(void); /* by a clock that goes on while the machine sleeps */

/* shell_report.c */
void shell_report(struct shell *shell, const struct writer_report *report);

/* shell_trace.c */
void shell_trace(struct shell *shell, const struct writer_report *report);

#endif
