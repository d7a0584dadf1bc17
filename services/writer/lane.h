/* services/writer/lane.h
 *
 * One event's lane: its standing wish, the updates that are open, and the one attempt that may be
 * under way. Decides what is due; asks nobody for anything (course.c does).
 *
 * An update is one `wanted`. It is open until it has an end: superseded when every member it
 * carries was replaced by a newer one, unchanged when the ledger has it confirmed and the snapshot
 * does not say otherwise, ended when its event is over, else what became of the PATCH that carried
 * it. At most one update a member is not superseded, so a lane holds few, however many arrive.
 */
#ifndef WRITER_LANE_H
#define WRITER_LANE_H

#include "base/agenda.h"
#include "base/map.h"
#include "model/known.h"
#include "model/ledger.h"
#include "writer/intake.h"
#include "writer/request.h"
#include "writer/tracing.h"
#include "writer/verdict.h"

enum due_kind { DUE_LANE, DUE_LETTER, DUE_VIEW, DUE_TICKET }; /* struct due's `kind` */

enum wanted_end {
        END_NONE,
        END_APPLIED,
        END_UNCHANGED,
        END_SUPERSEDED,
        END_ENDED,
        END_GONE,
        END_DEAD,
        END_DUPLICATE, /* its result is in Kafka already: only its offset is due */
        END_CARRIED,   /* produced again to the end of `updates`: its outcome comes later */
};

struct wanted {
        struct wanted *next;
        struct record_copy *original; /* owned */
        uint64_t version;
        uint64_t versions[MEMBER_COUNT]; /* VERSION_NONE for what it does not carry */
        bool has_origin;                 /* it may come behind newer ones */
        bool carried;                    /* the origin is itself, carried forward */
        bool again; /* its serial asks for it to be sent, and told, once more */
        uint64_t serial;
        int64_t since_ms;  /* the vendor's record time; -1 unknown */
        int64_t logged_ms; /* when this record of it came into the log; at most, when it came here
                            */
        int64_t first_failed_ms; /* 0: never */
        unsigned attempts;       /* PATCHes that carried it */
        unsigned unacked;        /* records that tell of its end */
        enum wanted_end end;
        const char *reason; /* END_DEAD: stable code; static */
        char *refused; /* a sentence why it is dead already, at the door; NULL: it is not. Owned */
        bool in_attempt;   /* the attempt under way carries it */
        bool by_attempt;   /* it ended with that attempt: done only when the ledger knows */
        bool told;         /* its end was handed to Kafka */
        bool carrying;     /* it is on its way to the end of `updates` */
        uint8_t unchanged; /* members that were found confirmed, a bit each */
        uint8_t ended;     /* members that came too late */
};

struct attempt {
        struct request request;
        bool seal;        /* sends the whole standing wish once more */
        bool claimed;     /* it holds a slot of its site */
        bool begun;       /* `begin` was asked for: the lease may be ours */
        bool sending;     /* its PATCH is under way */
        uint64_t telling; /* version of a broken seal's own result, on its way to Kafka */
        enum verdict verdict;
        long status;
        int64_t lease_until_boot_ms;
        int64_t lease_until_ms; /* of our clock, not later than Redis ends it */
        struct tracing tracing; /* of its PATCH */
        struct buffer answer;   /* its first bytes, for a dead letter */
        char detail[256];       /* a sentence about it, for the same */
};

enum lane_state {
        LANE_RESTING, /* on the agenda, or nothing to do */
        LANE_LOADING,
        LANE_QUEUED,
        LANE_BEGINNING,
        LANE_HELD, /* begun, until a transfer is free */
        LANE_SENDING,
        LANE_TELLING, /* its ends are on their way to Kafka */
        LANE_FINISHING,
        LANE_MERGING,
};

enum lane_resume {
        RESUME_NEXT,
        RESUME_LOAD,
        RESUME_FINISH,
        RESUME_MERGE
}; /* when its time on the agenda comes */

struct site;

