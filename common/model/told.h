/* common/model/told.h
 *
 * Which updates of one event have had their outcome told, as far as that is known: so that a
 * redelivery after a crash is not told again, perhaps otherwise ("superseded" after "applied").
 *
 * Two kinds of knowledge. In order: all up to `upto`, but for a few gaps (updates that still wait
 * while newer ones went by); it holds for what was read in order from one partition. One by one:
 * the newest versions that were told beyond that, or that came out of order because they had been
 * carried forward. Both are bounded; what does not fit is forgotten, which costs a repeat, never an
 * outcome.
 */
#ifndef MODEL_TOLD_H
#define MODEL_TOLD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum { TOLD_GAPS = 12, TOLD_VERSIONS = 8 };

struct told_gap {
        uint64_t from, to; /* both inclusive */
};

struct told {
        int32_t partition; /* of `updates`, that `upto` is of; meaningless while that is none */
        uint64_t upto;     /* VERSION_NONE: nothing is known in order */
        struct told_gap gaps[TOLD_GAPS]; /* rising, apart from each other, up to `upto` */
        size_t gap_count;
        uint64_t versions[TOLD_VERSIONS]; /* rising */
        size_t version_count;
};

#define TOLD_NULL                                                                                  \
        {                                                                                          \
                .upto = 0                                                                          \
        }

bool told_is_empty(const struct told *told);
/* Of an update that came in order, from `told->partition`. */
bool told_has(const struct told *told, uint64_t version);
/* Of any: only what was told one by one counts. */
bool told_lists(const struct told *told, uint64_t version);

/* One was told: listed only if order does not say so by then. */
void told_add(struct told *told, uint64_t version);
/* One was told, that may come again out of order. */
void told_list(struct told *told, uint64_t version);
/* One up to `upto` was not. Too many gaps become fewer and wider. */
void told_except(struct told *told, uint64_t version);
/* Takes in what another copy knows of the same event. Order of different partitions cannot be
 * joined: then `told` keeps its own. */
void told_merge(struct told *told, const struct told *other);

/* Members of a JSON object: "done", "partition", "but":[[from,to],…], "told":[version,…]; each left
 * out where there is nothing to say. What cannot be read counts as not known. */
void told_write(const struct told *told, struct buffer *out);
void told_read(struct told *told, const json_t *object);

#endif
