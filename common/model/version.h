/* common/model/version.h
 *
 * version = epoch * 2^40 + offset (CONTRACT.md "Words"): only rises per event, and stays below
 * 2^53, so that every JSON reader can hold it. 0 is "none": smaller than any version.
 */
#ifndef MODEL_VERSION_H
#define MODEL_VERSION_H

#include <stdbool.h>
#include <stdint.h>

enum { EPOCH_MIN = 1, EPOCH_MAX = 8191 };
#define VERSION_NONE ((uint64_t)0)
#define VERSION_OFFSET_BITS 40
#define VERSION_MIN (UINT64_C(1) << VERSION_OFFSET_BITS) /* the first offset of the first epoch */
#define VERSION_MAX ((UINT64_C(1) << 53) - 1)

/* VERSION_NONE if epoch or offset are outside of what fits. */
uint64_t version_make(uint32_t epoch, int64_t offset);
uint32_t version_epoch(uint64_t version);
int64_t version_offset(uint64_t version);

#endif
