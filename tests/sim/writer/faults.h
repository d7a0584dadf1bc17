/* tests/sim/writer/faults.h
 *
 * What goes wrong, and when: a table of kinds, each coming again and again at a pace of its own
 * that the seed has chosen, or never in this history.
 */
#ifndef SIM_WRITER_FAULTS_H
#define SIM_WRITER_FAULTS_H

#include "sim/writer/world.h"

/* For so long. The last thing is that every site obeys late while the vendor changes its mind: what
 * comes then, no newer wish covers. */
void faults_begin(struct world *world, int64_t for_ms);

/* All that is broken is mended, and nothing breaks any more. */
void faults_end(struct world *world);

#endif
