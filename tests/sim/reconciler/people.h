/* tests/sim/reconciler/people.h
 *
 * Editors at the sites, operators at the console, and the vendor's writer, as far as the reconciler
 * notices them.
 */
#ifndef SIM_RECONCILER_PEOPLE_H
#define SIM_RECONCILER_PEOPLE_H

#include "sim/reconciler/world.h"

void people_begin(struct world *world);

/* An operator approves what is on hold as another site's list, since it is none any more. */
void people_approve_foreign(struct world *world);

#endif
