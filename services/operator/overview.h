/* services/operator/overview.h
 *
 * What an operator sees of all municipalities: a row each, made of what the services keep in the
 * Redis hash `{m}:status` (DESIGN.md "What an operator sees"), with the marks that say what is
 * wrong, the worst first, and the six numbers above them. `dplsync status` and the console show the
 * same overview.
 *
 * Pure: the caller reads Redis (overview_reader.h) and the clock. Redis values are foreign bytes:
 * texts are cut, and what is no number counts as not told.
 *
 *         overview_init(&overview, config);
 *         overview_take(&overview.rows[i], name, value);      for each field of each hash
 *         overview.rows[i].dead_letters = ...;                where somebody counted them
 *         overview_judge(&overview, now_ms);                  marks, numbers, order
 */
#ifndef OPERATOR_OVERVIEW_H
#define OPERATOR_OVERVIEW_H

#include "base/slice.h"
#include "model/config.h"
#include "policy/breaker.h"

enum {
        OVERVIEW_TEXT_BYTES = 64,
        OVERVIEW_SENTENCE_BYTES = 256,
        OVERVIEW_STALE_INTERVALS = 3,          /* the alert MunicipalityStale says the same */
        OVERVIEW_STUCK_AFTER_MS = 3600 * 1000, /* and UpdatesWaitingTooLong this */
        OVERVIEW_DEAD_LETTERS_UNKNOWN = -1,
        OVERVIEW_HOURS = 25,
};

/* What is wrong with a municipality; a row may have several. The highest bit is the most urgent:
 * first what waits for a person's decision, last what passes by itself. */
enum overview_mark {
        OVERVIEW_PAUSED = 1,        /* the site asked us to wait, and we do */
        OVERVIEW_UNREAD = 2,        /* it was never read: new, or its fetcher has not come to it */
        OVERVIEW_BREAKER = 4,       /* the site fails at writing; one probe at a time */
        OVERVIEW_STALE = 8,         /* the last good read is three intervals old, or more */
        OVERVIEW_STUCK = 16,        /* updates wait for over an hour, and nothing says why */
        OVERVIEW_DEAD_LETTERS = 32, /* updates that could not be done */
        OVERVIEW_CREDENTIALS = 64,  /* missing or rejected: nothing can be written; a breaker that
                                       is open for that is no mark of its own */
        OVERVIEW_HELD = 128,        /* deletions wait for a decision */
};
enum { OVERVIEW_MARKS = 8 };

struct overview_row {
        char id[MUNICIPALITY_ID_BYTES];
        int64_t interval_ms; /* between two reads, as configured */
        unsigned marks;      /* enum overview_mark */
        bool told;           /* its hash has at least one field that is known here */

        /* Reading. Moments in ms since 1970; 0: never, or not told. */
        int64_t success_ms;
        int64_t fresh_ms; /* past the site's cache */
        int64_t attempt_ms;
        int64_t fetch_paused_ms; /* until then; 0: not paused */
        int64_t failures;        /* in a row */
        int64_t events;          /* in the list last published */
        int64_t unreadable;
        int64_t bytes;
        int64_t http_status;                     /* of the last attempt; 0: no answer */
        char fetch_outcome[OVERVIEW_TEXT_BYTES]; /* "published", "unchanged", "failed" */
        char fetch_reason[OVERVIEW_TEXT_BYTES];  /* a stable code; "" where it went well */
        char fetch_error[OVERVIEW_SENTENCE_BYTES];

        /* Telling */
        int64_t known;
        int64_t held;
        char hold[OVERVIEW_TEXT_BYTES];        /* the hold's id */
        char hold_reason[OVERVIEW_TEXT_BYTES]; /* "too-many", "another-site" */
        int64_t hold_since_ms;
        int64_t candidates;
        int64_t drift; /* events that show something else than was wished and confirmed */
        int64_t applied_ms;
        int64_t as_of_ms; /* the moment that the applied list speaks of */
        int64_t version;
        struct overview_hour { /* what was known in an hour of the last day, in no order */
                int64_t hour;  /* since 1970; 0: nothing */
                int64_t known;
        } hours[OVERVIEW_HOURS];

        /* Writing */
        int64_t waiting;
        int64_t oldest_ms;
        enum breaker_state breaker;
        int64_t breaker_until_ms;
        int64_t write_paused_ms;
        bool credentials_missing;
        bool credentials_rejected;
        int64_t probe_ms;
        char last_outcome[OVERVIEW_TEXT_BYTES];
        int64_t last_outcome_ms;

        int64_t dead_letters; /* that wait for a decision; OVERVIEW_DEAD_LETTERS_UNKNOWN */
};

/* The six numbers. The first two divide the municipalities; the others may overlap. */
struct overview_sums {
        size_t fresh;
        size_t stale; /* with those that were never read */
        size_t paused;
        size_t breaker;      /* with those whose credentials do not work */
        size_t held;         /* municipalities, not deletions */
        size_t dead_letters; /* messages; 0 where nobody counted */
};

struct overview {
        struct overview_row *rows; /* owned; in the order of the configuration until judged */
        size_t count;
        size_t strays; /* dead letters that no row counts; 0 where nobody counted */
        struct overview_sums sums;
        int64_t now_ms; /* of the judgement */
};

void overview_init(struct overview *overview, const struct config *config);
void overview_deinit(struct overview *overview);

/* One field of the municipality's hash. Unknown ones are left alone. */
void overview_take(struct overview_row *row, struct slice name, struct slice value);

/* The row of a municipality, only before overview_judge: until then they stand by id. NULL if there
 * is none. */
struct overview_row *overview_row(const struct overview *overview, const char *id);

/* Gives each row its marks, counts, and sorts: the worst first, equals by the age of the last good
 * read, then by id. */
void overview_judge(struct overview *overview, int64_t now_ms);

/* The same at any time, looking through all rows. */
struct overview_row *overview_find(const struct overview *overview, const char *id);

/* How many events were known at that moment, to the hour. -1: not told. */
int64_t overview_known_at(const struct overview_row *row, int64_t at_ms);

/* The marks from the most urgent on: number 0 to OVERVIEW_MARKS - 1. */
enum overview_mark overview_mark_at(size_t number);
/* "deletions held", "credentials", "dead letters", "stuck", "stale", "breaker open", "never read",
 * "paused" */
const char *overview_mark_name(enum overview_mark mark);

#endif
