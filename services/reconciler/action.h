/* services/reconciler/action.h
 *
 * What the core asks its shell to do, in list order. Whatever is answered carries the token back
 * that the action had; an answer with a token that is no longer waited for is dropped by the core.
 *
 * Owned by the list, unless it says "borrowed": then it is the core's and valid until the next call
 * of reconciler_core_handle.
 */
#ifndef RECONCILER_ACTION_H
#define RECONCILER_ACTION_H

#include "base/buffer.h"
#include "base/error.h"
#include "model/municipality.h"
#include "model/topics.h"
#include "reconciler/assemble.h"
#include "reconciler/meta.h"
#include "reconciler/sample.h"
#include "reconciler/writes.h"

enum reconciler_action_type {
        RECONCILER_START,       /* read a topic's partition from `offset` on */
        RECONCILER_STORE,       /* all before `offset` is done */
        RECONCILER_WANT,        /* whether there is room for records */
        RECONCILER_LOAD_META,   /* {m}:m whole. Answer: RECONCILER_META */
        RECONCILER_LOAD_EVENTS, /* {m}:s whole. Answer: RECONCILER_EVENTS */
        RECONCILER_LOAD_LEDGER, /* fields of {m}:w. Answer: RECONCILER_LEDGER */
        RECONCILER_PRODUCE,     /* a record. Answer: RECONCILER_DELIVERED */
        RECONCILER_APPLY,       /* compare-and-set. Answer: RECONCILER_APPLIED */
        RECONCILER_STATUS,      /* fields of {m}:status; no answer */
        RECONCILER_READ_LOG,    /* `changes` of a partition from the beginning to its end. Answers:
                                   RECONCILER_LOG, RECONCILER_LOG_END */
        RECONCILER_LEAVE_LOG,   /* the partition is no longer ours */
        RECONCILER_REPORT,      /* log and count */
        RECONCILER_GONE,        /* the municipality is no longer ours: its metric series go */
        RECONCILER_STOP, /* cannot be mended from inside: end the process with this sentence */
        RECONCILER_DRAINED,
};

enum reconciler_report {
        REPORT_OWNED,      /* a municipality is ours: what its state says */
        REPORT_APPLIED,    /* a snapshot, its changes told */
        REPORT_CONFIRMED,  /* an unchanged list */
        REPORT_DRIFT,      /* a fresh list shows `drifting` events otherwise than wished */
        REPORT_SKIPPED,    /* `text` says why */
        REPORT_FOREIGN,    /* another site's list */
        REPORT_REFUSED,    /* a record that becomes a dead letter */
        REPORT_UNREADABLE, /* state, or a record of `changes`, that is not what it should be */
        REPORT_ABANDONED,  /* a snapshot whose parts did not all come */
        REPORT_FAILED,     /* an attempt; it is made again */
        REPORT_REBUILDING,
        REPORT_REBUILT,
        REPORT_COMMAND, /* an operator's command; `text` says what became of it */
        REPORT_ASKED,   /* the fetcher was asked for a list */
        REPORT_COUNT,
};

struct report {
        enum reconciler_report what;
        char municipality[MUNICIPALITY_ID_BYTES];
        char text[ERROR_TEXT_BYTES];
        uint64_t version;
        int64_t known, created, updated, reasserted, deleted, buried, held, candidates, drifting;
        int64_t applied_at_ms;
        /* of a snapshot's end: its place in its trace, what that hangs under, and its append time */
        struct trace trace;
        struct trace sent;
        int64_t appended_ms;
};

struct apply {
        char municipality[MUNICIPALITY_ID_BYTES];
        uint64_t token;
        bool exists; /* expect these; else expect that there is no state */
        int64_t epoch;
        int64_t offset;
        bool wipe;                  /* first delete both hashes */
        const struct write *writes; /* borrowed */
        size_t write_count;
        struct meta_fields *meta; /* the last batch's; NULL: the meta stays as it is. Owned */
};

struct letter;

struct record { /* to be produced */
        enum topic topic;
        int32_t partition;
        uint64_t token;
        char key[128];
        char type[32]; /* of the CloudEvent */
        char id[192];
        struct buffer value; /* owned; empty: a null, the key's tombstone */
        const struct letter *letter; /* a dead letter: key, value, headers are its. Borrowed */
        char trace[TRACEPARENT_BYTES];
        int64_t time_ms;
};

enum { STATUS_FIELDS_MAX = 16, STATUS_VALUE_BYTES = SAMPLE_TEXT_BYTES };
struct status {
        char municipality[MUNICIPALITY_ID_BYTES];
        size_t count;
        struct {
                const char *name; /* static */
                char value[STATUS_VALUE_BYTES];
        } fields[STATUS_FIELDS_MAX];
};

struct reconciler_action {
        enum reconciler_action_type type;
        union {
                struct {
                        enum topic topic;
                        int32_t partition;
                        int64_t offset;
                } place; /* START, STORE */
                bool want;
                struct {
                        char municipality[MUNICIPALITY_ID_BYTES];
                        uint64_t token;
                        const struct uuid *uuids; /* LOAD_LEDGER: borrowed */
                        size_t count;
                } load;                /* LOAD_META, LOAD_EVENTS, LOAD_LEDGER */
                struct record *record; /* owned */
                struct apply apply;
                struct status *status;                    /* owned */
                int32_t partition;                        /* READ_LOG, LEAVE_LOG */
                struct report *report;                    /* owned */
                char municipality[MUNICIPALITY_ID_BYTES]; /* GONE */
                struct error *reason;                     /* STOP. Owned */
        };
};

struct reconciler_actions {
        struct reconciler_action *items;
        size_t count;
        size_t capacity;
};

#define RECONCILER_ACTIONS_NULL                                                                    \
        {                                                                                          \
                NULL, 0, 0                                                                         \
        }

/* Each adds one action and returns it or its part, to be filled in. Valid until the next is added.
 */
struct reconciler_action *action_add(struct reconciler_actions *actions,
                                     enum reconciler_action_type type);
void action_place(struct reconciler_actions *actions, enum reconciler_action_type type,
                  enum topic topic, int32_t partition, int64_t offset);
void action_load(struct reconciler_actions *actions, enum reconciler_action_type type,
                 const char *municipality, uint64_t token);
void action_load_ledger(struct reconciler_actions *actions, const char *municipality,
                        uint64_t token, const struct uuid *uuids, size_t count);
struct record *action_record(struct reconciler_actions *actions, enum topic topic,
                             int32_t partition);
struct report *action_report(struct reconciler_actions *actions, enum reconciler_report what,
                             const char *municipality, const char *text);
struct status *action_status(struct reconciler_actions *actions, const char *municipality);
void status_number(struct status *status, const char *name, int64_t value);
void status_text(struct status *status, const char *name, const char *value);

void actions_clear(
        struct reconciler_actions *actions); /* frees what the actions own; keeps the list */
void actions_deinit(struct reconciler_actions *actions);

#endif
