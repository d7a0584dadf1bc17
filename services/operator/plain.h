/* services/operator/plain.h
 *
 * Foreign text for a terminal: what could move the cursor, change colours or turn the direction of
 * the line is replaced. Titles come from editors, details from messages.
 */
#ifndef OPERATOR_PLAIN_H
#define OPERATOR_PLAIN_H

#include "base/buffer.h"

/* Appends `text`, cut at max_bytes (0: not cut) with "…" behind it where it was. Control characters
 * and what else is hidden (utf8_is_hidden), and what is not UTF-8 become "?"; a line break becomes
 * a blank.
 */
void plain_append(struct buffer *out, struct slice text, size_t max_bytes);

/* The characters that it takes on a terminal, all of them as one cell wide. */
size_t plain_width(const char *text);

#endif
