/* services/operator/topics.h
 *
 * `dplsync topics create` and `dplsync topics check`.
 */
#ifndef OPERATOR_TOPICS_H
#define OPERATOR_TOPICS_H

#include "operator/command.h"

int topics_check(const struct invocation *invocation, struct error *error);
int topics_create(const struct invocation *invocation, struct error *error);

#endif
