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

enum { WORLD_HOSTS = 3, WORLD_PARTITIONS = 2, WORLD_CONFIGS_MAX = 256 };

struct world {
        struct sim *sim;
        struct broker broker;
        struct store store;
        struct group group;
        struct check check;
        struct topics topics;
        struct town towns[TOWNS];
        struct host hosts[WORLD_HOSTS];
        size_t host_count;
        struct config
                *configs[WORLD_CONFIGS_MAX]; /* all that there ever were; the last one counts */
        size_t config_count;
        int64_t links; /* numbered so far */
        bool faulty;   /* things go wrong */
};

struct world_errand {
        struct errand errand;
        struct world *world;
        size_t which; /* town, host or whatever it is about */
        size_t detail;
};
void world_add_errand(struct world *world, void (*run)(struct errand *), size_t which,
                      size_t detail, int64_t wait_ms);
struct host *world_any_host(struct world *world); /* NULL: none runs */

/* The configuration as the towns are now, told to every process within half a minute. */
void world_reconfigure(struct world *world);
const struct config *world_config(const struct world *world);

/* The log-in of a town is as its site wants it, and every process is told. */
void world_correct_password(struct world *world, size_t town);

/* Redis breaks all connections; comes back, and everybody hears of it. */
void world_redis_down(struct world *world);
void world_redis_up(struct world *world);

#endif
