/* tests/sim/agenda.c
 *
 * A binary heap. The order number makes it a total order, so that a seed is one history.
 */
#include "sim/agenda.h"

#include <stdlib.h>

#include "base/memory.h"

enum { HEAP_FIRST = 256 };

static bool is_before(const struct errand *a, const struct errand *b)
{
        return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct agenda *agenda, size_t a, size_t b)
{
        struct errand *kept = agenda->heap[a];

        agenda->heap[a] = agenda->heap[b];
        agenda->heap[b] = kept;
}

static void rise(struct agenda *agenda, size_t at)
{
        while (at > 0 && is_before(agenda->heap[at], agenda->heap[(at - 1) / 2])) {
                swap(agenda, at, (at - 1) / 2);
                at = (at - 1) / 2;
        }
}

static void sink(struct agenda *agenda, size_t at)
{
        for (;;) {
                size_t least = at;

                for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
                        if (child < agenda->count &&
                            is_before(agenda->heap[child], agenda->heap[least]))
                                least = child;
                if (least == at)
                        return;
                swap(agenda, at, least);
                at = least;
        }
}

void agenda_add(struct agenda *agenda, struct errand *errand, int64_t at_ms)
{
        if (agenda->count == agenda->capacity) {
                agenda->capacity = agenda->capacity > 0 ? 2 * agenda->capacity : HEAP_FIRST;
                agenda->heap =
                        memory_resize(agenda->heap, agenda->capacity, sizeof(*agenda->heap));
        }
        errand->at_ms = at_ms > agenda->now_ms ? at_ms : agenda->now_ms;
        errand->order = ++agenda->last_order;
        agenda->heap[agenda->count++] = errand;
        rise(agenda, agenda->count - 1);
}

static struct errand *take_first(struct agenda *agenda)
{
        struct errand *first = agenda->heap[0];

        agenda->heap[0] = agenda->heap[--agenda->count];
        sink(agenda, 0);
        return first;
}

bool agenda_step(struct agenda *agenda, int64_t until_ms)
{
        if (agenda->count == 0 || agenda->heap[0]->at_ms > until_ms) {
                agenda->now_ms = until_ms > agenda->now_ms ? until_ms : agenda->now_ms;
                return false;
        }

        struct errand *errand = take_first(agenda);

        agenda->now_ms = errand->at_ms;
        errand->run(errand);
        errand->drop(errand);
        return true;
}

void agenda_deinit(struct agenda *agenda)
{
        for (size_t i = 0; i < agenda->count; i++)
                agenda->heap[i]->drop(agenda->heap[i]);
        free(agenda->heap);
        *agenda = (struct agenda){ 0 };
}
