/* services/operator/plan_text.h
 *
 * A plan in words: what would be told, event by event, and the sums.
 */
#ifndef OPERATOR_PLAN_TEXT_H
#define OPERATOR_PLAN_TEXT_H

#include "base/buffer.h"
#include "operator/plan.h"

void plan_write_text(const struct plan *plan, struct buffer *out);
void plan_write_json(const struct plan *plan, struct buffer *out);

#endif
