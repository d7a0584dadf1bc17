/* tests/sim/writer/requests.c
 *
 * A retry is a request with the key of an earlier one, by the same process, which has kept its
 * partitions since: what it can know to be one. Of the others it may not know better.
 */
#include "sim/writer/requests.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "policy/bulkhead.h"
#include "policy/idempotency.h"

#define PROBE_EVERY_MS (90 * SIM_MINUTE)

/* What a process has begun may leave a little later than it was counted. */
static const double RETRIES_LATE = 3.0;
static const double RETRIES_A_SEND = 0.2;

struct keyed {
        char key[IDEMPOTENCY_KEY_BYTES];
        uint64_t body; /* hash */
        int number;    /* of the process */
        unsigned life;
        uint64_t generation;
        UT_hash_handle hh;
};

void requests_init(struct requests *requests, struct sim *sim, struct town *towns)
{
        *requests = (struct requests){ .sim = sim, .towns = towns };
}

void requests_deinit(struct requests *requests)
{
        struct keyed *keyed, *next;

        HASH_ITER(hh, requests->keyed, keyed, next) {
                HASH_DEL(requests->keyed, keyed);
                free(keyed);
        }
}

/* False: it is no event of that town's. */
static bool find_event(const struct requests *requests, size_t town, const struct uuid *uuid,
                       size_t *event)
{
        struct cms *cms = &requests->towns[town].cms;
        const struct cms_event *found = cms_find(cms, uuid);

        if (found)
                *event = (size_t)(found - cms->events);
        return found;
}

/* -- retries ----------------------------------------------------------------------------------- */

/* True if it is a retry. */
static bool take_key(struct requests *requests, const struct process *process, const char *key,
                     struct slice body)
{
        uint64_t hash = hash64(body.data, body.length);
        struct keyed *keyed;
        bool retry;

        HASH_FIND_STR(requests->keyed, key, keyed);
        if (!keyed) {
                keyed = memory_new(sizeof(*keyed));
                text_copy(keyed->key, sizeof(keyed->key), key);
                keyed->body = hash;
                HASH_ADD_STR(requests->keyed, key, keyed);
        } else if (keyed->body != hash) {
                sim_break(requests->sim, 9, "the idempotency key %s stands for two bodies", key);
        }
        retry = keyed->life == process->life && keyed->number == process->number &&
                keyed->generation == process->member.generation;
        keyed->number = process->number;
        keyed->life = process->life;
        keyed->generation = process->member.generation;
        return retry;
}

static void check_budget(struct requests *requests, const struct process *process, size_t town,
                         bool retry)
{
        struct retry_budget *budget = &requests->budgets[town][process->number];
        int64_t now_ms = sim_now(requests->sim);

        if (budget->life != process->life || budget->generation != process->member.generation)
                *budget = (struct retry_budget){ process->life, process->member.generation,
                                                 RETRY_BUDGET_MAX, now_ms };
        budget->left +=
                (double)(now_ms - budget->counted_ms) * RETRY_BUDGET_A_MINUTE / (double)SIM_MINUTE;
        budget->counted_ms = now_ms;
        if (budget->left > RETRY_BUDGET_MAX)
                budget->left = RETRY_BUDGET_MAX;
        budget->left += retry ? -1.0 : RETRIES_A_SEND;
        if (budget->left < -RETRIES_LATE)
                sim_break(requests->sim, 11, "%s: host %d retries beyond its budget",
                          requests->towns[town].id, process->number);
}

/* -- one at a time ----------------------------------------------------------------------------- */

static bool is_under_way(const struct requests *requests, const struct under_way *under_way)
{
        /* With the lease that Redis lost, its protection went: what had begun before may overlap.
         */
        return under_way->process && under_way->process->life == under_way->life &&
               under_way->since_ms > requests->lost_ms;
}

static void check_alone(struct requests *requests, const struct process *process, size_t town,
                        size_t event)
{
        struct under_way *under_way = requests->under_way[town][event];

        for (size_t i = 0; i < GROUP_MEMBERS_MAX; i++)
                if (is_under_way(requests, &under_way[i]))
                        sim_break(requests->sim, 9,
                                  "%s, event %zu: host %d sends, and what host %zu sent is under "
                                  "way",
                                  requests->towns[town].id, event + 1, process->number, i);
        under_way[process->number] =
                (struct under_way){ process, process->life, sim_now(requests->sim) };
}

static void count(struct requests *requests, size_t town, size_t event)
{
        unsigned *left = &requests->counts[town][event];

        if (*left == 1)
                sim_break(requests->sim, 8, "%s, event %zu: yet another request",
                          requests->towns[town].id, event + 1);
        else if (*left > 1)
                --*left;
}

void requests_leaves(struct requests *requests, const struct process *process, size_t town,
                     const struct uuid *uuid, const char *key, struct slice body)
{
        size_t event;

        check_budget(requests, process, town, take_key(requests, process, key, body));
        if (!find_event(requests, town, uuid, &event))
                return;
        check_alone(requests, process, town, event);
        count(requests, town, event);
}

void requests_ends(struct requests *requests, const struct process *process, size_t town,
                   const struct uuid *uuid)
{
        size_t event;

        if (find_event(requests, town, uuid, &event))
                requests->under_way[town][event][process->number].process = NULL;
}

void requests_count_anew(struct requests *requests, unsigned at_most)
{
        for (size_t t = 0; t < TOWNS; t++)
                for (size_t e = 0; e < CMS_EVENTS; e++)
                        requests->counts[t][e] = at_most + 1;
}

/* -- the log-in -------------------------------------------------------------------------------- */

void requests_probes(struct requests *requests, const struct process *process, size_t town)
{
        int64_t since_ms = sim_now(requests->sim) - requests->probed_ms[town];
        bool other = requests->prober[town] != process->number;

        if (requests->probed_ms[town] > 0 && since_ms < PROBE_EVERY_MS - SIM_MINUTE &&
            !(requests->scattered && other))
                sim_break(requests->sim, 11, "%s: two probes of the log-in within %" PRId64 " min",
                          requests->towns[town].id, since_ms / SIM_MINUTE);
        requests->probed_ms[town] = sim_now(requests->sim);
        requests->prober[town] = process->number;
}

void requests_password_works(struct requests *requests, size_t town)
{
        requests->probed_ms[town] = 0;
}

void requests_lost_leases(struct requests *requests)
{
        requests->lost_ms = sim_now(requests->sim);
        memset(requests->probed_ms, 0, sizeof(requests->probed_ms));
}
