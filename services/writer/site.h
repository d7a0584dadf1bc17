/* services/writer/site.h
 *
 * One municipality: its lanes, the two queues of those that are ready to send, its bulkhead and its
 * log-in. Lanes that carry a state go before those that carry only links, every tenth send a link.
 */
#ifndef WRITER_SITE_H
#define WRITER_SITE_H

#include "model/config.h"
#include "policy/bulkhead.h"
#include "writer/actions.h"
#include "writer/lane.h"

enum { SITE_LINK_TURN = 10, SITE_BYTES_AN_EVENT = 2048 };

enum site_login { LOGIN_PRESENT, LOGIN_MISSING, LOGIN_REJECTED };

struct site {
        char id[MUNICIPALITY_ID_BYTES];
        const struct municipality
                *municipality; /* borrowed from the configuration; NULL: it left it */
        int32_t partition;     /* of its results, and of its ledger's view */
        struct bulkhead bulkhead;
        struct lane *lanes;  /* by uuid */
        struct lane *states; /* queues */
        struct lane *links;
        size_t queued;
        unsigned turns;
        size_t waiting; /* updates without an end */
        size_t bytes;   /* that they take */
        size_t refused; /* of those, dead at the door and not told yet */
        enum site_login login;
        int64_t probe_at_ms; /* when a rejected log-in is tried again */
        bool probing;
        bool login_worked;  /* for us, since the partition is ours: no status knows better */
        uint64_t successes; /* PATCHes that were applied */
        unsigned strays;    /* events in a row that the CMS did not know, though its list had them */
        bool status_due;
        bool told_waiting;  /* the status told last says that something waits */
        int64_t sweep_ms; /* when the ledger's next page is looked at (sweep.c) */
        uint64_t sweep_cursor;
        bool sweeping;
        const char *last_outcome;
        int64_t last_outcome_ms;
        int64_t scattered_said_ms; /* until when it was said that its updates have no order */
        int64_t asked_ms; /* when a full list was asked for last */
        bool in_round; /* it may have something to send (turn.c) */
        struct site *round_prev, *round_next;
        UT_hash_handle hh;
};

struct site *writer_site_new(const struct municipality *municipality, int32_t partition,
                             int64_t now_ms);
void writer_site_free(struct site *site);
void writer_site_configure(struct site *site,
                           const struct municipality *municipality); /* NULL: it left */

struct lane *writer_site_lane(const struct site *site, const struct uuid *uuid); /* NULL: none */
struct lane *writer_site_lane_new(struct site *site, const struct uuid *uuid);
void writer_site_lane_remove(struct site *site,
                             struct lane *lane); /* out of the map; the caller frees it */

/* The bound of what waits: events, and bytes. A lane that is there takes more of its event. */
bool writer_site_has_room(const struct site *site, const struct lane *lane, size_t bytes);

void writer_site_queue(struct site *site, struct lane *lane);
void writer_site_unqueue(struct site *site, struct lane *lane);
struct lane *
writer_site_turn(struct site *site); /* the lane whose turn it is; stays queued. NULL: none */

/* Slots and the ledger's view aside, when may it send? `now_ms`, later, or INT64_MAX: not before
 * something happens. */
int64_t writer_site_at_ms(struct site *site, int64_t now_ms);

void writer_site_status(const struct site *site, int64_t now_ms, struct site_status *status);

#endif
