/* services/operator/wrapped.h
 *
 * Text for a terminal of 80 columns, broken between words.
 */
#ifndef OPERATOR_WRAPPED_H
#define OPERATOR_WRAPPED_H

#include "base/buffer.h"

/* Appends `text` and a line break. The first line begins at column `indent`, which is written
 * already; the others are indented so far. A word that is longer than a line has one of its own. */
void wrapped_append(struct buffer *out, const char *text, size_t indent);

#endif
