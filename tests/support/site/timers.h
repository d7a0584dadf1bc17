/* site/timers.h
 *
 * What is to happen later: one-shot timers in a heap. The owner embeds `struct timer` and keeps it
 * alive until it has fired or was removed. Times are clock_steady_us().
 */
#ifndef SITE_TIMERS_H
#define SITE_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
        int64_t at_us;
        size_t place; /* 1 and up in the heap, 0: not set */
        void (*fire)(void *owner);
        void *owner;
};

struct timers {
        struct timer **heap;
        size_t count;
        size_t capacity;
};

void timers_deinit(struct timers *timers);
void timers_add(struct timers *timers, struct timer *timer, int64_t at_us,
                void (*fire)(void *owner), void *owner);
void timers_remove(struct timers *timers, struct timer *timer); /* one that is not set is fine */

int64_t timers_next_us(const struct timers *timers); /* INT64_MAX: none */
void timers_run(struct timers *timers, int64_t now_us);

#endif
