/* site/varnish.c
 *
 * The rules of the hosting's Varnish that a poller meets. Purges are carried out when somebody
 * looks, which nobody can tell from their being carried out in time.
 */
#include "site/varnish.h"

#include "base/memory.h"
#include "site/clock.h"

static void stored_drop(struct varnish *varnish, struct stored *stored)
{
        HASH_DEL(varnish->objects, stored);
        blob_unref(stored->body);
        free(stored->url);
        free(stored);
}

static void drop_stored_until(struct varnish *varnish, int64_t until_us)
{
        struct stored *stored, *next;

        HASH_ITER(hh, varnish->objects, stored, next) {
                if (stored->stored_us <= until_us)
                        stored_drop(varnish, stored);
        }
}

void varnish_deinit(struct varnish *varnish)
{
        drop_stored_until(varnish, INT64_MAX);
        free(varnish->purges_us);
        *varnish = (struct varnish){ 0 };
}

static void settle(struct varnish *varnish, int64_t now_us)
{
        size_t kept = 0;

        for (size_t i = 0; i < varnish->purge_count; i++) {
                if (varnish->purges_us[i] <= now_us)
                        drop_stored_until(varnish, varnish->purges_us[i]);
                else
                        varnish->purges_us[kept++] = varnish->purges_us[i];
        }
        varnish->purge_count = kept;
}

void varnish_purge_at(struct varnish *varnish, int64_t at_us, int64_t now_us)
{
        settle(varnish, now_us);
        if (at_us <= now_us) {
                drop_stored_until(varnish, now_us);
                return;
        }
        /* Many saves within a millisecond are one purge. */
        if (varnish->purge_count > 0 &&
            varnish->purges_us[varnish->purge_count - 1] > at_us - 1000 &&
            varnish->purges_us[varnish->purge_count - 1] <= at_us) {
                varnish->purges_us[varnish->purge_count - 1] = at_us;
                return;
        }
        if (varnish->purge_count == varnish->purge_capacity) {
                varnish->purge_capacity =
                        varnish->purge_capacity ? varnish->purge_capacity * 2 : 16;
                varnish->purges_us = memory_resize(varnish->purges_us, varnish->purge_capacity,
                                                   sizeof(int64_t));
        }
        varnish->purges_us[varnish->purge_count++] = at_us;
}

const struct stored *varnish_find(struct varnish *varnish, const char *url, int64_t now_us)
{
        struct stored *stored;

        settle(varnish, now_us);
        HASH_FIND_STR(varnish->objects, url, stored);
        if (!stored)
                return NULL;
        int64_t ttl_s = stored->built_s ? VARNISH_TTL_S : VARNISH_ERROR_TTL_S;
        if (now_us - stored->stored_us < ttl_s * SECOND_US)
                return stored;
        stored_drop(varnish, stored);
        return NULL;
}

const struct stored *varnish_store(struct varnish *varnish, const char *url, unsigned status,
                                   struct blob *body, int64_t built_s, int64_t now_us)
{
        struct stored *stored;

        settle(varnish, now_us);
        HASH_FIND_STR(varnish->objects, url, stored);
        if (stored)
                stored_drop(varnish, stored);
        stored = memory_new(sizeof(*stored));
        stored->url = memory_copy_text(url);
        stored->status = status;
        stored->body = blob_ref(body);
        stored->built_s = built_s;
        stored->stored_us = now_us;
        HASH_ADD_KEYPTR(hh, varnish->objects, stored->url, strlen(stored->url), stored);
        return stored;
}

void varnish_age(struct varnish *varnish, int64_t by_us)
{
        struct stored *stored;

        for (stored = varnish->objects; stored; stored = stored->hh.next)
                stored->stored_us -= by_us;
}

int64_t varnish_built_s(struct varnish *varnish, int64_t now_us, bool collide)
{
        int64_t built_s = now_us / SECOND_US;

        if (!collide && built_s <= varnish->last_built_s)
                built_s = varnish->last_built_s + 1;
        varnish->last_built_s = built_s;
        return built_s;
}
