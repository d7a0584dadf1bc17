/* tests/sim/writer/mishaps.h
 *
 * What goes wrong with a writer's world beside what does everywhere (sim/faults.h): its sites,
 * their log-ins, the log of results, and its configuration; and how often all of it does.
 */
#ifndef SIM_WRITER_MISHAPS_H
#define SIM_WRITER_MISHAPS_H

#include "sim/writer/world.h"

extern const struct fault mishaps_of_all_kinds[];
extern const struct fault mishaps_of_dead_sites[]; /* for most of a day */
extern const struct fault mishaps_of_floods[];
extern const struct fault mishaps_of_lame_sites[]; /* some answers say nothing of the request */

/* Those of the scene, for so long. */
void mishaps_begin(struct world *world, int64_t for_ms);

/* Until they are mended. */
void mishaps_all_sites_away(struct world *world);

#endif
