/* site/timers.c
 *
 * One thread serves all sites; a site that is slow on purpose must not hold up the others, so every
 * wait is a timer.
 */
#include "site/timers.h"

#include "base/memory.h"

#include <stdlib.h>

void timers_deinit(struct timers *timers)
{
        free(timers->heap);
        *timers = (struct timers){ 0 };
}

static void place(struct timers *timers, size_t at, struct timer *timer)
{
        timers->heap[at - 1] = timer;
        timer->place = at;
}

static void sift_up(struct timers *timers, struct timer *timer)
{
        size_t at = timer->place;

        for (; at > 1 && timers->heap[at / 2 - 1]->at_us > timer->at_us; at /= 2)
                place(timers, at, timers->heap[at / 2 - 1]);
        place(timers, at, timer);
}

static void sift_down(struct timers *timers, struct timer *timer)
{
        size_t at = timer->place;

        for (;;) {
                size_t child = at * 2;

                if (child > timers->count)
                        break;
                if (child < timers->count &&
                    timers->heap[child]->at_us < timers->heap[child - 1]->at_us)
                        child++;
                if (timers->heap[child - 1]->at_us >= timer->at_us)
                        break;
                place(timers, at, timers->heap[child - 1]);
                at = child;
        }
        place(timers, at, timer);
}

void timers_add(struct timers *timers, struct timer *timer, int64_t at_us,
                void (*fire)(void *owner), void *owner)
{
        timers_remove(timers, timer);
        if (timers->count == timers->capacity) {
                timers->capacity = timers->capacity ? timers->capacity * 2 : 64;
                timers->heap =
                        memory_resize(timers->heap, timers->capacity, sizeof(struct timer *));
        }
        timer->at_us = at_us;
        timer->fire = fire;
        timer->owner = owner;
        place(timers, ++timers->count, timer);
        sift_up(timers, timer);
}

void timers_remove(struct timers *timers, struct timer *timer)
{
        size_t at = timer->place;

        if (at == 0)
                return;
        struct timer *last = timers->heap[--timers->count];
        timer->place = 0;
        if (last != timer) {
                place(timers, at, last);
                sift_up(timers, last);
                sift_down(timers, last);
        }
}

int64_t timers_next_us(const struct timers *timers)
{
        return timers->count ? timers->heap[0]->at_us : INT64_MAX;
}

void timers_run(struct timers *timers, int64_t now_us)
{
        while (timers->count > 0 && timers->heap[0]->at_us <= now_us) {
                struct timer *timer = timers->heap[0];

                timers_remove(timers, timer);
                timer->fire(timer->owner);
        }
}
