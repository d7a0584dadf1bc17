/* tests/sim/reconciler/script.h
 *
 * What the services' Lua scripts do, on the store.
 */
#ifndef SIM_RECONCILER_SCRIPT_H
#define SIM_RECONCILER_SCRIPT_H

#include "reconciler/action.h"
#include "sim/store.h"

/* services/reconciler/shell_redis.c, in two: is the state the one that is expected, and the write.
 */
bool script_apply_expects(const struct store *store, const struct apply *apply);
void script_apply_write(struct store *store, const struct apply *apply);

#endif
