/* services/operator/control_command.h
 *
 * A person's commands to the fetcher and the reconciler, as records of `control` (CONTRACT.md
 * "control"). Pure: delivery.h sends them.
 *
 *         struct control control = { .command = CONTROL_APPROVE_DELETIONS, .count = 31 };
 *
 *         control_command_id(&control, "console", now_ms, &dice);
 *         control_command_write(&control, "aarhus", &topics, now_ms, &item.record);
 */
#ifndef OPERATOR_CONTROL_COMMAND_H
#define OPERATOR_CONTROL_COMMAND_H

#include "base/dice.h"
#include "model/control.h"
#include "operator/outgoing.h"

/* Names the command: "command-line-1764000000000-9f3c01d2". `who` is a token of at most 24 bytes;
 * logs and dead letters show it. */
void control_command_id(struct control *control, const char *who, int64_t now_ms,
                        struct dice *dice);

/* The record, in the municipality's partition. */
void control_command_write(const struct control *control, const char *municipality,
                           const struct topics *topics, int64_t now_ms, struct outgoing *out);

#endif
