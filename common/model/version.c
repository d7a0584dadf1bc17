/* common/model/version.c
 *
 * The whole promise to the vendor rests on this number, so what does not fit becomes "none", which
 * is smaller than all, and never a version that belongs to something else.
 */
#include "model/version.h"

static const uint64_t offset_mask = (UINT64_C(1) << VERSION_OFFSET_BITS) - 1;

uint64_t version_make(uint32_t epoch, int64_t offset)
{
        if (epoch < EPOCH_MIN || epoch > EPOCH_MAX || offset < 0 || (uint64_t)offset > offset_mask)
                return VERSION_NONE;
        return ((uint64_t)epoch << VERSION_OFFSET_BITS) | (uint64_t)offset;
}

uint32_t version_epoch(uint64_t version)
{
        return (uint32_t)(version >> VERSION_OFFSET_BITS);
}

int64_t version_offset(uint64_t version)
{
        return (int64_t)(version & offset_mask);
}
