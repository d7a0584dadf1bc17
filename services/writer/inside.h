/* services/writer/inside.h
 *
 * The insides of struct writer_core, shared by the files that it is made of (core.h names them),
 * and by nobody else.
 *
 * Tickets: every action that is answered has one, found by its token when the answer comes. Whoever
 * goes (a lane at a revoke, a partition's view that starts anew) tears its tickets up; an answer
 * without a ticket is dropped. That is the generation every reply is checked against.
 */
#ifndef WRITER_INSIDE_H
#define WRITER_INSIDE_H

#include "policy/retry.h"
#include "policy/watermark.h"
#include "writer/core.h"
#include "writer/site.h"

enum {
        LOADING_MAX = 64,     /* lanes that wait for Redis; beyond: no more updates are read, else
                                 a BEGIN with a slot would wait behind all of them */
        TELLING_MAX = 2000,   /* records that wait for Kafka, and updates that are dead at the door
                                 and wait for Redis; likewise */
        FOLDING_MAX = 256,    /* results being merged into the ledger; beyond: no more are read */
        ANTEROOM_MAX = 10000, /* updates of unknown municipalities */
        ANTEROOM_BYTES_MAX = 16 * 1024 * 1024,
        REDIS_RETRY_MS = 250, /* after a reply was lost */
        STATUS_EVERY_MS = 5000,
        SCATTERED_EVERY_MS = 3600 * 1000,
        READ_BEGIN = -2, /* place.offset: from the beginning of the log */
};

enum view_state { VIEW_NONE, VIEW_POSITIONS, VIEW_READING, VIEW_NOTING, VIEW_READY };

/* One partition: of `updates`, if it is assigned, and of the ledger's view of `results`. */
struct partition {
        struct due due; /* starts the view again, or moves "@" forward */
        int32_t number;
        bool assigned;
        bool reading;        /* `updates` */
        int64_t next_offset; /* of `updates`, as committed; -1: nothing is */
        struct watermark updates;

        enum view_state view;
        bool needed;          /* a lane of another partition of `updates` needs this view, too */
        unsigned outstanding; /* positions, folds or notes that are under way */
        uint64_t mark;        /* number of this catching up */
        int64_t from;         /* the lowest offset reflected by all of its municipalities */
        int64_t reflected;    /* after catching up: by all of them */
        bool read_to_end;
        struct watermark results; /* own results: told, and finished in the ledger */
        int64_t note_offset;      /* reflected a lease ago: what "@" is moved to next */
};

enum letter_state { LETTER_WAITING, LETTER_TELLING };

/* An update that no lane has: refused at the door, or waiting for its municipality. */
struct letter {
        struct due due;
        struct letter *prev, *next;
        enum letter_state state;
        struct record_copy *original; /* owned */
        char municipality[MUNICIPALITY_ID_BYTES];
        char uuid[UUID_TEXT_BYTES];
        const char *reason;
        char detail[ERROR_TEXT_BYTES];
        uint64_t version;
        int64_t since_ms; /* when it came */
};

/* A result on its way into the ledger. */
struct fold {
        struct site *site;
        struct uuid uuid;
        struct ledger_entry entry;
};

/* A result's key that gets its null, and the ledger's entry that goes then. */
struct burial {
        struct uuid uuid;
        struct buffer entry;
};

enum ticket_kind {
        TICKET_LANE,   /* LOAD, BEGIN, FINISH, MERGE or PATCH of a lane */
        TICKET_RESULT, /* of a wanted, or (wanted NULL) of a seal that was broken */
        TICKET_DEAD,   /* dead letter of a wanted; its result follows */
        TICKET_CARRY,  /* a wanted, produced again to `updates` */
        TICKET_LETTER,
        TICKET_CONTROL, /* a request for a refresh: nobody waits for it */
        TICKET_FOLD,
        TICKET_POSITION,
        TICKET_NOTE,
        TICKET_SEALS,
        TICKET_PROBE,
        TICKET_SWEEP,
        TICKET_BURIAL, /* not produced again if it fails: by then it could hide a newer result */
        TICKET_FORGET, /* nobody waits for it */
};

struct ticket {
        struct due due; /* a record that was not acknowledged is produced again */
        uint64_t token;
        enum ticket_kind kind;
        struct lane *lane;
        struct wanted *wanted;
        struct letter *letter;
        struct fold *fold;     /* owned */
        struct burial *burial; /* owned */
        struct site *site;
        struct partition *partition;
        bool loads;    /* counted in `loading` */
        bool telling; /* counted in the core's, from its first try until it is dropped */
        UT_hash_handle hh;
};

struct writer_core {
        const struct config *config;
        const struct topics *topics;
        char instance[112];
        struct dice dice;
        struct retry_policy retry;

        int64_t now_ms;                 /* of the call that is being handled */
        struct writer_actions *actions; /* likewise */

        struct agenda agenda;
        struct ticket *tickets;
        uint64_t last_token;
        uint64_t last_lease;
        uint64_t last_mark;

