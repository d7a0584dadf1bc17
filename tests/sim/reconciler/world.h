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

enum { WORLD_TOWNS = 3, WORLD_HOSTS = 3, WORLD_PARTITIONS = 2, WORLD_CONFIGS_MAX = 512 };

struct town {
        const char *id;
        int32_t partition;
        bool configured;
        bool relevant_only;
        struct cms cms;
        struct reader reader;
};

struct world {
        struct sim *sim;
        struct broker broker;
        struct store store;
        struct group group;
        struct check check;
        struct topics topics;
        struct town towns[WORLD_TOWNS];
        struct host hosts[WORLD_HOSTS];
        size_t host_count;
        struct config
                *configs[WORLD_CONFIGS_MAX]; /* all that there ever were; the last one counts */
        size_t config_count;
        bool faulty; /* things go wrong */
        struct buffer scratch;
};

/* -- for faults.c and people.c ----------------------------------------------------------------- */

struct world_errand {
        struct errand errand;
        struct world *world;
        size_t which; /* town, host or whatever it is about */
        size_t detail;
};
void world_add_errand(struct world *world, void (*run)(struct errand *), size_t which,
                      size_t detail, int64_t wait_ms);
struct town *world_any_town(struct world *world);
struct host *world_any_host(struct world *world); /* NULL: none runs */

/* The configuration as the towns are now, told to every process within half a minute. */
void world_reconfigure(struct world *world);
const struct config *world_config(const struct world *world);

/* Redis breaks all connections; comes back, and everybody hears of it. */
void world_redis_down(struct world *world);
void world_redis_up(struct world *world);

#endif
