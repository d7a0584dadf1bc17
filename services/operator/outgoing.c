/* services/operator/outgoing.c
 *
 * One struct for all that the operator's side writes, so that who decides what to write needs no
 * connection, and who sends it needs no opinion.
 */
#include "operator/outgoing.h"

void outgoing_begin(struct outgoing *outgoing, enum topic topic, int32_t partition)
{
        outgoing->topic = topic;
        outgoing->partition = partition;
        outgoing->tombstone = false;
        buffer_clear(&outgoing->key);
        buffer_clear(&outgoing->value);
        headers_clear(&outgoing->headers);
}

void outgoing_deinit(struct outgoing *outgoing)
{
        buffer_deinit(&outgoing->key);
        buffer_deinit(&outgoing->value);
}

struct slice outgoing_value(const struct outgoing *outgoing)
{
        if (outgoing->tombstone)
                return SLICE_NULL;
        return outgoing->value.data ? buffer_slice(&outgoing->value) : slice_of("");
}
