/* tests/sim/calendar.c
 *
 * A binary heap. The order number makes it a total order, so that a seed is one history.
 */
#include "sim/calendar.h"

#include <stdlib.h>

#include "base/memory.h"

enum { HEAP_FIRST = 256 };

static bool is_before(const struct errand *a, const struct errand *b)
{
        return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct calendar *calendar, size_t a, size_t b)
{
        struct errand *kept = calendar->heap[a];

        calendar->heap[a] = calendar->heap[b];
        calendar->heap[b] = kept;
}

static void rise(struct calendar *calendar, size_t at)
{
        while (at > 0 && is_before(calendar->heap[at], calendar->heap[(at - 1) / 2])) {
                swap(calendar, at, (at - 1) / 2);
                at = (at - 1) / 2;
        }
}

static void sink(struct calendar *calendar, size_t at)
{
        for (;;) {
                size_t least = at;

                for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
                        if (child < calendar->count &&
                            is_before(calendar->heap[child], calendar->heap[least]))
                                least = child;
                if (least == at)
                        return;
                swap(calendar, at, least);
                at = least;
        }
}

void calendar_add(struct calendar *calendar, struct errand *errand, int64_t at_ms)
{
        if (calendar->count == calendar->capacity) {
                calendar->capacity = calendar->capacity > 0 ? 2 * calendar->capacity : HEAP_FIRST;
                calendar->heap =
                        memory_resize(calendar->heap, calendar->capacity, sizeof(*calendar->heap));
        }
        errand->at_ms = at_ms > calendar->now_ms ? at_ms : calendar->now_ms;
        errand->order = ++calendar->last_order;
        calendar->heap[calendar->count++] = errand;
        rise(calendar, calendar->count - 1);
}

static struct errand *take_first(struct calendar *calendar)
{
        struct errand *first = calendar->heap[0];

        calendar->heap[0] = calendar->heap[--calendar->count];
        sink(calendar, 0);
        return first;
}

bool calendar_step(struct calendar *calendar, int64_t until_ms)
{
        if (calendar->count == 0 || calendar->heap[0]->at_ms > until_ms) {
                calendar->now_ms = until_ms > calendar->now_ms ? until_ms : calendar->now_ms;
                return false;
        }

        struct errand *errand = take_first(calendar);

        calendar->now_ms = errand->at_ms;
        errand->run(errand);
        errand->drop(errand);
        return true;
}

void calendar_deinit(struct calendar *calendar)
{
        for (size_t i = 0; i < calendar->count; i++)
                calendar->heap[i]->drop(calendar->heap[i]);
        free(calendar->heap);
        *calendar = (struct calendar){ 0 };
}
