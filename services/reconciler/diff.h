/* services/reconciler/diff.h
 *
 * What a list says against what is known: a pure function of both, of the rules, and of the
 * snapshot's own times (DESIGN.md "Reconciler" 3 to 5). No clock: working the same snapshot again
 * gives the same steps, which is what makes a re-emission harmless.
 *
 * It runs in pieces, since a list may have thousands of events that all changed:
 *         diff_begin; diff_advance until it says true; for each step that diff_asks_for_state:
 *         diff_own_state (where the writer's ledger knows one); drift, with a fresh list;
 *         diff_finish; then read the steps.
 *
 * Listing and catalogue are borrowed and must outlive the diff.
 */
#ifndef RECONCILER_DIFF_H
#define RECONCILER_DIFF_H

#include "model/change.h"
#include "model/version.h"
#include "reconciler/catalogue.h"
#include "reconciler/guard.h"
#include "reconciler/listing.h"
#include "reconciler/sample.h"

/* A list without any of at least this many known events is another site's. */
enum { DIFF_FOREIGN_EVENTS = 5 };
/* An all-day event of the day of from_date is stored the evening before it (CMS-API.md
 * "from_date"). */
#define DIFF_SIGHT_MS (2 * 24 * 3600 * INT64_C(1000))
/* A list may show the old state for so long after our own write. */
#define DIFF_OWN_STATE_MS (5 * 60 * INT64_C(1000))
/* So long after its deletion an event's key gets a null, and its entry goes. */
#define DIFF_TOMBSTONE_MS (30 * 24 * 3600 * INT64_C(1000))

struct diff_facts {
        uint64_t version; /* of all changes that come of it */
        int64_t now_ms;   /* append time of the snapshot's last part */
        int64_t edge_ms;  /* from_date; TIMESTAMP_NONE: the list has no window */
        bool complete;    /* every event could be read: absence means something */
        bool fresh;       /* read past the site's cache: absence is the truth */
        bool reassert;    /* tell all that is present again */
        bool look_at_all; /* the rules changed: equal bytes prove nothing this once */
        bool relevant_only;
        uint32_t news; /* model/news.h: other fields may change without being told */
        struct guard_allowance allowance;
};

enum diff_op {
        DIFF_NOTHING, /* decided: nothing to tell, nothing to write */
        DIFF_WRITE,   /* not news; `known` is written */
        DIFF_FORGET,  /* the entry goes; the vendor never heard of it */
        DIFF_CREATE,  /* from here on: told */
        DIFF_UPDATE,
        DIFF_DELETE,
        DIFF_BURY, /* deleted long ago: its key gets a null, the entry goes */
};

struct diff_step {
        enum diff_op op;
        struct uuid uuid;
        struct slice event;            /* create, update: its bytes, in the listing */
        uint32_t changed;              /* update: a bit per event_field */
        bool reassert;                 /* update: it is told again, whatever `changed` says */
        enum change_reason reason;     /* delete */
        bool absent;                   /* write: the list does not show it */
        bool again;                    /* it would be, were nothing changed */
        enum event_state shown_before; /* update: the state as it was known */
        uint16_t state_before;         /* and its hash */
        uint64_t version_before;       /* and the version that was told last */
        int64_t own_since_ms; /* when our own state was first shown; 0: it is not, or long ago */
        struct known known;   /* the entry as it is afterwards */
};

struct diff_counts {
        size_t known; /* told and not deleted, afterwards: held, candidates, out of sight included
                       */
        size_t created, updated, reasserted, deleted, buried;
        size_t held; /* rejected ones are silent and not counted */
        size_t candidates;
        size_t suspected; /* drift at first sight */
        size_t kept_back; /* states that may be a late list's: the next list decides */
        size_t out_of_sight;
        int64_t waiting_since_ms; /* of the oldest hold; INT64_MAX: none */
};

struct diff {
        struct diff_facts facts;
        const struct listing *listing;
        const struct catalogue *catalogue;
        size_t listing_at, catalogue_at;

        struct diff_step *steps; /* the walk's, sorted by uuid; then what diff_write added */
        size_t step_count, step_capacity;
        size_t walked; /* how many are the walk's */

        struct uuid *series; /* of the events that this snapshot creates */
        size_t series_count, series_capacity;

        size_t alive;           /* known before */
        size_t met;             /* of those, in the list */
        size_t recent;          /* deletions that the guard still counts */
        size_t unended;         /* absent, in sight, not ended */
        struct hold hold;       /* what is held afterwards */
        struct sample held;     /* of it */
        struct sample drifting; /* by drift.h */
        bool foreign;           /* another site's list: no step of it may be taken */
        struct diff_counts counts;
};

void diff_begin(struct diff *diff, const struct diff_facts *facts, const struct listing *listing,
                const struct catalogue *catalogue);

/* Walks on over at most `events` events. True when the walk is at its end. */
bool diff_advance(struct diff *diff, size_t events);

/* Is the step an update for which the ledger decides whether the shown state is news? */
bool diff_asks_for_state(const struct diff_step *step);

/* `state` is the state that we ourselves wish the event to have. Showing it is no news, unless the
 * vendor was told of another one since (KNOWN_OTHER_STATE), and neither is another one soon after
 * (known.h since_ms). */
void diff_own_state(struct diff *diff, struct diff_step *step, enum event_state state);

/* What the walk says of an event; NULL: nothing. After the walk. */
struct diff_step *diff_step_of(struct diff *diff, const struct uuid *uuid);
/* Writes an entry of which the walk says nothing. Its texts go over. */
void diff_write(struct diff *diff, const struct uuid *uuid, struct known *known);

/* Decides about what is absent, and counts. */
void diff_finish(struct diff *diff);

void diff_deinit(struct diff *diff);

/* Told, and not deleted since. */
bool diff_is_alive(const struct known *known);
/* Would another site's list, of these facts' window and time, have deleted it? */
bool diff_in_foreign_hold(const struct diff_facts *facts, const struct known *known);
/* The list's window may have left it out. */
bool diff_out_of_sight(const struct diff_facts *facts, const struct known *known);

#endif
