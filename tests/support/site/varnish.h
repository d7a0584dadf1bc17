/* site/varnish.h
 *
 * The anonymous cache in front of a site: one object per URL, query included, kept for 32 days or
 * until a purge. A purge takes what was stored before its moment, which may lie in the future (the
 * purge queue runs late). An object stored after the purge stays, even if its content is older:
 * that is how a list that was built during a save stays wrong until the next save.
 *
 * Times are microseconds of the site's own clock.
 */
#ifndef SITE_VARNISH_H
#define SITE_VARNISH_H

#include "site/blob.h"

#include <stdint.h>
#include <uthash.h>

enum { VARNISH_TTL_S = 2764800, VARNISH_ERROR_TTL_S = 10, VARNISH_BODY_MAX_BYTES = 10000000 };

struct stored {
        char *url;
        unsigned status;
        struct blob *body;
        int64_t stored_us;
        int64_t built_s; /* its ETag and Last-Modified; 0: none, an error */
        UT_hash_handle hh;
};

struct varnish {
        struct stored *objects; /* by url */
        int64_t *purges_us;     /* still to come, in order of asking */
        size_t purge_count, purge_capacity;
        int64_t last_built_s;
};

void varnish_deinit(struct varnish *varnish);

/* What is held for this URL now, or NULL. */
const struct stored *varnish_find(struct varnish *varnish, const char *url, int64_t now_us);

/* Store, and return what was stored. built_s 0 is an error's answer, kept for ten seconds. */
const struct stored *varnish_store(struct varnish *varnish, const char *url, unsigned status,
                                   struct blob *body, int64_t built_s, int64_t now_us);

void varnish_purge_at(struct varnish *varnish, int64_t at_us, int64_t now_us);

/* Make everything held look `by_us` older. */
void varnish_age(struct varnish *varnish, int64_t by_us);

/* The second that an answer built now carries in its ETag. Two answers built in one second carry
 * the same one in production, and Varnish then answers 304 for the wrong one; `collide` allows that
 * here too, else each second is given once. */
int64_t varnish_built_s(struct varnish *varnish, int64_t now_us, bool collide);

#endif
