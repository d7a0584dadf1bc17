/* services/operator/page_trail.h
 *
 * The trail of one event as a timeline.
 */
#ifndef OPERATOR_PAGE_TRAIL_H
#define OPERATOR_PAGE_TRAIL_H

#include "operator/page.h"
#include "operator/trail.h"

/* `read`: records looked at so far; `done`: all were. Until then the page asks again by itself. */
void page_trail(struct buffer *out, const struct trail *trail, int64_t read, bool done,
                int64_t now_ms);

#endif
