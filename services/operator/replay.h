/* services/operator/replay.h
 *
 * Sending something again to the sites: what was once on `updates` becomes a record of `updates`
 * that carries its origin (model/origin.h). Versions stay: a wish that was replaced since ends as
 * `superseded`, whatever the order in which things are replayed.
 *
 * `run` numbers the replay: the higher serial in the origin is what makes the writer send an equal
 * version again. The time of its beginning in ms is above all that was before. Repeating a replay
 * with the same run sends nothing twice, so an interrupted one is gone on with by its run.
 *
 * Pure. `out` borrows from what it is made of.
 */
#ifndef OPERATOR_REPLAY_H
#define OPERATOR_REPLAY_H

#include "base/error.h"
#include "model/wish.h"
#include "operator/letter.h"

struct replay {
        const struct topics *topics;
        uint64_t run;
        bool resumed; /* `run` is that of an earlier one */
        int64_t now_ms;
};

/* A dead letter of `updates` whose value can be accepted, byte for byte; all else is -1 with a
 * sentence. */
int replay_letter(const struct replay *replay, const struct letter *letter, struct outgoing *out,
                  struct error *error);

/* An event's wish, member by member with its version. Members that came to nothing (WISH_ENDED) are
 * left out. False: there is no other. */
struct replay_event {
        char municipality[MUNICIPALITY_ID_BYTES];
        struct uuid uuid;
        struct wish wish;
        int32_t partition;       /* of `updates`, where its order is */
        int64_t first_record_ms; /* since when it is wished */
};
bool replay_event(const struct replay *replay, const struct replay_event *event,
                  struct outgoing *out);

#endif
