/* common/model/origin.h
 *
 * The header `dplsync-origin` of what dplsync itself writes to `updates` (carried forward,
 * replayed, re-sent): that, not the new offset, is the update's version.
 */
#ifndef MODEL_ORIGIN_H
#define MODEL_ORIGIN_H

#include "model/wish.h"

enum { ORIGIN_CAUSE_BYTES = 32 };
#define ORIGIN_CARRIED "carried" /* cause: it waited long, and was put at the end of the log */

struct origin {
        uint32_t epoch;
        int32_t partition;
        int64_t offset;
        uint64_t versions[MEMBER_COUNT]; /* VERSION_NONE: not carried */
        int64_t first_record_ms;         /* when the vendor's record was appended */
        char cause[ORIGIN_CAUSE_BYTES];  /* "carried", "replayed", "sealed" */
        uint64_t serial;                 /* higher than before: an equal version is sent again */
};

int origin_read(struct origin *origin, struct slice header, struct error *error);
void origin_write(const struct origin *origin, struct buffer *out);

#endif
