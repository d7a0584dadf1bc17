/* services/writer/core.h
 *
 * The writer as a state machine: handle(input, now) fills a list of actions, and does nothing else.
 * It opens no socket, reads no clock, rolls no dice but its own, logs nothing. The shell turns
 * records, replies, answers and timers into inputs, and actions into calls.
 *
 * How an update goes (DESIGN.md "Writer"):
 *
 *     update ─ intake ─▶ lane ─ LOAD ─ BEGIN ─ PATCH ─▶ verdict ─ results ─ FINISH ─▶ offset done
 *
 * Files: intake (at the door), lane (one event: what is due), site (one municipality: queues and
 * bulkhead); course (what a lane does next), upkeep (its entry in the ledger), attempt (one PATCH's
 * way), judge (what its answer means), ending and telling (results and dead letters); turn (who
 * sends next), catchup (the ledger as a view of `results`), roster (municipalities), leave (lanes
 * that go before their time), anteroom (updates without a lane), carry (what waits for hours),
 * sweep (what is long gone), core (dispatch, assignment, drain).
 */
#ifndef WRITER_CORE_H
#define WRITER_CORE_H

#include "model/config.h"
#include "writer/actions.h"
#include "model/record.h"

enum writer_input_type {
        INPUT_TICK,        /* time has passed: writer_core_next_ms was reached */
        INPUT_CONFIG,      /* config: a new one; the old one may be freed after the call */
        INPUT_CREDENTIALS, /* credentials: of one municipality */
        INPUT_ASSIGNED,    /* assigned */
        INPUT_REVOKED,
        INPUT_UPDATE,               /* record: of an assigned partition */
        INPUT_UPDATES_OUT_OF_RANGE, /* range: what is asked for is not in the log */
        INPUT_REDIS,                /* up */
        INPUT_RESULT,               /* record: of `results`, while catching up */
        INPUT_RESULTS_END,          /* place: the next result will have at least this offset */
        INPUT_RESULTS_OUT_OF_RANGE, /* range */
        INPUT_POSITION,             /* token, position */
        INPUT_NOTED,     /* token, ok: false also if the mark, or "@", was no longer there */
        INPUT_SEALS,     /* token, seals */
        INPUT_SWEPT,     /* token, swept */
        INPUT_LOADED,    /* token, loaded */
        INPUT_LEDGER,    /* token, ledger: how BEGIN, FINISH or MERGE ended */
        INPUT_DELIVERED, /* token, delivered */
        INPUT_ANSWERED,  /* token, answer */
        INPUT_DRAIN,     /* take no more, end what is under way, then ACTION_DRAINED */
};

enum ledger_reply {
        LEDGER_LOST,    /* no reply: whether it was done is not known */
        LEDGER_MISSING, /* BEGIN: no "@": the ledger is to be rebuilt first */
        LEDGER_BUSY,    /* BEGIN: somebody else's lease runs for `wait_ms` more */
        LEDGER_STALE,   /* BEGIN, MERGE: `current` stands there */
        LEDGER_SEND,    /* BEGIN: the lease is ours */
        LEDGER_OK,      /* FINISH, MERGE, FORGET */
        LEDGER_FENCED,  /* FINISH: the lease is no longer ours */
};

struct input_partition {
        int32_t partition;
        int64_t next_offset; /* of `updates`, as committed; -1: nothing is */
};

struct input_seal {
        struct uuid uuid;
        int64_t due_ms;
};

struct input_swept { /* of `{m}:w`, and of `{m}:s` (empty: absent) */
        struct uuid uuid;
        struct slice entry, known;
};

struct writer_input {
        enum writer_input_type type;
        uint64_t token;
        union {
                const struct config *config;
                struct {
                        const char *municipality;
                        bool present;
                        bool changed; /* since the last time: a log-in that was rejected is tried at
                                         once */
                } credentials;
                struct {
                        const struct input_partition *partitions;
                        size_t count;
                        uint64_t generation;
                } assigned;
                struct record record;
                struct {
                        int32_t partition;
                        int64_t offset;
                } place;
                struct {
                        int32_t partition;
                        int64_t low, high;
                } range;
                bool up;
                bool ok;
                struct {
                        bool ok;
                        struct slice position; /* the field "@"; empty: absent */
                        int64_t probe_at_ms;   /* of `{m}:status`, if the log-in was rejected; 0: it
                                                  was not */
                        bool login_changed;    /* since it was rejected */
                } position;
                struct {
                        bool ok;
                        const struct input_seal *seals;
                        size_t count;
                } seals;
                struct {
                        bool ok;
                        uint64_t cursor; /* of the next page; 0: there is none */
                        const struct input_swept *entries;
                        size_t count;
                } swept;
                struct {
                        bool ok;
                        bool missing;       /* there is no "@": the ledger is to be rebuilt first */
                        struct slice entry; /* of `{m}:w`; empty: absent */
                        struct slice known; /* of `{m}:s`; empty: absent */
                } loaded;
                struct {
                        enum ledger_reply reply;
                        struct slice current; /* STALE */
                        struct slice known;   /* SEND: of `{m}:s`; empty: absent */
                        bool any_snapshot;    /* SEND: one was ever applied (`{m}:m` exists) */
                        int64_t wait_ms;      /* BUSY */
                        int64_t lease_until_boot_ms; /* SEND: the shell's own measure, handed back
                                                        with the PATCH */
                } ledger;
                struct {
                        bool ok;
                        int64_t offset;
                } delivered;
                struct {
                        struct answer answer;
                        int64_t duration_ms;
                } answered;
        };
};

struct writer_core;

struct writer_settings {
        const struct config *config; /* borrowed until the next INPUT_CONFIG */
        const struct topics *topics; /* borrowed for the core's life */
        const char *instance;        /* unique in the fleet and in time: leases carry it */
        uint64_t seed;
};

struct writer_core *writer_core_new(const struct writer_settings *settings, int64_t now_ms);
void writer_core_free(struct writer_core *core);

/* Everything in `input` is borrowed for the call. `actions` is added to. */
void writer_core_handle(struct writer_core *core, const struct writer_input *input, int64_t now_ms,
                        struct writer_actions *actions);

/* When INPUT_TICK is due; INT64_MAX: never. */
int64_t writer_core_next_ms(const struct writer_core *core);

/* For the gauges. `status` is filled for a municipality that is ours; false if it is not, or not
 * any more. */
size_t writer_core_site_count(const struct writer_core *core);
bool writer_core_site(const struct writer_core *core, size_t index, int64_t now_ms,
                      const char **municipality, struct site_status *status);

#endif
