/* tests/sim/reconciler/mishaps.h
 *
 * What goes wrong with a reconciler's world beside what does everywhere (sim/faults.h): its sites,
 * those who read them, and its configuration; and how often all of it does.
 */
#ifndef SIM_RECONCILER_MISHAPS_H
#define SIM_RECONCILER_MISHAPS_H

#include "sim/reconciler/world.h"

extern const struct fault mishaps_of_all_kinds[];
extern const struct fault mishaps_of_months[];

/* Those of the scene. */
void mishaps_begin(struct world *world);

#endif
