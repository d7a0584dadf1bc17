/* tests/sim/writer/world.h
 *
 * A whole installation of the writer: a vendor, sites, Kafka, Redis with what a reconciler has put
 * there, and a group of processes. All of it comes of one seed.
 *
 * A history has two parts: hours in which everything may go wrong; then everything is mended, and
 * it must become quiet and right.
 */
#ifndef SIM_WRITER_WORLD_H
#define SIM_WRITER_WORLD_H

#include "sim/writer/host.h"
#include "sim/writer/scene.h"

struct world {
        struct stage stage; /* first */
        struct sim *sim;
        const struct scene *scene;
        struct check check;
        struct town towns[TOWNS];
        struct host hosts[STAGE_PROCESSES_MAX];
        int64_t links; /* numbered so far */
        bool foreign;  /* the vendor does not keep a municipality to one partition */
};

static inline struct world *world_of(struct stage *stage)
{
        return (struct world *)stage;
}

struct world *world_new(struct sim *sim, const struct scene *scene);
void world_free(struct world *world);

/* Everything is mended, time goes by, and all must be well. */
bool world_become_quiet(struct world *world);

/* The log-in of a town is as its site wants it, and every process is told. */
void world_correct_password(struct world *world, size_t town);

#endif
