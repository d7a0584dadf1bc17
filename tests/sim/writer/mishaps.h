/* tests/sim/writer/mishaps.h
 *
 * What goes wrong with a writer's world beside what does everywhere (sim/faults.h): its sites,
 * their log-ins, the log of results, and its configuration; and how often all of it does.
 */
#ifndef SIM_WRITER_MISHAPS_H
#define SIM_WRITER_MISHAPS_H

#include "sim/writer/world.h"

/* For so long. The last thing is that every site obeys late while the vendor changes its mind: what
 * comes then, no newer wish covers. */
void mishaps_begin(struct world *world, int64_t for_ms);

#endif
