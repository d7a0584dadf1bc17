/* services/operator/undo.h
 *
 * Taking back what was wished in a span of time: for each member of each event whose newest wish
 * fell into the span, the newest wish from before it becomes a new one. For a vendor's bad hour,
 * where the vendor itself cannot say what would be right.
 *
 * A member that was wished again after the span is left as it is; so taking back twice does no more
 * than once. A member without an earlier wish in `updates` (they stay for 30 days) cannot be taken
 * back: undo.unknown counts those.
 *
 * Pure. Hand over every record of `updates` from its beginning on, each partition's in order.
 */
#ifndef OPERATOR_UNDO_H
#define OPERATOR_UNDO_H

#include "base/map.h"
#include "model/record.h"
#include "model/update.h"
#include "operator/outgoing.h"

struct undo_event;

struct undo {
        int64_t from_ms; /* the span, its end not included */
        int64_t to_ms;
        const char *municipality; /* only this; NULL: all. Borrowed */
        const struct uuid *uuid;  /* likewise */
        struct undo_event *events;

        /* After undo_finish: */
        size_t events_touched; /* with a member whose newest wish fell into the span */
        size_t unknown;        /* such members without an earlier wish */
};

void undo_deinit(struct undo *undo);
void undo_take(struct undo *undo, const struct record *record);

/* Counts, and keeps the events of which something can be taken back: returns how many. */
size_t undo_finish(struct undo *undo);

/* Writes the next event's update and forgets it. It goes to the partition of the event's newest
 * wish: its offset there is what makes it newer, and the vendor may have a partitioner of its own.
 * False: there are no more. */
bool undo_next(struct undo *undo, int64_t now_ms, struct outgoing *out);

#endif
