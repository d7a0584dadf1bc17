/* services/operator/replay.h
 *
 * Sending something again to the sites: what was once on `updates` or `results` becomes a record of
 * `updates` that carries its origin (model/origin.h). Order and versions stay: a wish that was
 * replaced since ends as `superseded`, whatever the order in which things are replayed.
 *
 * `run` numbers the replay: the higher serial in the origin is what makes the writer send an equal
 * version again. The time of its beginning in ms is above all that was before. Repeating a replay
 * with the same run sends nothing twice, so an interrupted one is gone on with by its run.
 *
 * Pure. All return -1 with a sentence where a record cannot be sent again; `out` borrows from the
 * record.
 */
#ifndef OPERATOR_REPLAY_H
#define OPERATOR_REPLAY_H

#include "base/error.h"
#include "operator/letter.h"

struct replay {
        const struct topics *topics;
        uint64_t run;
        int64_t now_ms;
};

/* A dead letter of `updates` whose value can be accepted; all else is told why not. */
int replay_letter(const struct replay *replay, const struct letter *letter, struct outgoing *out,
                  struct error *error);

/* A vendor's update. What dplsync wrote there itself is not sent again: its original is. */
int replay_update(const struct replay *replay, const struct record *record, struct outgoing *out,
                  struct error *error);

/* A result: its event's standing wish, but for members whose update came to nothing. */
int replay_result(const struct replay *replay, const struct record *record, struct outgoing *out,
                  struct error *error);

#endif
