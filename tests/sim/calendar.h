/* tests/sim/calendar.h
 *
 * Virtual time: what is to happen, in the order of its moments; of equal moments in the order in
 * which it was added. Nothing else moves the clock.
 */
#ifndef SIM_CALENDAR_H
#define SIM_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded as the first member of whatever is to happen. It is the calendar's once added. */
struct errand {
        int64_t at_ms;
        uint64_t order;
        void (*run)(struct errand *errand);
        void (*drop)(struct errand *errand); /* frees it: after `run`, or without it at the end */
};

struct calendar {
        struct errand **heap;
        size_t count, capacity;
        uint64_t last_order;
        int64_t now_ms;
};

/* A moment that has passed means now. */
void calendar_add(struct calendar *calendar, struct errand *errand, int64_t at_ms);

/* Runs the next errand that is due by until_ms. False, with the clock at until_ms, if there is
 * none. */
bool calendar_step(struct calendar *calendar, int64_t until_ms);

void calendar_deinit(struct calendar *calendar);

#endif
