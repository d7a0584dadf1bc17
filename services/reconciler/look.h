/* services/reconciler/look.h
 *
 * Looking at one event's raw bytes. event_parse first; what it refuses though it is well-formed
 * JSON (a member that stands twice, a name with a `\u0000`) is compared by its raw members instead,
 * so that no event is lost to its form.
 */
#ifndef RECONCILER_LOOK_H
#define RECONCILER_LOOK_H

#include "model/event.h"

/* `uuid` is known from the framing; `news` is of model/news.h. Cannot fail. The caller owns the
 * event: event_deinit. */
void look_at_event(struct event *event, const struct uuid *uuid, struct slice raw, uint32_t news);

#endif
