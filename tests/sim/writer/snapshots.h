/* tests/sim/writer/snapshots.h
 *
 * What a reconciler leaves in Redis of each site's lists, as far as the writer reads it: the
 * events' entries, with what was shown a while ago, and that there is a state at all.
 */
#ifndef SIM_WRITER_SNAPSHOTS_H
#define SIM_WRITER_SNAPSHOTS_H

#include "sim/writer/world.h"

void snapshots_begin(struct world *world);

#endif
