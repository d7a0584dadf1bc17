/* services/reconciler/sites.h
 *
 * The sites that are ours, and which of them can go on. There are thousands, and most wait for
 * their next list: those rest, and cost nothing until a record, a reply or their time comes.
 *
 * Sites are created and freed by the caller; one that is here may not be freed before it is
 * removed.
 */
#ifndef RECONCILER_SITES_H
#define RECONCILER_SITES_H

#include "reconciler/site.h"

struct sites {
        struct site *by_id; /* all: to be walked by hh.next */
        struct site *by_serial;
        uint32_t last_serial;
        struct site *active;  /* all that can go on; those whose slice is next come first */
        int64_t rest_next_ms; /* when one of the others has to be looked at; INT64_MAX: never */
};

#define SITES_NULL                                                                                 \
        {                                                                                          \
                .rest_next_ms = INT64_MAX                                                          \
        }

/* For the next site_new: never the same again while we run. */
uint32_t sites_serial(struct sites *sites);

/* It is active at first. */
void sites_add(struct sites *sites, struct site *site);
void sites_remove(struct sites *sites, struct site *site);

/* NULL: there is none. A token is one of a site's (site.h). */
struct site *sites_by_id(const struct sites *sites, const char *id);
struct site *sites_by_token(const struct sites *sites, uint64_t token);

void sites_activate(struct sites *sites, struct site *site);
void sites_activate_all(struct sites *sites);
void sites_rest(struct sites *sites, struct site *site);

/* It had its slice: the other active ones come before it. */
void sites_go_behind(struct sites *sites, struct site *site);

#endif
