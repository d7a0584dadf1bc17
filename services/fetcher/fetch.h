/* services/fetcher/fetch.h
 *
 * One municipality that is ours: the state machine of its reads.
 *
 *      LOADING ──▶ IDLE ──▶ (ASKING) ──▶ READING ──▶ PUBLISHING ──▶ IDLE
 *                   ▲                       │             │
 *                   └──────── failed ───────┴─────────────┘
 *
 * LOADING waits for its bookmark from Redis, 2 s at most; ASKING, before a read with credentials, for
 * whether the site rejects them (each wrong log-in counts against the account). Credentials that were
 * changed are sent once in any case: what was said of the old ones is not about them. Every phase but IDLE
 * has a deadline and an operation number: a reply to an earlier operation is not for it any more.
 */
#ifndef FETCHER_FETCH_H
#define FETCHER_FETCH_H

#include "base/agenda.h"
#include "fetcher/actions.h"
#include "fetcher/answer.h"
#include "fetcher/commands.h"
#include "fetcher/publication.h"

enum fetch_phase { FETCH_LOADING, FETCH_IDLE, FETCH_ASKING, FETCH_READING, FETCH_PUBLISHING };
enum { FETCH_REFRESHES_MAX = 64 };

/* What all fetches of a core share, and what one call of it may use. */
struct fetch_turn {
        const char *source;        /* ce_source */
        struct dice *dice;
        int64_t sample_percent;    /* of the traces */
        struct commands *commands;
        uint64_t *operations;      /* counts up */
        int64_t *memory;           /* what all lists hold */
        struct fetcher_actions *actions;
        int64_t now_ms;
};

/* Where it stands in the core's queue; fetcher/queue.h alone looks at it. */
struct fetch_place {
        struct due due;
        bool waits;       /* is due and in line */
        bool reads;       /* is counted as a read under way */
        int64_t reserved; /* is counted with so many bytes */
};

struct fetch {
        struct fetch_place place; /* first: the queue finds us by it */
        struct fetch *ahead, *behind; /* in its line */
        const struct municipality *municipality; /* of the present configuration; borrowed */
        bool has_credentials;
        bool new_credentials;       /* they were changed and not sent yet */
        int32_t partition;
        size_t slot;                /* in the core's table; part of every token */
        enum fetch_phase phase;
        uint64_t token;             /* of the operation under way */
        int64_t deadline_ms;        /* INT64_MAX while idle */
        struct schedule schedule;
        struct bookmark bookmark;

        /* the read under way */
        struct schedule_kind kind;
        bool conditional;
        char from_date[READING_DATE_BYTES];
        uint64_t source;
        int64_t started_ms;
        int64_t delay_ms;           /* between its moment and its beginning */
        struct trace trace;
        struct list *list;
        int64_t memory;             /* what of *turn->memory is ours */
        int64_t expected_bytes;     /* after it was postponed: what it had come to; else 0 */

        /* its publication */
        struct publication publication;
        int64_t publishing_ms;      /* since when */
        struct bookmark next;       /* the bookmark once Kafka has acknowledged all */
        struct fetcher_report report;

        /* refreshes that are not done: the first `refreshes_began` by the read under way */
        int64_t refreshes[FETCH_REFRESHES_MAX];
        size_t refresh_count;
        size_t refreshes_began;
};

enum { FETCH_SLOT_BITS = 16 };

struct fetch *fetch_new(const struct municipality *municipality, bool has_credentials,
                        int32_t partition, size_t slot);
void fetch_free(struct fetch *fetch); /* after fetch_stop, or when nobody waits for it any more */

/* Begin to load the bookmark. */
void fetch_load(struct fetch *fetch, struct fetch_turn *turn);

/* Redis answered, or could not: `answered` false. `value` is NULL for a key that does not exist. */
void fetch_redis_replied(struct fetch *fetch, struct fetch_turn *turn, bool answered,
                         struct slice value);

/* Begin a read. Only while IDLE. */
void fetch_begin(struct fetch *fetch, struct fetch_turn *turn);
void fetch_data(struct fetch *fetch, struct fetch_turn *turn, struct slice data,
                const char *content_type);
void fetch_answered(struct fetch *fetch, struct fetch_turn *turn, const struct answer *answer);
void fetch_delivered(struct fetch *fetch, struct fetch_turn *turn, bool acknowledged);

/* The deadline has passed: goes on without the reply. */
void fetch_expired(struct fetch *fetch, struct fetch_turn *turn);

/* The read under way is given up for a reason that is not the site's, and begun again soon. */
void fetch_postpone(struct fetch *fetch, struct fetch_turn *turn, const char *reason);

/* A command asks for a read; `offset` is its record's. */
void fetch_refresh(struct fetch *fetch, struct fetch_turn *turn, bool full, bool fresh,
                   int64_t offset);

/* The configuration changed. A read under way is of the old one: it is given up. */
void fetch_reconfigure(struct fetch *fetch, struct fetch_turn *turn,
                       const struct municipality *municipality, bool has_credentials, bool changed);

/* Its credentials changed: a fresh read with the new ones comes soon. */
void fetch_renew_credentials(struct fetch *fetch, struct fetch_turn *turn);

/* Gives up whatever is under way. */
void fetch_stop(struct fetch *fetch, struct fetch_turn *turn);

/* All refreshes that wait for it count as done: the municipality has left the configuration. */
void fetch_release_refreshes(struct fetch *fetch, struct fetch_turn *turn);

/* When it wants to be looked at: a read is due, or a deadline passes. */
int64_t fetch_next_ms(const struct fetch *fetch);

/* What the next read will need of memory, as far as one can tell. */
int64_t fetch_expected_bytes(const struct fetch *fetch);

#endif