        struct site
                *sites; /* by id; those that left the configuration stay while they have lanes */
        struct site *round; /* who may have something to send */
        size_t round_count;
        struct site *turn; /* whose turn is next in it; NULL: the first's */
        struct partition *partitions;
        int32_t partition_count;
        struct lane *orphans;
        struct letter *anteroom; /* waiting, in order of arrival */
        struct letter *letters;  /* being told */
        size_t refused;          /* of all sites */
        size_t anteroom_count;
        size_t anteroom_bytes;

        bool redis_up;
        bool draining;
        bool drained;
        bool wants_updates; /* as was last said */
        bool wants_results;
        bool failed;
        struct lane *held;  /* begun, until a transfer is free; the oldest first (gate.c) */
        unsigned in_flight; /* slots taken */
        unsigned sending;   /* of those, PATCHes under way */
        unsigned loading;
        unsigned telling;
        unsigned folding;
        int64_t pump_ms; /* when turns are to be looked at: at once after a slot or a place in a
                            queue changed, else when a site may send again */
        int64_t status_ms;
        int64_t carry_ms; /* when to look for what has waited long */
};

/* core.c */
struct ticket *core_ticket(struct writer_core *core, enum ticket_kind kind);
void core_ticket_drop(struct writer_core *core, struct ticket *ticket);
struct partition *core_partition(struct writer_core *core, int32_t number); /* NULL: no such */
struct site *core_site(struct writer_core *core, const char *municipality);
struct writer_action *core_act(struct writer_core *core, enum writer_action_type type,
                               const struct site *site);
struct writer_report *core_report(struct writer_core *core, enum writer_report_type type,
                                  const char *municipality, const struct uuid *uuid);
bool core_site_is_ours(const struct writer_core *core, const struct site *site);
/* Its status, now and not with the next round: what another owner must not be late to know. */
void core_tell_status(struct writer_core *core, struct site *site);
/* The offset of an update is done. */
void core_done(struct writer_core *core, const struct record_copy *original);
void core_waits(struct writer_core *core, struct site *site, const struct wanted *wanted, int more);
/* Says so, once an hour, where a lane's updates have none. */
void core_look_for_order(struct writer_core *core, const struct lane *lane);
void core_accept(struct writer_core *core, const struct intake *intake,
                 const struct record *record);

/* roster.c */
/* One that left goes when nothing of it is under way; until then its lanes end what they began. */
void roster_drop(struct writer_core *core, struct site *site);
void roster_configure(struct writer_core *core, const struct config *config);
void roster_credentials(struct writer_core *core, const struct writer_input *input);

/* turn.c */
/* A lane of its was queued, or its log-in was rejected. */
void turn_join(struct writer_core *core, struct site *site);
void turn_leave(struct writer_core *core, struct site *site); /* before it is freed */
/* Claims lanes for as long as anybody may send; says when to look again (pump_ms). */
void turn_pump(struct writer_core *core);

/* course.c */
void course_add(struct writer_core *core, struct site *site, const struct intake *intake,
                const struct record *record);
/* For a list of the site, which may be several MB: one for all who began to wait before it, and not
 * many in a row. */
void course_ask(struct writer_core *core, struct site *site, int64_t since_ms);
void course_seal(struct writer_core *core, struct site *site, const struct input_seal *seal);
void course_due(struct writer_core *core, struct lane *lane);
void course_next(struct writer_core *core, struct lane *lane); /* whatever is due now */
void course_rest(struct writer_core *core, struct lane *lane, int64_t at_ms,
                 enum lane_resume resume);
bool course_seal_is_due(const struct writer_core *core, const struct lane *lane);
/* The ticket of an action of the lane's; the action gets its token. */
struct ticket *course_ticket(struct writer_core *core, struct lane *lane,
                             struct writer_action *action);
void course_tear_tickets(struct writer_core *core, const struct lane *lane);
void course_go(struct writer_core *core, struct lane *lane); /* frees the lane */

/* upkeep.c */
void upkeep_load(struct writer_core *core, struct lane *lane);
/* Until the owner before has told what came of his attempt, or his lease has ended. */
void upkeep_wait(struct writer_core *core, struct lane *lane);
void upkeep_loaded(struct writer_core *core, struct lane *lane, const struct writer_input *input);
void upkeep_merge(struct writer_core *core, struct lane *lane);
void upkeep_merged(struct writer_core *core, struct lane *lane, const struct writer_input *input);
void upkeep_expect(struct lane *lane, struct slice bytes); /* to stand in the ledger */
void upkeep_forget(struct lane *lane); /* what stands there: it is to be loaded again */
void upkeep_token(const struct writer_core *core, const struct lane *lane,
                  char token[LEDGER_TOKEN_BYTES]);
/* The ledger does not reflect a result of the lane's yet: "@" must not pass it. */
void upkeep_owe(struct writer_core *core, struct lane *lane, int64_t offset);
bool upkeep_is_owed(const struct lane *lane);
/* The entry to write now, and that it was written; the wish is borrowed from the lane. */
struct ledger_entry upkeep_entry(struct writer_core *core, struct lane *lane);
void upkeep_written(struct writer_core *core, struct lane *lane);
void upkeep_give_up(struct writer_core *core, struct lane *lane);
int64_t upkeep_seal_due_ms(const struct writer_core *core, const struct wish *wish);
/* False if the bytes of `{m}:s` are absent or cannot be read; else known_deinit is due. */
bool upkeep_known(struct slice bytes, struct known *known);

