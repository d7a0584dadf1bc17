/* services/reconciler/assemble.h
 *
 * Parts of snapshots become whole ones. Parts of several lists may be under way at once, even for
 * one municipality (an old fetcher and a new one). One whose parts do not all come within 5 min of
 * append time is abandoned: its fetcher died, or reading began in its middle.
 *
 * Offsets of the parts are handed on with the snapshot, or with the abandoned one: they are done
 * when that is.
 */
#ifndef RECONCILER_ASSEMBLE_H
#define RECONCILER_ASSEMBLE_H

#include "base/map.h"
#include "model/snapshot.h"
#include "model/trace.h"
#include "reconciler/listing.h"

#define ASSEMBLE_PATIENCE_MS (5 * 60 * INT64_C(1000))

/* A list, whole or on its way there. Owned by whoever holds it: snapshot_free. */
struct snapshot {
        struct snapshot_part head; /* headers of its last part: equal in all but the number */
        char municipality[MUNICIPALITY_ID_BYTES];
        struct trace sent; /* the place of its sending in its trace */
        int32_t partition;
        int64_t *offsets; /* of its parts, as they came; the last is the snapshot's */
        uint32_t arrived;
        int64_t first_at_ms; /* append time of the first part, and of the last */
        int64_t appended_ms;
        struct listing listing;
        bool complete; /* every event that is present is named in it */
        bool broken;   /* a part was not what its headers say */
        int64_t refused; /* that part's offset: done when its dead letter is; -1: none */
        struct error reason;

        UT_hash_handle hh;     /* for assemble.c, by id, while parts are missing */
        struct snapshot *next; /* for the owner's list, once it is whole or abandoned */
};

int64_t snapshot_offset(const struct snapshot *snapshot);
/* The moment it speaks of: never later than its append time, whatever the fetcher's clock said. */
int64_t snapshot_as_of_ms(const struct snapshot *snapshot);
/* The place of its handling in its trace: what comes of it hangs there. */
struct trace snapshot_trace(const struct snapshot *snapshot);
void snapshot_free(struct snapshot *snapshot);

struct assemble {
        struct snapshot *open; /* by id */
        size_t bytes;          /* that they hold */
};

#define ASSEMBLE_NULL                                                                              \
        {                                                                                          \
                NULL, 0                                                                            \
        }

/* One record of `snapshots`. Returns the snapshot that it completes, or NULL. `refused` is set to
 * the reason, borrowed from the snapshot, if it is this record that broke it, else to NULL. */
struct snapshot *assemble_add(struct assemble *assemble, const char *municipality,
                              int32_t partition, int64_t offset, int64_t appended_ms,
                              const struct snapshot_part *head, const struct headers *headers,
                              struct slice value, const char **refused);

/* Takes out one of the partition whose patience is over at `now_ms` (append time of what came
 * after, or the clock when there is nothing more to read), NULL if there is none. */
struct snapshot *assemble_abandoned(struct assemble *assemble, int32_t partition, int64_t now_ms);

/* The first moment at which one will be given up; INT64_MAX: none is open. */
int64_t assemble_next_ms(const struct assemble *assemble);

void assemble_deinit(struct assemble *assemble);

#endif
