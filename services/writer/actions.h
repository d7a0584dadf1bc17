/* services/writer/actions.h
 *
 * What the writer's core wants done, in order. The list owns all that its actions hold, but for the
 * headers of a record and what a patch's municipality points to: those are borrowed from the core
 * until its next handle call. Actions with a token are answered by exactly one input with that
 * token (INPUT_…), however late; what they were for may be gone by then.
 */
#ifndef WRITER_ACTIONS_H
#define WRITER_ACTIONS_H

#include "model/headers.h"
#include "model/ledger.h"
#include "model/municipality.h"
#include "model/topics.h"
#include "policy/breaker.h"
#include "writer/tracing.h"
#include "writer/verdict.h"

enum writer_action_type {
        /* Kafka */
        ACTION_READ_UPDATES, /* place: of an assigned partition, from this offset on */
        ACTION_WANT_UPDATES, /* room */
        ACTION_READ_RESULTS, /* place: catch up from this offset to the end; INPUT_RESULT,
                                INPUT_RESULTS_END */
        ACTION_WANT_RESULTS, /* room */
        ACTION_STOP_RESULTS, /* place */
        ACTION_STORE,        /* place: of `updates`, the next offset to read */
        ACTION_PRODUCE,      /* produce; token: INPUT_DELIVERED */
        /* Redis, all of `municipality` */
        ACTION_POSITION, /* position; token: INPUT_POSITION. Marks the ledger as being caught up,
                            reads its field "@", and when a rejected log-in is to be tried again */
        ACTION_NOTE,     /* position; token: INPUT_NOTED. Sets the field "@", only forward */
        ACTION_SEALS,    /* token: INPUT_SEALS. Events whose seal is still to be broken */
        ACTION_LOAD,     /* ledger.uuid; token: INPUT_LOADED */
        ACTION_BEGIN,    /* ledger; token: INPUT_LEDGER */
        ACTION_FINISH,   /* ledger; token: INPUT_LEDGER */
        ACTION_MERGE,    /* ledger; token: INPUT_LEDGER */
        ACTION_SWEEP,    /* cursor; token: INPUT_SWEPT. A page of the ledger */
        ACTION_FORGET, /* ledger.uuid, .expected; token: INPUT_LEDGER. Removes what stands there */
        ACTION_STATUS, /* status; not answered */
        /* the site */
        ACTION_PATCH, /* patch; token: INPUT_ANSWERED */
        /* people */
        ACTION_REPORT, /* report: log it, count it */
        ACTION_DRAINED,
        ACTION_FAIL, /* reason: nothing that can be mended from inside */
};

/* One write of the ledger (writer/script.h). */
struct action_ledger {
        struct uuid uuid;
        char token[LEDGER_TOKEN_BYTES]; /* of the lease */
        struct buffer expected; /* BEGIN, MERGE: the bytes that must stand there; empty: none */
        struct buffer fresh;    /* the bytes to write; BEGIN puts token and lease behind the wish */
        int64_t lease_ms;       /* BEGIN */
        int64_t seal_at_ms;     /* when the event's seal is due; 0: it has none */
};

/* A ledger that is flushed while it is caught up loses its mark, and one that is flushed later its
 * "@": neither may be given an "@" then, as if it were whole. */
struct action_position {
        char mark[LEDGER_TOKEN_BYTES]; /* NOTE: that must stand there; "": "@" itself must */
        struct ledger_position place;  /* NOTE */
};

struct action_patch {
        const struct municipality *municipality;
        struct buffer url;
        struct buffer body;
        char key[IDEMPOTENCY_KEY_BYTES];
        struct trace trace;          /* none for a probe */
        int64_t lease_until_boot_ms; /* as INPUT_LEDGER gave it; INT64_MAX for a probe */
};

struct action_produce {
        enum topic topic;
        int32_t partition;
        struct buffer key;
        struct slice value; /* borrowed from the original, or from `text` */
        struct buffer text;
        struct headers *headers; /* owned; what it refers to is borrowed */
        bool has_key;            /* an original may have had none */
};

/* One municipality's part of `{m}:status`, and of the gauges. Times are 0 for "none". */
struct site_status {
        size_t waiting; /* updates without an end */
        size_t ready;   /* of those, queued, and nothing but slots and rate in the way */
        int64_t oldest_ms;
        enum breaker_state breaker;
        int64_t breaker_until_ms;
        int64_t paused_until_ms;
        bool credentials_missing;
        bool credentials_rejected;
        int64_t probe_at_ms;
        const char *last_outcome; /* static; "": none yet */
        int64_t last_outcome_ms;
};

enum writer_report_type {
        REPORT_OUTCOME, /* an update's end */
        REPORT_ATTEMPT, /* a PATCH was answered, or was not */
        REPORT_DEAD_LETTER,
        REPORT_SITE_PAUSED,
        REPORT_BREAKER, /* opened or closed */
        REPORT_CREDENTIALS_MISSING,
        REPORT_CREDENTIALS_REJECTED,
        REPORT_CREDENTIALS_WORK,
        REPORT_HALF_UNKNOWN,
        REPORT_STRAY,                /* the CMS does not know an event that its list had */
        REPORT_RECEIVED,             /* an update of the vendor's */
        REPORT_SCATTERED,            /* updates of one event came in two partitions */
        REPORT_UNKNOWN_MUNICIPALITY, /* an update waits for the configuration */
        REPORT_LEFT,                 /* a municipality left the configuration, with all it had */
        REPORT_CAUGHT_UP,            /* a partition's ledger reflects `results` */
        REPORT_UPDATES_LOST,         /* the committed offset is no longer in the log */
        REPORT_BAD_LEDGER,           /* an entry in Redis cannot be read: taken as absent */
        REPORT_BAD_RESULT,           /* a record of `results` cannot be read: left out */
};

struct writer_report {
        enum writer_report_type type;
        char municipality[MUNICIPALITY_ID_BYTES]; /* "": none */
        char uuid[UUID_TEXT_BYTES];               /* "": none */
        char outcome[24];
        char reason[48];               /* a code */
        char detail[ERROR_TEXT_BYTES]; /* a sentence */
        struct tracing tracing;
        long status;
        unsigned attempts;
        int32_t partition; /* -1: of none */
        int64_t count;
        int64_t until_ms;
        int64_t latency_ms;  /* record time to applied; -1: unknown */
        int64_t duration_ms; /* of the attempt */
        enum breaker_state breaker;
};

struct writer_action {
        enum writer_action_type type;
        uint64_t token;
        char municipality[MUNICIPALITY_ID_BYTES];
        union {
                struct {
                        int32_t partition;
                        int64_t offset;
                } place;
                bool room;
                uint64_t cursor; /* SWEEP: 0 at first, then as INPUT_SWEPT said */
                struct action_position position;
                struct action_ledger ledger;
                struct action_patch patch;
                struct action_produce produce;
                struct site_status status;
                struct writer_report report;
                struct error reason;
        };
};

struct writer_actions {
        struct writer_action *items; /* owned */
        size_t count;
        size_t capacity;
};

#define ACTIONS_NULL                                                                               \
        {                                                                                          \
                NULL, 0, 0                                                                         \
        }

/* A new action at the end, zeroed but for its type; valid until the next one is added. */
struct writer_action *writer_actions_add(struct writer_actions *actions,
                                         enum writer_action_type type);
void writer_actions_clear(
        struct writer_actions *actions); /* frees what they hold, keeps the room */
void writer_actions_deinit(struct writer_actions *actions);

const char *writer_action_name(enum writer_action_type type);

#endif
