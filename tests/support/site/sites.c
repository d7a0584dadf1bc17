/* site/sites.c
 *
 * A hundred municipalities are a hundred entries of a map, not a hundred processes.
 */
#include "site/sites.h"

#include "site/clock.h"

void sites_init(struct sites *sites, size_t ledger_entries)
{
        *sites = (struct sites){ .dice = { (uint64_t)clock_wall_us() } };
        ledger_init(&sites->ledger, ledger_entries);
}

void sites_deinit(struct sites *sites)
{
        while (sites->by_name)
                sites_remove(sites, sites->by_name);
        ledger_deinit(&sites->ledger);
}

struct site *sites_find(struct sites *sites, const char *name)
{
        struct site *site;

        HASH_FIND_STR(sites->by_name, name, site);
        return site;
}

void sites_add(struct sites *sites, struct site *site)
{
        struct site *old = sites_find(sites, site->name);

        if (old)
                sites_remove(sites, old);
        HASH_ADD_KEYPTR(hh, sites->by_name, site->name, strlen(site->name), site);
}

void sites_remove(struct sites *sites, struct site *site)
{
        HASH_DEL(sites->by_name, site);
        site_unref(site);
}
