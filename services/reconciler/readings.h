/* services/reconciler/readings.h
 *
 * The rebuilds for which `changes` is being read. One reading of a partition serves all its
 * municipalities that wait for one when it begins; who comes later waits for the next.
 */
#ifndef RECONCILER_READINGS_H
#define RECONCILER_READINGS_H

#include "reconciler/sites.h"

struct readings {
        struct reading *by_municipality; /* NULL: none */
};

/* Reads the partition for all its sites in SITE_LOG. */
void readings_begin(struct readings *readings, const struct sites *sites,
                    struct partition *partition, struct reconciler_actions *actions);

/* A record of `changes`; of a municipality for which nothing is read, nothing is done. */
void readings_take(struct readings *readings, struct slice key, struct slice value,
                   int64_t appended_ms, struct reconciler_actions *actions);

/* The partition is read to its end: its sites take what was found. */
void readings_end(struct readings *readings, const struct sites *sites, struct partition *partition,
                  struct site_world *world);

/* The municipality's is given up, if there is one. */
void readings_leave(struct readings *readings, const char *municipality);

#endif
