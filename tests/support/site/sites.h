/* site/sites.h
 *
 * All that one process simulates: the sites by name, and one ledger over all of them.
 */
#ifndef SITE_SITES_H
#define SITE_SITES_H

#include "base/dice.h"
#include "site/ledger.h"
#include "site/site.h"

struct sites {
        struct site *by_name;
        struct ledger ledger;
        struct dice dice; /* for what nobody gave a number for */
};

void sites_init(struct sites *sites, size_t ledger_entries);
void sites_deinit(struct sites *sites);

struct site *sites_find(struct sites *sites, const char *name);
void sites_add(struct sites *sites,
               struct site *site); /* takes the reference; replaces its namesake */
void sites_remove(struct sites *sites, struct site *site);

#endif