/* attempt.c */
void attempt_claim(struct writer_core *core, struct lane *lane);  /* it has a slot: load or begin */
void attempt_decide(struct writer_core *core, struct lane *lane); /* and knows the ledger */
void attempt_ledger(struct writer_core *core, struct lane *lane, const struct writer_input *input);
void attempt_answered(struct writer_core *core, struct lane *lane,
                      const struct writer_input *input);
/* A record of its was acknowledged (`wanted` NULL: of no update's): FINISH, or on its way. */
void attempt_told(struct writer_core *core, struct lane *lane, struct wanted *wanted);
void attempt_unclaim(struct writer_core *core, struct lane *lane); /* its site's slot is free */
void attempt_drop(struct writer_core *core, struct lane *lane);    /* slot included */
/* For gate.c: the PATCH, or FINISH without one. */
void attempt_patch(struct writer_core *core, struct lane *lane);
void attempt_give_back(struct writer_core *core, struct lane *lane);

/* gate.c */
void gate_come(struct writer_core *core, struct lane *lane);  /* it has begun */
void gate_look(struct writer_core *core);                     /* who waits may go on by now */
void gate_leave(struct writer_core *core, struct lane *lane); /* its slot is free */

/* ending.c: all ends that are told; `finished`: those of the attempt, too */
void ending_settle_all(struct writer_core *core, struct lane *lane, bool finished);

/* judge.c */
void judge(struct writer_core *core, struct lane *lane, const struct answer *answer);
/* The answer to a probe of a rejected log-in. True if it works now. */
bool judge_probe(struct writer_core *core, struct site *site, const struct answer *answer);

/* leave.c */
void leave_revoked(struct writer_core *core);
void leave_lane(struct writer_core *core,
                struct lane *lane); /* its municipality left the configuration */
void leave_site(struct writer_core *core, struct site *site); /* all of its lanes that can */
bool leave_is_done(
        const struct writer_core *core); /* nothing is under way that a drain waits for */

/* telling.c: records that tell of an end; each is produced again until it is acknowledged */
void telling_start(struct writer_core *core, struct lane *lane);
void telling_seal_result(struct writer_core *core, struct lane *lane, uint64_t version);
void telling_letter(struct writer_core *core, struct letter *letter);
void telling_carry(struct writer_core *core, struct lane *lane, struct wanted *wanted);
void telling_burial(struct writer_core *core, struct site *site, struct burial *burial);
void telling_refresh(struct writer_core *core, struct site *site);
void telling_due(struct writer_core *core, struct ticket *ticket);
void telling_delivered(struct writer_core *core, struct ticket *ticket,
                       const struct writer_input *input);

/* carry.c */
void carry_look(struct writer_core *core); /* if it is time */
void carry_done(struct writer_core *core, struct lane *lane, struct wanted *wanted);

/* sweep.c */
void sweep_later(struct writer_core *core, struct site *site); /* within sweep_every */
void sweep_look(struct writer_core *core, struct site *site);  /* if it is time */
void sweep_swept(struct writer_core *core, struct ticket *ticket, const struct writer_input *input);
void sweep_buried(struct writer_core *core, struct ticket *ticket); /* the null is acknowledged */

/* anteroom.c */
void anteroom_refuse(struct writer_core *core, const struct intake *intake,
                     const struct record *record);
void anteroom_wait(struct writer_core *core, const struct intake *intake,
                   const struct record *record);
void anteroom_due(struct writer_core *core, struct letter *letter);
void anteroom_told(struct writer_core *core, struct letter *letter);
void anteroom_open(struct writer_core *core); /* a new configuration: look again */
void anteroom_clear(struct writer_core *core);

/* catchup.c */
void catchup_start(struct writer_core *core, struct partition *partition);
void catchup_stop(struct writer_core *core, struct partition *partition);
bool catchup_ready(struct writer_core *core,
                   const struct site *site); /* asks for its view if it has none */
void catchup_due(struct writer_core *core, struct partition *partition);
void catchup_position(struct writer_core *core, struct ticket *ticket,
                      const struct writer_input *input);
void catchup_result(struct writer_core *core, const struct record *record);
void catchup_end(struct writer_core *core, int32_t partition, int64_t offset);
void catchup_out_of_range(struct writer_core *core, int32_t partition, int64_t low, int64_t high);
void catchup_folded(struct writer_core *core, struct ticket *ticket,
                    const struct writer_input *input);
void catchup_noted(struct writer_core *core, struct ticket *ticket, bool ok);
void catchup_seals(struct writer_core *core, struct ticket *ticket,
                   const struct writer_input *input);
void catchup_drop(struct writer_core *core, struct ticket *ticket);

#endif
