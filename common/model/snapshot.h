/* common/model/snapshot.h
 *
 * A record of `snapshots`: one part of one complete list, or an `unchanged` record. The value is a
 * JSON array of whole events in the CMS's own bytes; everything else is in headers (CONTRACT.md
 * "snapshots").
 */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include "base/digest.h"
#include "base/error.h"
#include "model/headers.h"
#include "model/municipality.h"

enum { SNAPSHOT_PART_BYTES_MAX = 900 * 1000, SNAPSHOT_PARTS_MAX = 4096, SNAPSHOT_ID_BYTES = 128 };

struct snapshot_part {
        char id[SNAPSHOT_ID_BYTES];     /* the same for all parts */
        int64_t fetch_seq;              /* orders fetches: max(previous + 1, request start in ms) */
        int64_t as_of_ms;               /* request start less Age */
        int64_t fetched_at_ms;          /* when the whole list had arrived */
        uint32_t part;                  /* 1.. */
        uint32_t parts;
        uint32_t events;                /* in the whole list */
        char sha256[SHA256_HEX_BYTES];  /* of the whole list's body, decoded */
        char from_date[11];             /* "2026-03-01", "" for none */
        bool complete;                  /* false: an event had no readable uuid: no deletions */
        bool fresh;                     /* a read past the site's cache */
        bool unchanged;                 /* no events here: the list with this digest still stands */
        uint32_t unreadable;            /* too large, twice, or without uuid: in no part */
};

/* Reads and checks the headers of a record: the reason names the header. */
int snapshot_part_read(struct snapshot_part *part, const struct headers *headers,
                       struct error *error);
void snapshot_part_write(const struct snapshot_part *part, struct headers *headers);

#endif
