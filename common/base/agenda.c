/* common/base/agenda.c
 *
 * Thousands of lanes may wait for a retry, a seal or a half, a thousand sites for their next read;
 * each is set and dropped often, so entries know their place.
 */
#include "base/agenda.h"

#include <stdlib.h>

#include "base/memory.h"

enum { CAPACITY_FIRST = 16 };

void agenda_deinit(struct agenda *agenda)
{
        for (size_t i = 0; i < agenda->count; i++)
                agenda->heap[i]->place = 0;
        free(agenda->heap);
        *agenda = (struct agenda)AGENDA_NULL;
}

static void agenda_put(struct agenda *agenda, size_t at, struct due *due)
{
        agenda->heap[at] = due;
        due->place = at + 1;
}

static void agenda_rise(struct agenda *agenda, size_t at)
{
        struct due *due = agenda->heap[at];

        for (; at > 0 && agenda->heap[(at - 1) / 2]->at_ms > due->at_ms; at = (at - 1) / 2)
                agenda_put(agenda, at, agenda->heap[(at - 1) / 2]);
        agenda_put(agenda, at, due);
}

static void agenda_sink(struct agenda *agenda, size_t at)
{
        struct due *due = agenda->heap[at];

        for (;;) {
                size_t child = 2 * at + 1;

                if (child + 1 < agenda->count &&
                    agenda->heap[child + 1]->at_ms < agenda->heap[child]->at_ms)
                        child++;
                if (child >= agenda->count || agenda->heap[child]->at_ms >= due->at_ms)
                        break;
                agenda_put(agenda, at, agenda->heap[child]);
                at = child;
        }
        agenda_put(agenda, at, due);
}

void agenda_set(struct agenda *agenda, struct due *due, int64_t at_ms)
{
        agenda_drop(agenda, due);
        if (agenda->count == agenda->capacity) {
                agenda->capacity = agenda->capacity > 0 ? 2 * agenda->capacity : CAPACITY_FIRST;
                agenda->heap = memory_resize(agenda->heap, agenda->capacity, sizeof(*agenda->heap));
        }
        due->at_ms = at_ms;
        agenda_put(agenda, agenda->count, due);
        agenda_rise(agenda, agenda->count++);
}

void agenda_drop(struct agenda *agenda, struct due *due)
{
        if (due->place == 0)
                return;

        size_t at = due->place - 1;
        struct due *last = agenda->heap[--agenda->count];

        due->place = 0;
        if (last == due)
                return;
        agenda_put(agenda, at, last);
        agenda_rise(agenda, at);
        agenda_sink(agenda, last->place - 1);
}

int64_t agenda_next_ms(const struct agenda *agenda)
{
        return agenda->count > 0 ? agenda->heap[0]->at_ms : INT64_MAX;
}

struct due *agenda_take(struct agenda *agenda, int64_t now_ms)
{
        if (agenda_next_ms(agenda) > now_ms)
                return NULL;

        struct due *due = agenda->heap[0];

        agenda_drop(agenda, due);
        return due;
}
