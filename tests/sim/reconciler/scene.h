/* tests/sim/reconciler/scene.h
 *
 * What makes one kind of history differ from another: how busy editors are, how often a site is
 * read, how long it takes until all is told again, and what goes wrong.
 */
#ifndef SIM_RECONCILER_SCENE_H
#define SIM_RECONCILER_SCENE_H

#include "sim/faults.h"

struct scene {
        const struct fault *mishaps;      /* mishaps.h */
        int64_t edit_min_ms, edit_max_ms; /* from edit to edit of a site, on average */
        int64_t poll_ms, full_every_ms, fresh_every_ms;
        const char *reassert_every;
        int64_t quiet_ms;  /* holds are released, everything is told again, the dead are buried */
        size_t events_max; /* of a site in the beginning, but for a few large ones */
};

#endif
