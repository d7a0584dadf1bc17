/* tests/sim/writer/requests.h
 *
 * What reaches the sites, seen from where it leaves the processes. By DESIGN.md's numbers:
 *
 *   9  at most one request of an event is under way among the processes that live
 *  11  retries stay within their budget, and one log-in probe in 90 minutes
 *
 * Also: one idempotency key is one body.
 */
#ifndef SIM_WRITER_REQUESTS_H
#define SIM_WRITER_REQUESTS_H

#include "base/map.h"
#include "base/slice.h"
#include "sim/process.h"
#include "sim/writer/town.h"

/* One request that a process has under way. */
struct under_way {
        const struct process *process; /* NULL: none */
        unsigned life;
        int64_t since_ms;
};

/* The retries that a process has left for a site; for as long as it keeps its partitions. */
struct retry_budget {
        unsigned life;
        uint64_t generation;
        double left;
        int64_t counted_ms;
};

struct keyed; /* an idempotency key, the body it stands for, and who sent it last */

struct requests {
        struct sim *sim;
        struct town *towns; /* TOWNS; borrowed */
        struct under_way under_way[TOWNS][CMS_EVENTS][GROUP_MEMBERS_MAX];
        unsigned counts[TOWNS][CMS_EVENTS]; /* since requests_count_anew */
        struct retry_budget budgets[TOWNS][GROUP_MEMBERS_MAX];
        struct keyed *keyed;
        int64_t probed_ms[TOWNS]; /* 0: never, or it may be tried at once */
        int prober[TOWNS];        /* by this process */
        int64_t lost_ms;          /* leases were lost then */
        bool scattered; /* a municipality's updates are in two partitions: its two owners do not
                           know of each other's probes */
};

void requests_init(struct requests *requests, struct sim *sim, struct town *towns);
void requests_deinit(struct requests *requests);

/* A request leaves a process; it has its answer, or has given up. */
void requests_leaves(struct requests *requests, const struct process *process, size_t town,
                     const struct uuid *uuid, const char *key, struct slice body);
void requests_ends(struct requests *requests, const struct process *process, size_t town,
                   const struct uuid *uuid);
void requests_probes(struct requests *requests, const struct process *process, size_t town);

/* The log-in was corrected, or worked: the next probe is about another rejection. */
void requests_password_works(struct requests *requests, size_t town);
/* With Redis went all leases, and when the log-in was last tried. */
void requests_lost_leases(struct requests *requests);

/* From here on each event may have so many requests: breaks at the next one. */
void requests_count_anew(struct requests *requests, unsigned at_most);

#endif
