/* services/reconciler/site_rebuild.c
 *
 * Without a state, or with one that is older than what was seen of it, everything that the vendor
 * was told is read again (rebuild.h), and that is the state.
 */
#include "reconciler/site_steps.h"

#include "reconciler/account.h"
#include "reconciler/rules.h"

bool site_needs_rebuild(const struct site *site)
{
        const struct snapshot *snapshot = site->jobs ? site->jobs->snapshot : NULL;

        if (!site->meta.exists || site->damaged || meta_handled(&site->meta) < site->proved)
                return true;
        if (site->rebuilt)
                return false;
        /* What was never applied, or not under this owner's eyes, proves nothing. Nor does what was
         * committed where the epoch was raised since: nobody knows under which one that was. */
        return site->clamped || site->late || site->meta.offset < 0 ||
               (snapshot && !site->raised &&
                snapshot_offset(snapshot) < site->partition->committed &&
                snapshot_offset(snapshot) > site->meta.offset);
}

void site_begin_rebuild(struct site *site, struct site_world *world)
{
        site->phase = SITE_LOG;
        action_report(world->actions, REPORT_REBUILDING, site->id,
                      site->meta.exists ? "the state is behind the log" : "there is no state");
}

void site_take_log(struct site *site, struct site_world *world, const struct rebuild *rebuild)
{
        if (site->phase != SITE_LOG)
                return;
        if (!rebuild) {
                site_fail(site, world, "`changes` could not be read to its end");
                return;
        }
        rebuild_finish(rebuild, world->epoch, &site->writes, &site->after);
        rules_begin(&site->after, site->config);
        site->rebuilding = true;
        site->wipe = true;
        site_apply_batch(site, world);
}

void site_rebuild_done(struct site *site, struct site_world *world)
{
        bool anything = site->meta.version != VERSION_NONE;

        account_rebuilt(world->actions, site->id, &site->meta);
        site->rebuilt = true;
        site->clamped = false;
        site->proved = meta_handled(&site->meta);
        if (anything)
                site_ask(site, world, ASKED_FULL);
        site_load_meta(site, world);
}
