/* services/reconciler/wished.h
 *
 * The state that the vendor's standing wish gives an event, read from an entry of the writer's
 * ledger
 * `{m}:w` (a JSON object with the member "wish", model/wish.h). What a site shows because we wrote
 * it is no news to the vendor.
 */
#ifndef RECONCILER_WISHED_H
#define RECONCILER_WISHED_H

#include "base/slice.h"
#include "model/event.h"

/* STATE_NONE where no state was ever wished, or the entry is absent or cannot be read. */
enum event_state wished_state(struct slice entry);

#endif
