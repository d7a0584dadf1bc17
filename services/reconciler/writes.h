/* services/reconciler/writes.h
 *
 * Entries of `{m}:s` that are to be written, packed, and handed out in batches: a script of
 * thousands of fields would hold Redis for everybody.
 */
#ifndef RECONCILER_WRITES_H
#define RECONCILER_WRITES_H

#include "model/known.h"

enum { WRITES_BATCH = 200 };

struct write {
        struct uuid uuid;
        struct slice packed; /* data NULL: the field goes */
};

struct writes {
        struct write *items; /* `packed` is valid once writes_seal was called */
        size_t count;
        size_t capacity;
        size_t at; /* of the next batch */
        struct buffer bytes;
};

#define WRITES_NULL                                                                                \
        {                                                                                          \
                NULL, 0, 0, 0, BUFFER_NULL                                                         \
        }

void writes_set(struct writes *writes, const struct uuid *uuid, const struct known *known);
void writes_remove(struct writes *writes, const struct uuid *uuid);

/* No more are added. */
void writes_seal(struct writes *writes);

/* The next batch, at most WRITES_BATCH, and goes on; an empty one at the end. True if it is the
 * last. */
bool writes_take(struct writes *writes, const struct write **batch, size_t *count);

void writes_deinit(struct writes *writes);

#endif
