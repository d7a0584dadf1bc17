/* tests/sim/writer/vendor.h
 *
 * The vendor, who wishes; and what else writes to `updates`: an operator who has old updates sent
 * again. Of everything that is wished the check is told.
 */
#ifndef SIM_WRITER_VENDOR_H
#define SIM_WRITER_VENDOR_H

#include "sim/writer/world.h"

void vendor_begin(struct world *world);

/* Wishes links of an event of that town's, and others within a minute. */
void vendor_changes_mind(struct world *world, size_t town);

#endif
