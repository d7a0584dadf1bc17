/* tests/sim/history.h
 *
 * What each program of the simulation is about: dplsync-sim-reconciler and dplsync-sim-writer share
 * main.c and the world's common parts. They are two, since cores know nothing of each other, and
 * have functions of equal names.
 */
#ifndef SIM_HISTORY_H
#define SIM_HISTORY_H

#include "sim/sim.h"

enum { HISTORY_WITHOUT_MAX = 8 };

extern const char history_name[]; /* of the service */

/* The mechanisms that can be switched off, by the number that sim->without then has; 0 has no name.
 */
extern const char *const history_without[HISTORY_WITHOUT_MAX];

/* What a history is made to show. The first one is what is run unless another is asked for; ends
 * with one without a name. */
struct history_kind {
        const char *name;
        const char *says;
        int64_t hours; /* of faults, then quiet; unless others are asked for */
        /* One whole history. False if it broke, and sim says how. */
        bool (*run)(struct sim *sim, int64_t hours);
};
extern const struct history_kind history_kinds[];

#endif