struct lane {
        struct due due;
        struct uuid uuid;
        struct site *site;
        enum lane_state state;
        enum lane_resume resume;
        bool loaded; /* `wish` has the ledger's part */
        bool dirty;  /* `wish` has what the ledger has not, though no attempt writes it */
        bool lent;   /* when last looked at, another's lease ran: what he sends may have any end */
        bool pays;   /* what it owes the ledger is written before anything else (carry.c) */
        bool orphan; /* its partition went to somebody else: result and finish only */
        bool in_snapshot;
        bool with_state;       /* in which of the site's queues it stands */
        unsigned failures;     /* tries in a row that did not succeed */
        unsigned counted;      /* of those that count against max_attempts */
        uint64_t success_mark; /* the site's successes when the last one was counted */
        int64_t end_ms;        /* of the event; TIMESTAMP_NONE unknown */
        int64_t retry_ms;      /* not to be sent before */
        uint64_t lease;        /* number in the token of its leases; 0: none yet */
        int64_t half_since_ms; /* waits for the other half of its pair since; 0: it does not */
        struct wish wish;
        struct told told;       /* updates whose results are in Kafka */
        uint64_t newest;        /* version of those that came in order */
        bool mixed;             /* they came from more than one partition: there is no order */
        int64_t owed_offset;    /* lowest in `results` that the ledger does not reflect; -1: none */
        int64_t writing_offset; /* likewise, but a write that is under way, or lost, has it */
        char *expected;         /* the ledger's bytes; NULL: to be loaded before it begins. Owned */
        size_t expected_bytes;  /* foreign: a NUL may be among them */
        struct wanted *open;    /* in order of arrival */
        struct wanted *ending;
        struct wanted *left;      /* by an orphan, to its next owner: not told */
        unsigned unacked;         /* records on their way to Kafka */
        struct attempt *attempt;  /* NULL: none */
        struct lane *prev, *next; /* in a queue of the site, or among the orphans */
        struct lane *held_next;   /* LANE_HELD */
        UT_hash_handle hh;        /* in the site's lanes */
};

struct lane *lane_new(struct site *site, const struct uuid *uuid);
void lane_free(struct lane *lane);

struct wanted *wanted_new(const struct intake *intake, const struct record *record);
void wanted_free(struct wanted *wanted);
const char *wanted_end_name(enum wanted_end end); /* "applied"; not of END_NONE */

/* Adds an update behind the others. Into the wish it goes at once if the lane is loaded, else with
 * lane_rebase. */
void lane_add(struct lane *lane, struct wanted *wanted);

/* The ledger's entry as the new ground (its wish is taken over), and what the snapshot shows (NULL:
 * nothing): all open updates are taken anew. */
void lane_rebase(struct lane *lane, struct ledger_entry *entry, const struct known *known);

/* Gives an end to every open update that has one by now, and moves it to `ending`; those that are
 * in the attempt have none before its verdict. A state of an event that is over ends, too. */
void lane_sort(struct lane *lane, int64_t now_ms);

enum lane_next { LANE_NOTHING, LANE_SEND, LANE_HALF_UNKNOWN };

/* What is due: the members to send, a bit each. `seal`: the whole standing wish. While one half of
 * the links is unknown, a state goes without them. */
enum lane_next lane_next(const struct lane *lane, int64_t now_ms, bool seal, unsigned *members);
bool lane_event_is_over(const struct lane *lane, int64_t now_ms);
bool lane_wants_state(const struct lane *lane);

/* Marks the open updates that the attempt's request carries. */
void lane_board(struct lane *lane);

/* All but those on board are somebody else's from now on. */
void lane_leave_open(struct lane *lane);

/* The verdict's part: what was sent is confirmed, or ended; those on board get `end`. */
void lane_confirm(struct lane *lane);
void lane_end_sent(struct lane *lane, enum wanted_end end, const char *reason);
void lane_alight(struct lane *lane); /* nothing came of it: those on board are open again */
void lane_end_links(struct lane *lane,
                    const char *reason); /* no half of the pair was ever to be known */
/* `wanted` stands at the end of `updates`, too: that record brings the outcome, unless it has one
 * by now, or the attempt under way carries it. */
void lane_carry(struct lane *lane, struct wanted *wanted);

/* An attempt that may have written, or may write, to the ledger or the site. */
static inline bool lane_in_flight(const struct lane *lane)
{
        return lane->attempt && lane->attempt->begun;
}

/* The lane as the ledger keeps it: the wish (borrowed), and which updates were told. What was told
 * is never told, or sent, again. */
struct told lane_told(struct lane *lane);
struct ledger_entry lane_entry(struct lane *lane, int64_t now_ms);
void lane_take_told(struct lane *lane, const struct told *told);
/* It is lent, and has an open update that he who has the lease may end. */
bool lane_awaits_owner(const struct lane *lane);

/* Of what the attempt sent, the newest version that is confirmed; VERSION_NONE: all of it belongs
 * to updates that are still to be delivered, and told, or was replaced meanwhile. */
uint64_t lane_confirmed_version(struct lane *lane);

#endif
