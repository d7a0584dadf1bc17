/* services/fetcher/shell.h
 *
 * The core's hands: turns Kafka records, Redis replies, HTTP answers and the clock into inputs, and
 * actions into calls. It decides nothing.
 */
#ifndef FETCHER_SHELL_H
#define FETCHER_SHELL_H

#include "base/map.h"
#include "fetcher/core.h"
#include "io/http.h"
#include "io/links.h"

enum { SHELL_SOURCE_BYTES = 128, SHELL_TYPE_BYTES = 64 };

/* A read under way. */
struct shell_read {
        struct shell *shell;
        uint64_t token;
        struct http_transfer *transfer;
        char content_type[SHELL_TYPE_BYTES];
        bool in_data;  /* the core is looking at bytes of it just now */
        bool unwanted; /* the core wants no more of it */
        UT_hash_handle hh;
};

struct shell {
        struct links links; /* first: io/links.h */
        struct fetcher_core *core;
        struct fetcher_actions actions;
        struct http *http;
        struct loop_timer timer;
        struct shell_read *reads; /* by token */
        char source[SHELL_SOURCE_BYTES];
        /* Calls that failed at once: their replies are given when the actions at hand are done. */
        struct fetcher_input *refused;
        size_t refused_count;
        size_t refused_capacity;
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
void shell_handle(struct shell *shell, const struct fetcher_input *input);
/* The same, once the actions at hand are done. */
void shell_handle_later(struct shell *shell, const struct fetcher_input *input);

/* shell_act.c */
void shell_act(struct shell *shell, struct fetcher_action *action);
void shell_free_reads(struct shell *shell);

/* shell_report.c */
void shell_report(struct shell *shell, const struct fetcher_report *report);

/* shell_trace.c */
void shell_trace(struct shell *shell, const struct fetcher_report *report);

#endif
