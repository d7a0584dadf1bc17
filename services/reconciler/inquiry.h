/* services/reconciler/inquiry.h
 *
 * What a diff wants to know of the writer's ledger, between its walk and its end: for updates whose
 * shown state may be our own, the state that is wished; with a fresh list, every wish, for drift.
 * Asked for in batches, so that neither Redis nor this loop is held by thousands of entries.
 *
 * The diff is borrowed and must outlive the inquiry.
 */
#ifndef RECONCILER_INQUIRY_H
#define RECONCILER_INQUIRY_H

#include "reconciler/diff.h"

enum { INQUIRY_BATCH = 500 };

struct inquiry {
        struct diff *diff;
        struct uuid *uuids;
        size_t count;
        size_t at;   /* of the batch that is asked for */
        size_t next; /* behind it */
};

#define INQUIRY_NULL                                                                               \
        {                                                                                          \
                NULL, NULL, 0, 0, 0                                                                \
        }

void inquiry_begin(struct inquiry *inquiry, struct diff *diff);

/* The next batch; false: nothing more is asked. */
bool inquiry_next(struct inquiry *inquiry, const struct uuid **uuids, size_t *count);

/* The ledger's entries for the batch, in its order; data NULL: there is none. */
void inquiry_take(struct inquiry *inquiry, const struct slice *entries, size_t count);

void inquiry_deinit(struct inquiry *inquiry);

#endif
