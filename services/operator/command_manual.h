/* services/operator/command_manual.h
 *
 * The manual page dplsync(1), made of the same tables as --help.
 */
#ifndef OPERATOR_COMMAND_MANUAL_H
#define OPERATOR_COMMAND_MANUAL_H

#include "base/buffer.h"

/* In man(7)'s language. */
void command_manual(struct buffer *out);

#endif
