/* services/operator/overview_text.h
 *
 * The overview in words, for a terminal and as JSON. An operator with a hundred sites has five
 * seconds: what is as it should be is counted, not listed, and what is not has its next step beside
 * it.
 */
#ifndef OPERATOR_OVERVIEW_TEXT_H
#define OPERATOR_OVERVIEW_TEXT_H

#include "base/buffer.h"
#include "operator/overview.h"

/* The numbers and a table, worst first; those without a mark only with `all`. */
void overview_write_table(const struct overview *overview, bool all, struct buffer *out);

/* One municipality: what is wrong and what to do about it, then all that is known. */
void overview_write_row(const struct overview_row *row, int64_t now_ms, struct buffer *out);

/* One object, or {"municipalities":…,"fresh":…, …,"rows":[…]}. */
void overview_write_row_json(const struct overview_row *row, struct buffer *out);
void overview_write_json(const struct overview *overview, struct buffer *out);

#endif
