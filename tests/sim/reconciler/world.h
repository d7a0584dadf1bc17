/* tests/sim/reconciler/world.h
 *
 * A whole installation of the reconciler: sites and those who read them, Kafka, Redis, a group of
 * processes, operators, and the vendor whom the check stands for. All of it comes of one seed.
 *
 * A history has three parts: hours in which everything may go wrong; then everything is mended and
 * it must become quiet and right; then Redis is emptied and it must become right again.
 */
#ifndef SIM_RECONCILER_WORLD_H
#define SIM_RECONCILER_WORLD_H

#include "sim/reconciler/host.h"
#include "sim/reconciler/reader.h"
#include "sim/reconciler/scene.h"

enum { WORLD_TOWNS = 3 };

struct town {
        const char *id;
        int32_t partition;
        bool configured;
        bool relevant_only;
        struct cms cms;
        struct reader reader;
};

struct world {
        struct stage stage; /* first */
        struct sim *sim;
        const struct scene *scene;
        struct check check;
        struct town towns[WORLD_TOWNS];
        struct host hosts[STAGE_PROCESSES_MAX];
};

static inline struct world *world_of(struct stage *stage)
{
        return (struct world *)stage;
}

struct world *world_new(struct sim *sim, const struct scene *scene);
void world_free(struct world *world);
struct town *world_any_town(struct world *world);

/* The two last parts: everything is mended, time goes by, and all must be well; then Redis is empty
 * and every process new, and it must become as well again. */
bool world_become_quiet(struct world *world);
bool world_begin_anew(struct world *world);

#endif
