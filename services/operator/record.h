/* services/operator/record.h
 *
 * A record of one of the six topics as it was read, for those who look at records without any I/O.
 * Everything is borrowed.
 */
#ifndef OPERATOR_RECORD_H
#define OPERATOR_RECORD_H

#include "model/headers.h"
#include "model/topics.h"

struct record {
        enum topic topic;
        int32_t partition;
        int64_t offset;
        int64_t timestamp_ms; /* -1: unknown */
        struct slice key;
        struct slice value; /* data NULL: a tombstone */
        const struct headers *headers;
};

#endif
