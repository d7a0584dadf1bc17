/* services/reconciler/wished.h
 *
 * The vendor's standing wish for an event, read from its entry in the writer's ledger `{m}:w`
 * (model/ledger.h). What a site shows because we wrote it is no news to the vendor.
 */
#ifndef RECONCILER_WISHED_H
#define RECONCILER_WISHED_H

#include "base/slice.h"
#include "model/wish.h"

/* An empty wish where nothing was ever wished, or the entry is absent (data NULL) or cannot be
 * read. The caller owns it: wish_deinit. */
void wished_read(struct wish *wish, struct slice bytes);

/* STATE_NONE where no state was ever wished. */
enum event_state wished_state(const struct wish *wish);

#endif
