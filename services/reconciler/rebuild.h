/* services/reconciler/rebuild.h
 *
 * What the vendor was told of one municipality, folded from its records in `changes`: that is the
 * state, when Redis has none or an old one (DESIGN.md "Rebuild"). Every event's newest record
 * counts, by version. Hashes are unknown, so the next full list tells again what is present; what
 * was deleted is remembered as deleted, so that it is neither deleted twice nor lost.
 *
 * Bounded by what the topic holds of the municipality: one entry a uuid.
 */
#ifndef RECONCILER_REBUILD_H
#define RECONCILER_REBUILD_H

#include "base/map.h"
#include "model/change.h"
#include "model/version.h"
#include "reconciler/meta.h"
#include "reconciler/writes.h"

struct rebuild_entry {
        struct uuid uuid;
        struct known known;
        UT_hash_handle hh;
};

struct rebuild {
        struct rebuild_entry *entries;
        uint64_t applied;      /* version of the newest completion record; VERSION_NONE: none */
        int64_t as_of_ms;      /* of that */
        uint64_t version;      /* highest of all records */
        int64_t version_at_ms; /* when that was written to the topic */
};

#define REBUILD_NULL                                                                               \
        {                                                                                          \
                NULL, VERSION_NONE, 0, VERSION_NONE, 0                                             \
        }

/* The municipality that a key of `changes` belongs to: what stands before the slash. */
struct slice rebuild_municipality(struct slice key);

/* One record of the municipality, in the order of the log. `value.data` NULL: a tombstone, the
 * event is forgotten (a list that shows it creates it anew). -1 and a reason where it is not ours. */
int rebuild_take(struct rebuild *rebuild, struct slice key, struct slice value, int64_t record_ms,
                 struct error *error);

/* The entries to write and the meta that closes them. `epoch` is what the meta is under where the
 * log has no completion record. */
void rebuild_finish(const struct rebuild *rebuild, int64_t epoch, struct writes *writes,
                    struct meta *meta);

void rebuild_deinit(struct rebuild *rebuild);

#endif
