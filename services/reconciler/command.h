/* services/reconciler/command.h
 *
 * An operator's command on `control`, against the state: what is to be written, and the sentence
 * that says what became of it. Pure; the caller reads the state, writes under compare-and-set, and
 * asks for the fresh read that decides.
 */
#ifndef RECONCILER_COMMAND_H
#define RECONCILER_COMMAND_H

#include "model/control.h"
#include "reconciler/catalogue.h"
#include "reconciler/meta.h"
#include "reconciler/writes.h"

/* Does it need the events, or only the meta? */
bool command_needs_events(const struct control *control);

/* Adds the entries to `writes` (which is not sealed) and moves `meta`. False where it is refused:
 * nothing is to be written. `said` is set in both cases. */
bool command_apply(const struct control *control, const struct catalogue *catalogue, int64_t now_ms,
                   struct meta *meta, struct writes *writes, struct error *said);

#endif
