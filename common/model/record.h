/* common/model/record.h
 *
 * A record of a topic as it was read, for those who look at records without any I/O, and a copy of
 * one for those who keep it: an update while it may still become a dead letter, which repeats key,
 * value and headers byte for byte, or what an operator looks at. A hundred thousand may be kept, so
 * a copy is one piece of memory, without anything twice.
 */
#ifndef MODEL_RECORD_H
#define MODEL_RECORD_H

#include "model/headers.h"
#include "model/topics.h"

struct record { /* as the log gives it; everything is borrowed */
        int32_t partition;
        int64_t offset;
        int64_t timestamp_ms; /* -1: unknown */
        struct slice key;
        struct slice value; /* data NULL: a tombstone */
        const struct headers *headers;
        enum topic topic; /* where it is not clear from whence it came; else 0 */
};

struct record_copy;

struct record_copy *record_copy_new(const struct record *record); /* free() it */
size_t record_copy_bytes(const struct record_copy *copy);

/* A view, `headers` included, each with a NUL behind its value: borrowed from the copy, valid as
 * long as it lives. */
void record_copy_view(const struct record_copy *copy, struct record *record,
                      struct headers *headers);
int32_t record_copy_partition(const struct record_copy *copy);
int64_t record_copy_offset(const struct record_copy *copy);
struct slice record_copy_value(const struct record_copy *copy);

#endif
