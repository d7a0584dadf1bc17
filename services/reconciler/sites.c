/* services/reconciler/sites.c
 *
 * By id for records and configuration; by serial for replies, so that one to a site that left and
 * came back finds nobody.
 */
#include "reconciler/sites.h"

#include <utlist.h>

uint32_t sites_serial(struct sites *sites)
{
        return ++sites->last_serial;
}

void sites_add(struct sites *sites, struct site *site)
{
        HASH_ADD_STR(sites->by_id, id, site);
        HASH_ADD(hh_serial, sites->by_serial, serial, sizeof(site->serial), site);
        sites_activate(sites, site);
}

void sites_remove(struct sites *sites, struct site *site)
{
        sites_rest(sites, site);
        HASH_DELETE(hh, sites->by_id, site);
        HASH_DELETE(hh_serial, sites->by_serial, site);
}

struct site *sites_by_id(const struct sites *sites, const char *id)
{
        struct site *site;

        HASH_FIND_STR(sites->by_id, id, site);
        return site;
}

struct site *sites_by_token(const struct sites *sites, uint64_t token)
{
        uint32_t serial = (uint32_t)(token >> 32);
        struct site *site;

        HASH_FIND(hh_serial, sites->by_serial, &serial, sizeof(serial), site);
        return site;
}

void sites_activate(struct sites *sites, struct site *site)
{
        if (site->active)
                return;
        site->active = true;
        DL_APPEND(sites->active, site);
}

void sites_activate_all(struct sites *sites)
{
        for (struct site *site = sites->by_id; site; site = site->hh.next)
                sites_activate(sites, site);
        sites->rest_next_ms = INT64_MAX;
}

void sites_rest(struct sites *sites, struct site *site)
{
        if (!site->active)
                return;
        site->active = false;
        DL_DELETE(sites->active, site);
}

void sites_go_behind(struct sites *sites, struct site *site)
{
        DL_DELETE(sites->active, site);
        DL_APPEND(sites->active, site);
}
