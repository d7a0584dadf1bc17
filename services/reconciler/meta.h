/* services/reconciler/meta.h
 *
 * What Redis holds of a municipality as a whole: the hash `{m}:m`. Its epoch and offset are the
 * fence of every write: state moves only from the offset that was read. All other fields move with
 * it.
 */
#ifndef RECONCILER_META_H
#define RECONCILER_META_H

#include "base/buffer.h"
#include "base/digest.h"
#include "base/error.h"
#include "reconciler/guard.h"

enum { META_OFFSET_NONE = -1 };

struct meta {
        bool exists;
        int64_t epoch;    /* of the offset */
        int64_t offset;   /* of the last snapshot that was handled; META_OFFSET_NONE: none yet */
        uint64_t version; /* highest that was emitted */
        int64_t version_at_ms; /* when: nothing that is appended later can have a lower one */
        int64_t fetch_seq;     /* of the applied list, unless it was ahead of its append time */
        int64_t as_of_ms;
        int64_t applied_at_ms;         /* append time of the applied list */
        char digest[SHA256_HEX_BYTES]; /* of the applied list; "": none, or it has to be seen again
                                        */
        uint64_t rules;                /* by which it was compared: rules.h */
        uint64_t next_rules;           /* announced; 0: none */
        int64_t next_rules_at_ms;      /* for lists that are appended from then on */
        int64_t known;
        int64_t candidates;
        int64_t held; /* with the hold's id, as the status shows it */
        char hold[HOLD_ID_BYTES];
        int64_t hold_since_ms;          /* when the first of them was held; 0: none is */
        char foreign[SHA256_HEX_BYTES]; /* digest of another site's list, which is the hold; "":
                                           none */
        int64_t foreign_at_ms;   /* when it was appended, and its from_date (0: none): they say */
        int64_t foreign_edge_ms; /* which events it would have deleted */
        int64_t drift;     /* events that the last fresh list showed otherwise than wished */
        int64_t suspected; /* and those that it showed so for the first time: another one decides */
        int64_t recheck_at_ms;  /* ask for a fresh read then; 0: nothing waits for one */
        int64_t reassert_at_ms; /* the first full snapshot from then on is told again as a whole */
};

void meta_init(struct meta *meta); /* one that does not exist */

/* `pairs` as HGETALL gives them; none: does not exist. Unknown fields are left alone. -1 and a
 * reason where one is not what it should be: then nothing counts but epoch and offset, which are
 * still what the next write expects (if both can be read; else it expects a state that is missing).
 */
int meta_read(struct meta *meta, const struct slice *pairs, size_t count, struct error *error);

/* Name and value of every field, as texts, in a row: `count` of both together in `fields`. */
enum { META_FIELDS_MAX = 32, META_FIELD_BYTES = SHA256_HEX_BYTES };
struct meta_fields {
        size_t count;
        struct {
                const char *name;
                char value[META_FIELD_BYTES];
        } items[META_FIELDS_MAX];
};
void meta_write(const struct meta *meta, struct meta_fields *fields);

/* The version of the handled offset; VERSION_NONE where nothing was handled. */
uint64_t meta_handled(const struct meta *meta);

#endif
