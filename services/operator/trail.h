/* services/operator/trail.h
 *
 * The history of one event across all topics, in the order of time: what the site showed, what the
 * vendor was told, what it wished, what became of it. Made of the records of the municipality's
 * partition, and of all partitions of `updates`: a vendor may have a partitioner of its own. Each
 * partition's records in order, those of several among each other in any.
 *
 * Pure. Records are foreign bytes: what cannot be read is left out, texts are cut, and when there
 * are too many entries the oldest go.
 *
 *         trail_init(&trail, "aarhus", &uuid);
 *         trail_take(&trail, &record);               for each record
 *         trail_sort(&trail);
 */
#ifndef OPERATOR_TRAIL_H
#define OPERATOR_TRAIL_H

#include "model/event.h"
#include "model/record.h"
#include "model/snapshot.h"

enum { TRAIL_ENTRIES_MAX = 400, TRAIL_TEXT_BYTES = 320, TRAIL_TRACE_BYTES = 33 };

enum trail_kind {
        TRAIL_SHOWN,  /* by the site: `snapshots` */
        TRAIL_TOLD,   /* to the vendor: `changes` */
        TRAIL_WISHED, /* by the vendor: `updates` */
        TRAIL_ENDED,  /* at the site: `results` */
        TRAIL_DEAD,   /* `dead-letters` */
};

struct trail_entry {
        enum trail_kind kind;
        int64_t at_ms;
        char text[TRAIL_TEXT_BYTES];   /* foreign in parts */
        char trace[TRAIL_TRACE_BYTES]; /* "" : none */
        bool bad;                      /* worth a look: deleted, dead, gone */
};

struct trail {
        char municipality[MUNICIPALITY_ID_BYTES];
        struct uuid uuid;
        char uuid_text[UUID_TEXT_BYTES];
        char title[TRAIL_TEXT_BYTES]; /* as it was told or shown last; "" */
        struct trail_entry *entries;  /* owned */
        size_t count;
        size_t left_out;

        /* what the site showed last */
        bool shown;
        uint64_t raw_hash;
        uint16_t fields[EVENT_FIELD_COUNT];
        enum event_state state;
        uint64_t links;
        char snapshot[SNAPSHOT_ID_BYTES]; /* whose parts are being read */
        bool in_snapshot;
};

void trail_init(struct trail *trail, const char *municipality, const struct uuid *uuid);
void trail_deinit(struct trail *trail);
void trail_take(struct trail *trail, const struct record *record);

/* By time; at the same moment in the order of enum trail_kind. */
void trail_sort(struct trail *trail);

#endif
