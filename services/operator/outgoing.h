/* services/operator/outgoing.h
 *
 * A record that is to be produced. Key and value are its own; headers that were borrowed belong to
 * what it was made of, which must live until it was handed to kafka_produce (that copies). Not to
 * be moved or copied: headers point into themselves.
 */
#ifndef OPERATOR_OUTGOING_H
#define OPERATOR_OUTGOING_H

#include "base/buffer.h"
#include "model/headers.h"
#include "model/topics.h"

struct outgoing {
        enum topic topic;
        int32_t partition;
        bool tombstone; /* no value at all */
        struct buffer key;
        struct buffer value;
        struct headers headers;
};

/* Empty, with its memory kept; a zeroed one may be begun. */
void outgoing_begin(struct outgoing *outgoing, enum topic topic, int32_t partition);
void outgoing_deinit(struct outgoing *outgoing);

/* What kafka_produce takes: data NULL for a tombstone, never NULL else. */
struct slice outgoing_value(const struct outgoing *outgoing);

#endif
