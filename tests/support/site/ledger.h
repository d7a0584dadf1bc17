/* site/ledger.h
 *
 * Every request to every site, in order of arrival: what came, when, what was answered and what was
 * executed. A ring: the oldest entries give way, `ledger_first` says from where on it is complete.
 * Numbers start at 1. Times are microseconds; *_us of the steady clock, wall_us of the wall clock.
 */
#ifndef SITE_LEDGER_H
#define SITE_LEDGER_H

#include "base/buffer.h"
#include "site/request.h"

#include <stdint.h>

enum { LEDGER_BODY_MAX_BYTES = 8192, LEDGER_USER_BYTES = 64, LEDGER_SITE_BYTES = 64 };

enum ledger_end {
        LEDGER_OPEN,     /* no answer yet */
        LEDGER_ANSWERED,
        LEDGER_RESET,    /* by a fault */
        LEDGER_CLOSED,   /* without an answer, or within it */
        LEDGER_GONE,     /* the client left first */
};

struct ledger_entry {
        uint64_t number;
        int64_t wall_us, started_us;
        int64_t ended_us;    /* 0: open */
        int64_t executed_us; /* 0: the write was not executed */
        enum ledger_end end;
        enum method method;
        unsigned status;
        bool changed;             /* the write moved a value */
        uint64_t overlaps;        /* a PATCH of the same event whose client still waited; 0: none */
        uint64_t overlaps_pending; /* one whose client had left, but not yet executed; 0: none */
        uint64_t answer_bytes;
        const char *cache; /* of a GET: "hit", "miss", "pass" */
        const char *fault; /* kind, "" if none */
        char site[LEDGER_SITE_BYTES];
        char uuid[40];
        char user[LEDGER_USER_BYTES];
        char *texts; /* url, then the headers, each with its NUL (an empty one: not sent), the body
                      */
        size_t body_bytes;
};

struct ledger {
        struct ledger_entry *ring;
        size_t capacity, max_entries;
        uint64_t next; /* number of the next entry */
};

struct ledger_filter {
        const char *site, *uuid; /* NULL: any */
        enum method method;      /* METHOD_OTHER: any */
        uint64_t from;           /* number */
        size_t limit;
};

void ledger_init(struct ledger *ledger, size_t max_entries);
void ledger_deinit(struct ledger *ledger);
void ledger_clear(struct ledger *ledger); /* numbers go on */

/* A new entry's number; what is known at its beginning is filled in. */
uint64_t ledger_open(struct ledger *ledger, const char *site, const char *uuid,
                     const struct request *request);

/* The entry, or NULL if it has given way. */
struct ledger_entry *ledger_find(struct ledger *ledger, uint64_t number);
uint64_t ledger_first(const struct ledger *ledger);

/* {"first":..,"next":..,"entries":[..]}; `next` is where to read on. */
void ledger_write(struct buffer *out, struct ledger *ledger, const struct ledger_filter *filter);

#endif
