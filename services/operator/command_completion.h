/* services/operator/command_completion.h
 *
 * Completion of the command line for shells, made of the table of commands.
 */
#ifndef OPERATOR_COMMAND_COMPLETION_H
#define OPERATOR_COMMAND_COMPLETION_H

#include "base/buffer.h"

/* Scripts to be sourced: commands, their second words and options, words that an operand can be,
 * file names where a file is meant. */
void command_completion_bash(struct buffer *out);
void command_completion_zsh(struct buffer *out);

#endif
