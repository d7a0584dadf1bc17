/* common/policy/watermark.h
 *
 * The contiguous low watermark of one partition: records are handled out of order, but the offset
 * that is committed never passes one that is not done (DESIGN.md, invariant 6).
 *
 * One bit an offset between the lowest record that is open and the highest that was added: a site
 * that is down for hours pins the mark while the others go on, and a million records behind it
 * take 125 kB. Offsets never added (control records of a transaction) count as done.
 */
#ifndef POLICY_WATERMARK_H
#define POLICY_WATERMARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WATERMARK_NONE = -1 };

struct watermark {
        uint64_t *words; /* a bit is set while its offset is open; owned */
        size_t count;    /* words in use */
        size_t capacity;
        int64_t base;  /* offset of bit 0, a multiple of 64 */
        int64_t next;  /* one after the highest offset added; WATERMARK_NONE before the first */
        uint64_t open; /* how many are */
};

#define WATERMARK_NULL                                                                             \
        {                                                                                          \
                NULL, 0, 0, 0, WATERMARK_NONE, 0                                                   \
        }

void watermark_deinit(struct watermark *watermark); /* leaves it as new */

/* A record was read. Offsets rise; one that does not was read before, and changes nothing. */
void watermark_add(struct watermark *watermark, int64_t offset);

/* All that the record stands for is done; twice is harmless. Returns watermark_next. */
int64_t watermark_done(struct watermark *watermark, int64_t offset);

/* The offset to store: the lowest that is open, else one after the highest that was added.
 * WATERMARK_NONE while nothing was added. */
int64_t watermark_next(const struct watermark *watermark);

#endif
