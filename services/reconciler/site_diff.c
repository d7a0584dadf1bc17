/* services/reconciler/site_diff.c
 *
 * A list is walked against the state, slice by slice; the ledger is asked where it decides whether
 * a shown state is news; then what is to be told is certain.
 */
#include "reconciler/site_steps.h"

#include "reconciler/terms.h"

enum { DIFF_SLICE = 100 };

static void finish_diff(struct site *site, struct site_world *world)
{
        diff_finish(&site->diff);
        site->after = site->meta;
        terms_settle(&site->after, site->jobs->snapshot, &site->diff, site->config, world->epoch,
                     world->now_ms);
        if (site->diff.foreign) {
                site_apply_meta(site, world);
                return;
        }
        site_begin_tell(site, world);
}

/* A fresh list says the same as the applied one: nothing is told, but drift may be seen. */
static void finish_confirmed(struct site *site, struct site_world *world)
{
        terms_settle_confirmed(&site->after, &site->diff, site->config, world->now_ms);
        site_apply_diff(site, world);
}

static void ask_ledger(struct site *site, struct site_world *world)
{
        const struct uuid *uuids;
        size_t count;

        if (inquiry_next(&site->inquiry, &uuids, &count)) {
                site->phase = SITE_LEDGER;
                action_load_ledger(world->actions, site->id, site_next_token(site), uuids, count);
        } else if (site->judgement == JUDGE_CONFIRM) {
                finish_confirmed(site, world);
        } else {
                finish_diff(site, world);
        }
}

void site_begin_diff(struct site *site, struct site_world *world)
{
        struct diff_facts facts =
                terms_facts(site->jobs->snapshot, &site->meta, site->config, world->epoch);

        diff_begin(&site->diff, &facts, &site->jobs->snapshot->listing, &site->catalogue);
        site->diffing = true;
        site->phase = SITE_DIFF;
        if (site->judgement != JUDGE_CONFIRM)
                return;
        /* It has no list to be compared, so that nothing is absent from it. */
        inquiry_begin(&site->inquiry, &site->diff);
        ask_ledger(site, world);
}

void site_walk_diff(struct site *site, struct site_world *world)
{
        if (!diff_advance(&site->diff, DIFF_SLICE))
                return;
        inquiry_begin(&site->inquiry, &site->diff);
        ask_ledger(site, world);
}

void site_take_ledger(struct site *site, struct site_world *world, uint64_t token, bool ok,
                      const struct slice *entries, size_t count)
{
        if (site->phase != SITE_LEDGER || token != site->token)
                return;
        if (!ok) {
                site_fail(site, world, "no reply from Redis to the reading of the ledger");
                return;
        }
        inquiry_take(&site->inquiry, entries, count);
        ask_ledger(site, world);
}
