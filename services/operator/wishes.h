/* services/operator/wishes.h
 *
 * What was wished, put together from records of `updates` or of `results`: one wish an event, of
 * each member the newest value with its version. That is all there is to be sent again: older
 * values were replaced, and the writer sends one PATCH for the rest.
 *
 * Pure. Hand over the records of a topic, each partition's in order.
 */
#ifndef OPERATOR_WISHES_H
#define OPERATOR_WISHES_H

#include "base/map.h"
#include "model/record.h"
#include "operator/replay.h"

struct wishes_entry {
        char key[MUNICIPALITY_ID_BYTES + UUID_TEXT_BYTES]; /* "aarhus/0f1c…" */
        struct replay_event event;
        UT_hash_handle hh;
};

struct wishes {
        const char *municipality; /* only of this; NULL: all. Borrowed */
        const struct uuid *uuid;  /* likewise */
        uint32_t epoch;           /* of `updates` as it is now */
        struct wishes_entry *entries;
        size_t unreadable; /* updates that nobody could have accepted */
};

void wishes_deinit(struct wishes *wishes);
size_t wishes_count(const struct wishes *wishes);

/* What dplsync wrote to `updates` itself is passed over: its original is there, too. */
void wishes_take_update(struct wishes *wishes, const struct record *record);

/* A tombstone forgets the event. */
void wishes_take_result(struct wishes *wishes, const struct record *record);

/* Forgets the first of them; events of which nothing stands are passed over and counted in `idle`.
 * False: there are no more. */
bool wishes_next(struct wishes *wishes, const struct replay *replay, struct outgoing *out,
                 size_t *idle);

#endif
