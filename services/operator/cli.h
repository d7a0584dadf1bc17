/* services/operator/cli.h
 *
 * What each command of `dplsync` runs (command.h has their table). All have the shape of struct
 * command's `run`: results to standard output, a failure as one sentence in `error`, an exit code.
 */
#ifndef OPERATOR_CLI_H
#define OPERATOR_CLI_H

#include "operator/command.h"

int cli_topics_check(const struct invocation *invocation, struct error *error);
int cli_topics_create(const struct invocation *invocation, struct error *error);
int cli_status(const struct invocation *invocation, struct error *error);
int cli_refresh(const struct invocation *invocation, struct error *error);
int cli_reassert(const struct invocation *invocation, struct error *error);
int cli_holds_list(const struct invocation *invocation, struct error *error);
int cli_holds_show(const struct invocation *invocation, struct error *error);
int cli_holds_approve(const struct invocation *invocation, struct error *error);
int cli_holds_reject(const struct invocation *invocation, struct error *error);
int cli_dead_letters_list(const struct invocation *invocation, struct error *error);
int cli_dead_letters_show(const struct invocation *invocation, struct error *error);
int cli_dead_letters_replay(const struct invocation *invocation, struct error *error);
int cli_dead_letters_discard(const struct invocation *invocation, struct error *error);
int cli_replay_updates(const struct invocation *invocation, struct error *error);
int cli_replay_results(const struct invocation *invocation, struct error *error);
int cli_retire(const struct invocation *invocation, struct error *error);
int cli_plan(const struct invocation *invocation, struct error *error);
int cli_validate(const struct invocation *invocation, struct error *error);
int cli_tail(const struct invocation *invocation, struct error *error);
int cli_trail(const struct invocation *invocation, struct error *error); /* tail --event */
int cli_completion(const struct invocation *invocation, struct error *error);
int cli_man(const struct invocation *invocation, struct error *error);

#endif
