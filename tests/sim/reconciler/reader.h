/* tests/sim/reconciler/reader.h
 *
 * A model of the fetcher for one municipality: polls the site and publishes what it reads as
 * model/snapshot.h says, whole or as `unchanged`, in parts, and does what it is asked for on
 * `control`. Two instances of it exist, since an old one may go on beside its successor. What goes
 * wrong with fetchers goes wrong here: lists of which only half arrives, clocks that are ahead,
 * answers that are published late, a bookmark that is lost or old.
 */
#ifndef SIM_RECONCILER_READER_H
#define SIM_RECONCILER_READER_H

#include "model/municipality.h"
#include "model/snapshot.h"
#include "sim/broker.h"
#include "sim/reconciler/check.h"
#include "sim/reconciler/cms.h"

enum { READER_INSTANCES = 2 };

struct reader_bookmark {
        char digest[SHA256_HEX_BYTES]; /* of the list last published, "": none */
        int64_t fetch_seq;
        int64_t full_ms, fresh_ms;
};

struct reader {
        struct sim *sim;
        struct broker *broker;
        struct check *check;
        struct cms *cms;
        char id[MUNICIPALITY_ID_BYTES];
        int32_t partition;
        int64_t poll_ms, full_every_ms, fresh_every_ms;
        const bool *configured; /* is its municipality? Borrowed */
        bool faulty;            /* halves, late answers, failed reads */
        bool doubled;           /* the second instance reads too */
        int64_t ahead_ms;       /* of the first instance's clock */
        struct reader_bookmark bookmarks[READER_INSTANCES];
        struct reader_bookmark older; /* the first one's, some time ago */
        bool asked_full, asked_fresh; /* by commands not yet obeyed */
        bool stopped;                 /* no polls any more; commands are obeyed */
};

/* Begins to poll. Borrows all. */
void reader_init(struct reader *reader, struct sim *sim, struct broker *broker, struct check *check,
                 struct cms *cms, const char *id, int32_t partition, const bool *configured);

/* Reads now, for whatever reason. */
void reader_read(struct reader *reader, bool full, bool fresh);

/* Its Redis lost everything; or is as it was some time ago. */
void reader_forget(struct reader *reader);
void reader_go_back(struct reader *reader);

/* No faults any more. */
void reader_heal(struct reader *reader);

#endif
