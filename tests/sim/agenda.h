/* tests/sim/agenda.h
 *
 * Virtual time: what is to happen, in the order of its moments; of equal moments in the order in
 * which it was added. Nothing else moves the clock.
 */
#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded as the first member of whatever is to happen. It is the agenda's once added. */
struct errand {
        int64_t at_ms;
        uint64_t order;
        void (*run)(struct errand *errand);
        void (*drop)(struct errand *errand); /* frees it: after `run`, or without it at the end */
};

struct agenda {
        struct errand **heap;
        size_t count, capacity;
        uint64_t last_order;
        int64_t now_ms;
};

/* A moment that has passed means now. */
void agenda_add(struct agenda *agenda, struct errand *errand, int64_t at_ms);

/* Runs the next errand that is due by until_ms. False, with the clock at until_ms, if there is
 * none. */
bool agenda_step(struct agenda *agenda, int64_t until_ms);

void agenda_deinit(struct agenda *agenda);

#endif
