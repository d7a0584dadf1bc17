/* services/reconciler/core.h
 *
 * The reconciler as a state machine: handle(core, input, now) gives actions. It opens no socket,
 * reads no clock, and is the same with the same inputs. What it decides, and by which rules, is in
 * its nouns: partition (where reading begins), assemble (parts to lists), judge, diff and guard
 * (what a list says), site (in which order), rebuild (what to do without state).
 *
 * Everything in an input is borrowed for the call. Actions are described in action.h.
 */
#ifndef RECONCILER_CORE_H
#define RECONCILER_CORE_H

#include "model/config.h"
#include "model/headers.h"
#include "model/topics.h"
#include "reconciler/action.h"
#include "reconciler/site.h"

struct reconciler_settings {
        struct topics topics;
        int64_t max_memory;   /* of snapshots that are whole and wait, or are assembled */
        int64_t drain_ms;     /* how long a drain waits for the work under way */
};

struct reconciler_assigned {
        int32_t partition;
        int64_t committed; /* of `snapshots`; PLACE_NONE where there is none */
        int64_t committed_control;
};

struct reconciler_record {
        enum topic topic; /* snapshots, control, or, for RECONCILER_LOG, changes */
        int32_t partition;
        int64_t offset;
        int64_t appended_ms;
        struct slice key;
        struct slice value; /* data NULL: a tombstone */
        const struct headers *headers;
};

enum reconciler_input_type {
        RECONCILER_TICK,
        RECONCILER_CONFIG,   /* first and after every reload; borrowed until the next one */
        RECONCILER_REDIS,    /* up or down */
        RECONCILER_ASSIGNED, /* on top of none */
        RECONCILER_REVOKED,  /* all */
        RECONCILER_RECORD,
        RECONCILER_END,          /* nothing more to read in a partition of `snapshots` for now */
        RECONCILER_OUT_OF_RANGE, /* the log has `low` to `high`, not what was asked for */
        RECONCILER_META,         /* replies: */
        RECONCILER_EVENTS,
        RECONCILER_LEDGER,
        RECONCILER_DELIVERED,
        RECONCILER_APPLIED,
        RECONCILER_LOG, /* a record of `changes`, while RECONCILER_READ_LOG */
        RECONCILER_LOG_END,
        RECONCILER_DRAIN,
};

struct reconciler_input {
        enum reconciler_input_type type;
        uint64_t token; /* of the action that it answers */
        union {
                const struct config *config;
                bool up;
                struct {
                        const struct reconciler_assigned *partitions;
                        size_t count;
                } assigned;
                struct reconciler_record record; /* RECORD, LOG */
                struct {
                        enum topic topic;
                        int32_t partition;
                        int64_t low, high;
                } range; /* END: topic and partition only; so LOG_END */
                struct {
                        bool ok;                   /* false: no reply, or an error */
                        const struct slice *items; /* field, value, ...; LEDGER: one value a uuid,
                                                      data NULL: none */
                        size_t count;
                } reply; /* META, EVENTS, LEDGER */
                enum apply_reply applied;
                const char *error; /* DELIVERED; NULL: acknowledged */
        };
};

struct reconciler_core;

/* Never NULL. `seed` is for the dice. */
struct reconciler_core *reconciler_core_new(const struct reconciler_settings *settings,
                                            uint64_t seed);
void reconciler_core_free(struct reconciler_core *core);

/* Appends what is to be done. What earlier actions borrowed is invalid from here on. */
void reconciler_core_handle(struct reconciler_core *core, const struct reconciler_input *input,
                            int64_t now_ms, struct reconciler_actions *actions);

/* When a RECONCILER_TICK is due at the latest; INT64_MAX: never. */
int64_t reconciler_core_next_ms(const struct reconciler_core *core);

#endif
