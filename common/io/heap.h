/* common/io/heap.h
 *
 * What glibc's malloc keeps of memory that was freed. After thousands of updates waited, or a
 * partition was read back, a heap is nearly empty and resident all the same: 28 MB of which 1.2
 * were in use, measured. So when a busy time is over, what is free goes back to the system. Not
 * before: to look through a large heap holds the loop, and what is given back is asked for again.
 */
#ifndef IO_HEAP_H
#define IO_HEAP_H

#include "io/loop.h"

struct heap {
        struct loop *loop;
        struct loop_timer look;
        int64_t cpu_us; /* of the process, at the last look */
        bool was_busy;
};

/* Before anything is allocated. What is larger than kept_bytes, or than 128 KiB where that is 0, goes
 * back to the system as soon as it is freed, which a program wants that has few such buffers or many
 * at a time. Where they come one after the other, new pages for each cost more than their contents:
 * a reconciler spent a quarter of its time on them, measured. */
void heap_tame(size_t kept_bytes);

/* From here on, until heap_end, which a heap that never began takes, too. */
void heap_begin(struct heap *heap, struct loop *loop);
void heap_end(struct heap *heap);

#endif
