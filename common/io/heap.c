/* common/io/heap.c
 *
 * See the header.
 */
#include "io/heap.h"

#include <malloc.h>
#include <time.h>

enum {
        KEPT_BYTES = 128 * 1024, /* glibc's own limit, to begin with */
        TOP_BYTES = 1024 * 1024, /* kept at the heap's end: with glibc's 128 KiB, a writer under
                                    load takes and gives back pages with every second PATCH */
        LOOK_EVERY_MS = 10 * 1000,
        BUSY_CPU_US = 200 * 1000, /* of those ten seconds */
};

/* librdkafka's threads would each take an arena of their own. And glibc would raise its limit with
 * every buffer that is larger, and keep them all, scattered, for good. */
void heap_tame(size_t kept_bytes)
{
        mallopt(M_ARENA_MAX, 2);
        mallopt(M_MMAP_THRESHOLD, (int)(kept_bytes > 0 ? kept_bytes : KEPT_BYTES));
        mallopt(M_TRIM_THRESHOLD, TOP_BYTES);
}

static int64_t process_cpu_us(void)
{
        struct timespec time;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
        return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void look(void *context)
{
        struct heap *heap = context;
        int64_t cpu_us = process_cpu_us();
        bool is_busy = cpu_us - heap->cpu_us > BUSY_CPU_US;

        if (heap->was_busy && !is_busy)
                malloc_trim(0);
        heap->was_busy = is_busy;
        heap->cpu_us = cpu_us;
        loop_timer_set(heap->loop, &heap->look, loop_now_ms(heap->loop) + LOOK_EVERY_MS);
}

void heap_begin(struct heap *heap, struct loop *loop)
{
        *heap = (struct heap){ .loop = loop, .look = { .fn = look, .context = heap } };
        loop_timer_set(loop, &heap->look, loop_now_ms(loop) + LOOK_EVERY_MS);
}

void heap_end(struct heap *heap)
{
        if (heap->loop)
                loop_timer_stop(heap->loop, &heap->look);
}
