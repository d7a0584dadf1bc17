/* services/reconciler/core_inside.h
 *
 * The insides of struct reconciler_core, shared by core.c and core_records.c, and by nobody else.
 */
#ifndef RECONCILER_CORE_INSIDE_H
#define RECONCILER_CORE_INSIDE_H

#include "reconciler/assemble.h"
#include "reconciler/core.h"
#include "reconciler/letters.h"
#include "reconciler/readings.h"

struct reconciler_core {
        struct reconciler_settings settings;
        const struct config *config;
        struct site_world world;
        struct dice dice;
        struct partition **partitions; /* by number; NULL: not ours */
        struct sites sites;
        struct assemble assemble;
        struct readings readings;
        struct letters letters;
        bool want; /* what the shell was last told */
        bool drained;
        int64_t drain_until_ms;
        int64_t next_ms;
};

/* core_records.c */
void core_take_record(struct reconciler_core *core, const struct reconciler_record *record);
/* Gives up the snapshots of the partition whose parts are overdue. */
void core_abandon(struct reconciler_core *core, int32_t partition, int64_t now_ms);

#endif
