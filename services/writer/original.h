/* services/writer/original.h
 *
 * A record of `updates` as it came, kept in one piece of memory while it may still become a dead
 * letter, which repeats key, value and headers byte for byte. A hundred thousand of them may wait,
 * so nothing is kept twice: who needs the parsed update reads it again.
 */
#ifndef WRITER_ORIGINAL_H
#define WRITER_ORIGINAL_H

#include "model/headers.h"

struct writer_record { /* as the log gives it; everything is borrowed */
        int32_t partition;
        int64_t offset;
        int64_t timestamp_ms; /* -1: unknown */
        struct slice key;
        struct slice value; /* data NULL: a tombstone */
        const struct headers *headers;
};

struct original;

struct original *original_new(const struct writer_record *record); /* a copy; free() it */
size_t original_bytes(const struct original *original);

/* A view of it, `headers` included: borrowed from the original, valid as long as it lives. */
void original_record(const struct original *original, struct writer_record *record,
                     struct headers *headers);
int32_t original_partition(const struct original *original);
int64_t original_offset(const struct original *original);
struct slice original_value(const struct original *original);

#endif
