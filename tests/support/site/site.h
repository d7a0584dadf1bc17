/* site/site.h
 *
 * One municipality's simulated site: its events, its cache, its account, its clock and its faults.
 */
#ifndef SITE_SITE_H
#define SITE_SITE_H

#include "site/account.h"
#include "site/catalogue.h"
#include "site/fault.h"
#include "site/varnish.h"

struct exchange;

struct site_settings {
        int64_t clock_offset_us;
        int64_t cron_s;            /* period of the jobs; 0: at once */
        int64_t unpublish_after_s; /* < 0: never */
        int64_t purge_delay_ms;    /* from a save to its purge */
        int64_t build_ms;          /* time to build a list; its content is that of the beginning */
        int64_t pipe_timeout_ms;   /* of a PATCH: then Varnish closes without an answer */
        int64_t first_byte_timeout_ms; /* of a GET, tried three times; then 503 */
        bool keep_alive;           /* after a PATCH; Varnish's pipe closes */
        bool etag_collisions;      /* two lists of one second have one ETag, as in production */
};

struct site_counters {
        uint64_t gets, hits, misses, passes, not_modified, patches, executed, changed, faults;
};

struct site {
        char *name;
        unsigned refs;
        struct catalogue catalogue;
        struct varnish varnish;
        struct account account;
        struct faults faults;
        struct site_settings settings;
        struct site_counters counters;
        int64_t last_cron_s;
        struct exchange *writes; /* PATCHes whose client waits or whose write is still to come */
        UT_hash_handle hh;
};

struct site *site_new(const char *name);
struct site *site_ref(struct site *site);
void site_unref(struct site *site); /* NULL is fine */

int64_t site_now_us(const struct site *site); /* the site's own clock */

/* Run what is due by the site's clock. */
void site_settle(struct site *site);

/* Something was saved: the list changes now, the cache is purged after the site's delay. */
void site_saved(struct site *site);

#endif
