/* common/model/change.h
 *
 * A record of `changes`: a command to the vendor (CONTRACT.md "changes"). Written by the
 * reconciler, read by its rebuild and by the operator's command. Equal (uuid, version) means equal
 * event bytes: what is written here depends only on the snapshot (DESIGN.md, invariant 2).
 */
#ifndef MODEL_CHANGE_H
#define MODEL_CHANGE_H

#include "model/event.h"
#include "model/municipality.h"

enum change_op { CHANGE_CREATE, CHANGE_UPDATE, CHANGE_DELETE, CHANGE_SNAPSHOT };
enum change_reason {
        REASON_ABSENT,
        REASON_IRRELEVANT,
        REASON_PAST,
        REASON_RETIRED,
        REASON_RESCHEDULED
};

const char *change_op_name(enum change_op op);
const char *change_reason_name(enum change_reason reason);

struct change {
        enum change_op op;
        char municipality[MUNICIPALITY_ID_BYTES];
        struct uuid uuid;               /* not for CHANGE_SNAPSHOT */
        uint64_t version;
        int64_t as_of_ms;
        /* create, update */
        struct slice event;             /* the CMS's bytes, borrowed */
        uint32_t changed;               /* update: a bit per event_field */
        bool reassert;
        /* delete */
        enum change_reason reason;
        /* delete; and what `event` says, where it was read */
        bool has_series;
        struct uuid series;
        int64_t start_ms;               /* TIMESTAMP_NONE: left out, or none that can be read */
        int64_t end_ms;
        /* snapshot */
        int64_t known, created, updated, deleted, held;
};

/* "aarhus/0f1c…" or "aarhus" */
enum { CHANGE_KEY_BYTES = 128 };
void change_key(const struct change *change, char key[CHANGE_KEY_BYTES]);

void change_write(const struct change *change, struct buffer *value);

/* Reads a value of the topic. `event` is borrowed from `value`. Any well-formed message that
 * follows the schema is accepted, unknown members are ignored; the reason names the member. */
int change_read(struct change *change, struct slice value, struct error *error);

#endif
