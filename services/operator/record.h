/* services/operator/record.h
 *
 * A record of one of the six topics as it was read, for those who look at records without any I/O,
 * and a copy of one for those who keep it.
 */
#ifndef OPERATOR_RECORD_H
#define OPERATOR_RECORD_H

#include "model/headers.h"
#include "model/topics.h"

struct record { /* everything is borrowed */
        enum topic topic;
        int32_t partition;
        int64_t offset;
        int64_t timestamp_ms; /* -1: unknown */
        struct slice key;
        struct slice value; /* data NULL: a tombstone */
        const struct headers *headers;
};

struct record_copy;

/* In one piece of memory, with a NUL behind every text. free() it. */
struct record_copy *record_copy_new(const struct record *record);
size_t record_copy_bytes(const struct record_copy *copy);

/* A view, `headers` included: borrowed from the copy. */
void record_copy_view(const struct record_copy *copy, struct record *record,
                      struct headers *headers);

#endif
