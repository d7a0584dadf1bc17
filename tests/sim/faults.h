/* tests/sim/faults.h
 *
 * What goes wrong, and when: a table of kinds, each coming again and again at a pace of its own
 * that the seed has chosen, or never in this history. Every fault mends itself after a while, so
 * that the next one finds the world going.
 */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "sim/stage.h"

struct fault {
        void (*happens)(struct stage *stage);
        int64_t every_minutes; /* on average, in a history of the middle pace */
        int64_t per_mille;     /* of histories that have it at all */
};

/* The table is borrowed, and ends with a row of nothing. */
void faults_begin(struct stage *stage, const struct fault *faults);

/* All that is broken is mended, and nothing breaks any more. */
void faults_end(struct stage *stage);

/* -- what can happen to every service ---------------------------------------------------------- */

void fault_crash(struct stage *stage);   /* between any two actions */
void fault_isolate(struct stage *stage); /* it goes on as a zombie */
void fault_drain(struct stage *stage);
void fault_watch_over(struct stage *stage); /* no fault: the down start, zombies notice */
void fault_be_away(struct stage *stage);    /* nobody is there for hours */
void fault_lose_answers(struct stage *stage);
void fault_stop_broker(struct stage *stage);
void fault_stop_redis(struct stage *stage);
void fault_flush_redis(struct stage *stage);
void fault_roll_back_redis(struct stage *stage);

#endif
