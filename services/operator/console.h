/* services/operator/console.h
 *
 * `dplsync console`: the operator's page. Runs until SIGINT or SIGTERM.
 */
#ifndef OPERATOR_CONSOLE_H
#define OPERATOR_CONSOLE_H

#include "operator/command.h"

int console_run(const struct invocation *invocation, struct error *error);

#endif
