/* services/reconciler/readings.c
 *
 * A partition may be read for hundreds of municipalities at once, so a record finds its own by the
 * key alone.
 */
#include "reconciler/readings.h"

#include <stdlib.h>

#include "base/memory.h"

struct reading {
        char municipality[MUNICIPALITY_ID_BYTES];
        struct partition *partition;
        struct rebuild rebuild;
        UT_hash_handle hh;
};

static void add(struct readings *readings, const char *municipality, struct partition *partition)
{
        struct reading *reading = memory_new(sizeof(*reading));

        memcpy(reading->municipality, municipality, sizeof(reading->municipality));
        reading->partition = partition;
        reading->rebuild = (struct rebuild)REBUILD_NULL;
        HASH_ADD_STR(readings->by_municipality, municipality, reading);
}

static void remove_one(struct readings *readings, struct reading *reading)
{
        HASH_DEL(readings->by_municipality, reading);
        rebuild_deinit(&reading->rebuild);
        free(reading);
}

void readings_begin(struct readings *readings, const struct sites *sites,
                    struct partition *partition, struct reconciler_actions *actions)
{
        for (struct site *site = sites->by_id; site; site = site->hh.next)
                if (site->partition == partition && site->phase == SITE_LOG)
                        add(readings, site->id, partition);
        partition->log = LOG_READING;
        action_add(actions, RECONCILER_READ_LOG)->partition = partition->number;
}

void readings_take(struct readings *readings, struct slice key, struct slice value,
                   int64_t appended_ms, struct reconciler_actions *actions)
{
        struct slice municipality = rebuild_municipality(key);
        struct error reason = ERROR_NULL;
        struct reading *reading;

        HASH_FIND(hh, readings->by_municipality, municipality.data, municipality.length, reading);
        if (reading && rebuild_take(&reading->rebuild, key, value, appended_ms, &reason) < 0)
                action_report(actions, REPORT_UNREADABLE, reading->municipality, reason.text);
}

void readings_end(struct readings *readings, const struct sites *sites, struct partition *partition,
                  struct site_world *world)
{
        struct reading *reading, *next;

        partition->log = LOG_IDLE;
        HASH_ITER(hh, readings->by_municipality, reading, next) {
                struct site *site = sites_by_id(sites, reading->municipality);

                if (reading->partition != partition)
                        continue;
                if (site)
                        site_take_log(site, world, &reading->rebuild);
                remove_one(readings, reading);
        }
}

void readings_leave(struct readings *readings, const char *municipality)
{
        struct reading *reading;

        HASH_FIND_STR(readings->by_municipality, municipality, reading);
        if (reading)
                remove_one(readings, reading);
}
