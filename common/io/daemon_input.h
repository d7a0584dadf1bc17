/* common/io/daemon_input.h
 *
 * What a service is told from outside, read as one: configuration, municipalities and credentials.
 * Internal to io/daemon.
 */
#ifndef IO_DAEMON_INPUT_H
#define IO_DAEMON_INPUT_H

#include "io/daemon.h"

struct daemon_input {
        struct config *config;
        struct credentials *credentials;
        /* Why there are no credentials, where the program can do without; else "". */
        struct error unreadable;
};

/* -1 and a reason if the program cannot work with it. What `input` has is the caller's. */
int daemon_input_load(struct daemon_input *input, const struct daemon_program *program,
                      const char *config_path, struct error *error);
void daemon_input_deinit(struct daemon_input *input);

/* Nothing that a service could act on is different. */
bool daemon_input_equal(const struct daemon_input *a, const struct daemon_input *b);

/* Does this program need this municipality's log-in? */
bool daemon_input_needs_login(const struct daemon_program *program,
                              const struct municipality *municipality);

/* Appends "a, b" of the municipalities whose log-in is needed and missing; returns how many. */
size_t daemon_input_missing(const struct daemon_input *input, const struct daemon_program *program,
                            struct buffer *names);

/* Appends "a, b" of the settings that differ and need a restart to take effect; returns how many.
 */
size_t daemon_input_needs_restart(const struct daemon_input *old, const struct daemon_input *new,
                                  struct buffer *names);

#endif
