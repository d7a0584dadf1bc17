/* services/reconciler/listing.h
 *
 * The events of one snapshot: the parts' own bytes, and an index over them that is sorted by uuid,
 * so that a diff is one walk along two sorted lists. Owns the bytes; the slices point into them.
 *
 * Framing is checked strictly, though our own fetcher cut the parts: a list that is read wrongly is
 * a wrong deletion.
 */
#ifndef RECONCILER_LISTING_H
#define RECONCILER_LISTING_H

#include "base/error.h"
#include "base/slice.h"
#include "base/uuid.h"

struct listing_event {
        struct uuid uuid;
        bool aside; /* present, but not to be told: its uuid stands twice, or it is too large */
        struct slice raw; /* SLICE_NULL: it came in no part */
        uint64_t raw_hash;
};

struct listing {
        struct listing_event *events;
        size_t count;
        size_t capacity;
        char **parts;
        size_t part_count;
        size_t bytes;   /* held, for the bound on memory */
        bool anonymous; /* an event without a readable uuid: nothing is absent for certain */
};

#define LISTING_NULL                                                                               \
        {                                                                                          \
                NULL, 0, 0, NULL, 0, 0, false                                                      \
        }

/* Copies one part, a JSON array of whole events, and indexes it. -1 and a reason if it is none. */
int listing_add(struct listing *listing, struct slice part, struct error *error);

/* Uuids of events that are present and came in no part: texts with commas between. What is no uuid
 * makes the listing anonymous. */
void listing_add_aside(struct listing *listing, struct slice uuids);

/* After the last part: sorts, and folds a uuid that stands twice into one entry. */
void listing_close(struct listing *listing);

void listing_deinit(struct listing *listing);

#endif
